"""The sections of a study: frozen models, every field with a meaning, bounds and a unit."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)

from narratives.errors import nearest

Language = Literal["ru", "kk", "kk-Latn", "kk-ru-letters", "mixed", "other", "none"]
Side = Literal["ru", "kk"]


UNITS = {"d": 86_400, "h": 3_600, "min": 60, "s": 1}


def duration(value: object) -> timedelta:
    """Return a length of time given as one, or as in ``"7d"``, ``"36h"`` and ``"10min"``; raise ValueError else."""
    if isinstance(value, timedelta):
        return value
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(d|h|min|s)", str(value))
    if match is None or float(match[1]) == 0:
        raise ValueError("write a positive length of time with its unit (d, h, min, s), as in 7d, 36h or 10min")
    return timedelta(seconds=float(match[1]) * UNITS[match[2]])


def _format_duration(value: timedelta) -> str:
    seconds = value.total_seconds()
    unit = next((unit for unit, size in UNITS.items() if seconds % size == 0), "s")
    return f"{seconds / UNITS[unit]:.15g}{unit}"


def _zone(value: object) -> object:
    if isinstance(value, str) and value not in available_timezones():
        raise ValueError(f"unknown time zone.{nearest(value, available_timezones())}")
    return value


Duration = Annotated[
    timedelta,
    BeforeValidator(duration),
    PlainSerializer(_format_duration, return_type=str),
    WithJsonSchema({"type": "string", "examples": ["7d", "36h", "10min"]}),
]
Zone = Annotated[str, BeforeValidator(_zone)]


class Section(BaseModel):
    """Base of all sections: frozen, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


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
            step, length = _format_duration(self.step), _format_duration(self.length)
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
    min_similarity: float = Field(default=0.45, ge=-1, le=1)
    """Noise joins the nearest narrative when its cosine to the centroid is at least this; 1 leaves it out. Lower covers
    more posts, less purely."""
    keywords: int = Field(default=8, ge=1, le=50)
    """Keywords per narrative and language."""


class Tracking(Section):
    """Narratives of all windows into tracks."""

    threshold: float = Field(default=0.4, ge=0, le=1)
    """Least blended similarity of two narratives that may be one track, or a split or a merger."""
    centroid_weight: float = Field(default=0.5, ge=0)
    """Weight of the cosine of centroids."""
    account_weight: float = Field(default=0.3, ge=0)
    """Weight of the overlap of accounts."""
    keyword_weight: float = Field(default=0.2, ge=0)
    """Weight of the overlap of keywords."""
    max_gap: int = Field(default=3, ge=1)
    """A track may skip up to this many windows less one, and then is revived."""

    @model_validator(mode="after")
    def _some_weight(self) -> Tracking:
        if self.centroid_weight + self.account_weight + self.keyword_weight == 0:
            raise ValueError("at least one of the three weights must be above 0")
        return self


class Phrases(Section):
    """Words and phrases per language; every inflected form of them counts."""

    ru: tuple[str, ...] = ()
    """Russian."""
    kk: tuple[str, ...] = ()
    """Kazakh, in Cyrillic."""


class Target(Section):
    """A person, an organisation or an act that posts take a stance on."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    """Short id in Latin letters, used in tables and file names."""
    name: str = Field(min_length=1)
    """Name as the report shows it."""
    aliases: Phrases = Phrases()
    """Other names, in the base form; inflected forms are found by themselves. `name` is always one."""
    exclude: tuple[str, ...] = ()
    """Phrases that contain an alias but mean something else."""
    praise: Phrases = Phrases()
    """Words of praise for this target, besides the built-in and the study's."""
    accusation: Phrases = Phrases()
    """Words of accusation against this target, besides the built-in and the study's."""


class Stance(Section):
    """How a post's stance towards a target is scored."""

    backend: Literal["seeds"] = "seeds"
    """`seeds`: phrases of praise and accusation near the target."""
    praise: Phrases = Phrases()
    """Words of praise for any target, besides the built-in ones."""
    accusation: Phrases = Phrases()
    """Words of accusation against any target, besides the built-in ones."""
    builtin_lexicon: bool = True
    """Use the lexicon that comes with the package."""


class Event(Section):
    """Something that happened, to which shifts are related."""

    name: str = Field(min_length=1)
    """Name as the report shows it."""
    date: date | datetime
    """When, in the study's zone; a day means its midnight."""


class NearCopyTrace(Section):
    """Trace: two accounts post nearly the same text within a time window."""

    enabled: bool = True
    """Use this trace."""
    window: Duration = timedelta(days=1)
    """Longest time between two copies that count as one action."""
    similarity: float = Field(default=0.8, gt=0, le=1)
    """Least Jaccard similarity of character 5-grams of two normalised texts."""
    min_chars: int = Field(default=20, ge=1)
    """Shorter texts (after normalisation) are no evidence: greetings repeat by themselves."""


class NarrativeTrace(Section):
    """Trace: two accounts post in the same narrative within minutes."""

    enabled: bool = True
    """Use this trace."""
    window: Duration = timedelta(minutes=10)
    """Longest time between two posts that count as one action."""


class Coordination(Section):
    """Which accounts act together, beyond what their activity explains."""

    near_copy: NearCopyTrace = NearCopyTrace()
    """The near-copy trace."""
    same_narrative: NarrativeTrace = NarrativeTrace()
    """The same-narrative-within-minutes trace."""
    alpha: float = Field(default=0.05, gt=0, lt=1)
    """False discovery rate over all account pairs of a trace (Benjamini–Hochberg)."""
    min_shared: int = Field(default=3, ge=1)
    """Least number of shared actions of an edge."""
    min_cohort: int = Field(default=4, ge=2)
    """Least number of accounts of a cohort."""
    resolution: float = Field(default=1.0, gt=0)
    """Leiden resolution; larger gives smaller cohorts."""
    max_group: int = Field(default=2_000, ge=2)
    """An action shared by more accounts than this is public, no sign of coordination; it is counted and left out."""


class Reversal(Section):
    """The coordinated reversal test."""

    enabled: bool = True
    """Run this test."""
    theta: float = Field(default=0.2, gt=0, le=1)
    """An account flips when its mean stance goes from at least +theta to at most −theta."""
    min_posts: int = Field(default=2, ge=1)
    """Posts on the target that an account needs on each side of the date."""
    span: Duration | None = None
    """How much time on each side counts; all of it if not given."""
    lag: Duration = timedelta(days=21)
    """How long after an event a change point may lie and still be related to it."""
    permutations: int = Field(default=2_000, ge=99)
    """Permutations of each null model."""
    bootstrap: int = Field(default=1_000, ge=99)
    """Bootstrap samples (over accounts) of each interval."""


class Shifts(Section):
    """Detectors of shifts."""

    alpha: float = Field(default=0.05, gt=0, lt=1)
    """False discovery rate over all tests of the study."""
    reversal: Reversal = Reversal()
    """The coordinated reversal test."""


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
