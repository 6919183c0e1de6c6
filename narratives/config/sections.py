"""Sections of the data, the narratives, the report and the engine."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from narratives.config.base import Duration, Language, Section, Zone, format_duration


class Time(Section):
    """The time range of the study, half-open, and the zone its dates are meant in."""

    zone: Zone = "UTC"
    """Zone of every date in this file, and of the report's axis."""
    start: date | datetime | None = None
    """First moment that counts; the first post if not given."""
    end: date | datetime | None = None
    """First moment that no longer counts; just after the last post if not given."""

    @model_validator(mode="after")
    def _ordered(self) -> Time:
        if self.start is not None and self.end is not None and self.utc(self.start) >= self.utc(self.end):
            raise ValueError(f"start ({self.start}) must lie before end ({self.end})")
        return self

    def utc(self, moment: date | datetime) -> datetime:
        """Return `moment` (a day means its midnight) of this zone in UTC."""
        if not isinstance(moment, datetime):
            moment = datetime(moment.year, moment.month, moment.day)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(self.zone))
        return moment.astimezone(UTC)


class Languages(Section):
    """Which languages the analysis covers; posts in others are kept, counted and not clustered."""

    analyse: tuple[Language, ...] = ("ru", "kk", "kk-Latn", "kk-ru-letters", "mixed")
    """Languages that are clustered and scored."""


class Encoder(Section):
    """Where vectors come from."""

    name: str = "builtin"
    """`builtin` (Russian and Kazakh), `lexical` (any language, fitted on the corpus), a local folder, or a hub id of a
    sentence-transformers model."""
    revision: str | None = None
    """Revision of a hub model; recorded in the results either way."""
    offline: bool = True
    """Never ask a model hub. Set to false to let a named model be downloaded."""
    prompt: str | None = None
    """Put before every text. Chosen for the model if not given (docs/models.md says how); an empty string is none."""
    precision: Literal["auto", "float32", "float16", "bfloat16"] = "auto"
    """Number format of a sentence-transformers model. `auto` is float16 on a CUDA GPU and float32 everywhere else."""
    dimensions: int = Field(default=256, ge=2, le=4_096)
    """Length of a vector of the `lexical` encoder; other models bring their own."""
    batch_size: int = Field(default=32, ge=1)
    """Texts that a model you name encodes at a time; several hundred are faster on a GPU."""


class Copies(Section):
    """Which texts are near copies of each other; clustering sees each group of copies once."""

    similarity: float = Field(default=0.5, gt=0, le=1)
    """Least Jaccard similarity of character 4-grams of two normalised texts; 1 groups only texts that differ in links,
    punctuation, case or spelling."""


class Windows(Section):
    """How time is cut. Windows are half-open and aligned to `anchor`."""

    kind: Literal["fixed", "sliding", "adaptive"] = "fixed"
    """`fixed`: windows of `length` that adjoin. `sliding`: windows of `length` whose starts are `step` apart, so that a
    post is in several. `adaptive`: each window is as many adjoining lengths as it takes to hold `posts` posts."""
    length: Duration = timedelta(days=7)
    """Length of a window; of an adaptive one the unit that it is a multiple of."""
    step: Duration | None = None
    """Time from the start of a sliding window to the next one's; less than `length`."""
    posts: int | None = Field(default=None, ge=1)
    """Posts that an adaptive window holds at least; the last one, and the one before the anchor, may hold fewer."""
    anchor: str | None = None
    """Name of an event at which one window starts; without it windows start at the study's first midnight."""

    @model_validator(mode="after")
    def _complete(self) -> Windows:
        for key, kind, example in (("step", "sliding", "1d"), ("posts", "adaptive", "1000")):
            given = getattr(self, key)
            if self.kind == kind and given is None:
                raise ValueError(f"`kind: {kind}` needs `{key}`, as in `{key}: {example}`")
            if self.kind != kind and given is not None:
                raise ValueError(f"`{key}` is for `kind: {kind}` only, and the kind is {self.kind}")
        if self.step is not None and self.step >= self.length:
            step, length = format_duration(self.step), format_duration(self.length)
            raise ValueError(f"step ({step}) must be less than length ({length}), or windows would not overlap")
        return self


class Clustering(Section):
    """Posts of one window into narratives: density clusters of its distinct texts."""

    method: Literal["hdbscan", "fast_hdbscan"] = "hdbscan"
    """`fast_hdbscan` finds nearly the same clusters, and uses every core in large windows. It needs the extra of its
    name."""
    min_cluster_size: int | None = Field(default=None, ge=2)
    """Smallest number of distinct texts of a narrative; follows the window's size if not given."""
    min_samples: int = Field(default=5, ge=1)
    """Neighbours that make a point dense; larger is more conservative."""
    reduce_to: int = Field(default=15, ge=2, le=1_024)
    """Dimensions kept by PCA before clustering."""
    min_similarity: float = Field(default=0.14, ge=-1, le=1)
    """Noise joins the nearest narrative when its mean cosine to the 50 texts there that it is most like (a tenth, if
    that is more), without what the window's narratives have in common, is at least this; 1 leaves it out. Lower covers
    more posts, less purely."""
    context: int = Field(default=2, ge=0)
    """Earlier windows whose texts count as neighbours of a window's texts, and so make its narratives clearer."""
    camps: bool = True
    """Whether a cluster is two narratives if its accounts keep to one of two sides. If false, only words count."""
    keywords: int = Field(default=8, ge=1, le=50)
    """Keywords per narrative and language."""


class Tracking(Section):
    """Narratives of all windows into tracks."""

    threshold: float = Field(default=0.4, ge=0, le=1)
    """Least blended similarity of two narratives that may be one track, or a split or a merger."""
    centroid_weight: float = Field(default=0.5, ge=0)
    """Weight of the cosine of centroids."""
    account_weight: float = Field(default=0.3, ge=0)
    """Weight of the overlap of accounts; 0 leaves the people out of splits and mergers as well."""
    keyword_weight: float = Field(default=0.2, ge=0)
    """Weight of the overlap of keywords."""
    max_gap: int = Field(default=3, ge=1)
    """A track may skip up to this many windows less one, and then is revived."""

    @model_validator(mode="after")
    def _some_weight(self) -> Tracking:
        if self.centroid_weight + self.account_weight + self.keyword_weight == 0:
            raise ValueError("at least one of the three weights must be above 0")
        return self


class Report(Section):
    """What the report shows."""

    title: str | None = None
    """Title; the study's name if not given."""
    pseudonyms: bool = True
    """Show keyed hashes instead of account ids."""
    tracks: int = Field(default=12, ge=1, le=100)
    """Narratives shown as streams; the rest is summed as one grey stream, and counted."""
    evidence: int = Field(default=10, ge=1, le=200)
    """Evidence posts shown per finding."""


class Engine(Section):
    """Where work runs."""

    workers: int = Field(default=1, ge=1)
    """Processes on this machine; results do not depend on their number."""
