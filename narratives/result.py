"""A finished run: its tables as frames, its findings, its files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from narratives import tables
from narratives.cluster.labels import Labeler
from narratives.config import Study
from narratives.config.load import load_study
from narratives.embed import Encoder, Vectors
from narratives.embed.vectors import model_of
from narratives.errors import ArtifactError, nearest
from narratives.explore import (
    Comparison,
    compare_tracks,
    list_narratives,
    search_posts,
    select_posts,
    stance_of,
    track_life,
    write_label_sample,
    write_network,
)
from narratives.pipeline import Context, run_study, write_outputs
from narratives.progress import Progress, Silent
from narratives.store import Store


class Tables(Mapping[str, pd.DataFrame]):
    """The tables of a run by name, each read when first asked for. `narratives.tables.describe()` documents them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._read: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in tables.SCHEMAS:
            raise KeyError(f"there is no table '{name}'.{nearest(name, tables.SCHEMAS)}")
        if name not in self._read:
            self._read[name] = self._store.read(name)
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name in tables.SCHEMAS if self._store.path(name).is_file())

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Run:
    """A run folder, and what a reader asks of it. Frames that methods return have times in the study's zone.

    Attributes
    ----------
    folder : where everything is.
    tables : the tables by name, times in UTC; each is an attribute as well, as in `run.findings`, except
        `run.tables["posts"]`, whose name a method has.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tables = Tables(Store(folder))

    def __getattr__(self, name: str) -> pd.DataFrame:
        if name in tables.SCHEMAS:
            return self.tables[name]
        raise AttributeError(f"a run has no '{name}'.{nearest(name, dir(self))}")

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self.tables})

    def __repr__(self) -> str:
        counts = self.summary["counts"]
        return (
            f"Run('{self.folder}': {counts['posts']:,} posts, {counts['tracks']} tracks, {counts['findings']} findings)"
        )

    def narratives(self) -> pd.DataFrame:
        """Return one row per narrative over time (track), largest first.

        Returns
        -------
        DataFrame
            track_id, label
                Its id and the strongest keywords of its life.
            start, end
                Time of its first and its last post.
            n_posts, n_accounts
                Distinct posts and accounts.
            kk_share
                Share of posts that are Kazakh, mixed ones by half, in [0, 1].
            cohesion
                Mean cosine of its texts to the centroid of their window, in [−1, 1].
            ended
                `death`; `merge into` or `survival in` another track; or `open`, where the data end too soon to tell.
            text_ru, text_kk
                Its most typical Russian and Kazakh text: of the largest window that has one. Missing where none has.
        """
        return list_narratives(self.tables, self.study)

    def track(self, track_id: str) -> pd.DataFrame:
        """Return the life of a track: one row per window from its first to its last.

        Returns
        -------
        DataFrame
            window_id, start, end, partial
                The window, half-open, and whether the data do not cover all of it.
            cluster_id
                The narrative of that window; missing where the track is silent.
            n_posts, n_accounts
                Posts and accounts in the window; 0 where it is silent.
            keywords
                List: Russian words, then Kazakh ones, strongest first in each.
            kk_share, cohesion
                As in `narratives()`, of the window.
            transitions
                List of what happened: how it came (`birth`, `survival`, `growth`, `shrinkage`, `revival`, `split of`
                another track, `merge of` or `survival of` another track that ends here), then what left it (`split
                into`, `merge into`, `survival in` another track, `death`).
            text_ru, text_kk
                The most typical text of the window in each language.

        Raises
        ------
        NarrativesError
            If there is no such track.
        """
        return track_life(self.tables, self.study, track_id)

    def posts(
        self,
        track: str | None = None,
        *,
        around: str | date | None = None,
        span: str | timedelta | None = None,
    ) -> pd.DataFrame:
        """Return posts: all, those of a track, or those about a moment.

        Parameters
        ----------
        track : a track_id; all posts without it, also those in no narrative.
        around : a date or moment, meant in the study's zone if it names none; a day means its midnight.
        span : posts up to this far from `around`, before or after, as in `"36h"`; the length of a window if not given.

        Returns
        -------
        DataFrame
            One row per post, in order of time; with `around` the nearest first.

            post_id, created_at, author_id, text, lang
                The post and the language of its text.
            window_id, cluster_id, track_id, strength
                Its window, its narrative there, the track of that, and its cosine to the centroid; the last three are
                missing for posts in no narrative. Where windows overlap: the first window that gives it a narrative.

        Raises
        ------
        NarrativesError
            If there is no such track, or a date or span cannot be read.
        """
        return select_posts(self.tables, self.study, track=track, around=around, span=span)

    def search(self, text: str, n: int = 10) -> pd.DataFrame:
        """Return the posts nearest in meaning to `text`, by the run's own encoder.

        With the built-in encoder the language and the spelling of `text` do not matter; with `lexical` they do.

        Parameters
        ----------
        text : a word, a phrase or a whole post.
        n : texts to return at most; of copies the earliest post stands for all.

        Returns
        -------
        DataFrame
            Nearest first; of equally near ones the earlier post.

            similarity
                Cosine to `text`, in [−1, 1]. There is always a nearest post, so look at how near it is.
            words
                List of words of the post that stand in `text` too, whatever the script and case. Inflected forms are
                other words.
            copies
                Posts with exactly this text.
            post_id, created_at, author_id, text, lang, window_id, cluster_id, track_id, strength
                As in `posts()`.

        Raises
        ------
        NarrativesError
            If `text` has no word that the encoder can read, or the encoder is no longer that of the run.
        """
        return search_posts(self.tables, self.study, text, n=n, encoder=self._encoder, vectors=self._vectors)

    def compare(self, track_a: str, track_b: str) -> Comparison:
        """Return two tracks side by side: meaning, accounts, keywords, time and volume; see `Comparison`.

        Raises
        ------
        NarrativesError
            If there is no such track.
        """
        return compare_tracks(self.tables, self.study, track_a, track_b)

    def stance(self, target: str, of: str = "all") -> pd.DataFrame:
        """Return the mean stance towards a target over time: one row per window.

        Parameters
        ----------
        target : a target_id of the study.
        of : whose: `all` accounts, a cohort_id, `others` (accounts of no cohort), or a track_id.

        Returns
        -------
        DataFrame
            window_id, start, end
                The window, half-open.
            mean, low, high
                Mean of the accounts' mean scores in [−1, 1] and its 95 % interval (bootstrap over accounts); missing
                where nobody speaks, the interval also where one account does.
            n_accounts, n_posts
                What the mean is of.

        Raises
        ------
        NarrativesError
            If there is no such target, or nobody of that name speaks of it.
        """
        return stance_of(self.tables, self.study, target, of=of)

    def label(self, path: str | Path = "labels.csv", n: int = 200) -> int:
        """Write posts that are most worth a stance label to a CSV, and return how many.

        Fill in the column `label` (favor, against, none; +, −, 0; or за, против, қолдайды, қарсы …) in any spreadsheet,
        and a column `label_2` if a second reader does the same; then name the file in the study's `stance.labels`.
        Half are the posts that the run is least sure of, half are drawn at random, spread over target, language, answer
        and time; of copies one is asked.

        Parameters
        ----------
        path : the CSV. Rows that it holds already stay as they are, the new ones follow; no text is asked twice.
        n : how many posts; fewer if there are no more.

        Raises
        ------
        NarrativesError
            If `path` is no CSV of labels of this study's targets.
        """
        return write_label_sample(self.tables, self.study, Path(path), n=n)

    def network(self, path: str | Path = "network.gexf") -> tuple[int, int]:
        """Write the account network to a .gexf or .graphml file, and return how many accounts and edges it has.

        An edge has the shared, expected and q of each trace; an account its cohort, posts and what its profile tells.
        """
        return write_network(self.tables, Path(path))

    @cached_property
    def _vectors(self) -> Vectors:
        return Vectors.read(Store(self.folder).path("vectors"))

    @cached_property
    def _encoder(self) -> Encoder:
        encoder = Context(self.study, Store(self.folder), Silent()).encoder()
        if model_of(encoder) != self._vectors.model:
            made, now = self._vectors.model, model_of(encoder)
            raise ArtifactError(
                f"{self.folder}: its vectors are of '{made}', and the encoder now is '{now}'. Run again."
            )
        return encoder

    @property
    def summary(self) -> dict[str, Any]:
        """Counts, cost per stage, versions and warnings."""
        loaded: dict[str, Any] = json.loads((self.folder / "summary.json").read_text(encoding="utf-8"))
        return loaded

    @property
    def study(self) -> Study:
        """The study as it was run, defaults included."""
        return load_study(self.folder / "study.resolved.yaml")

    @property
    def report(self) -> Path:
        """The HTML report."""
        return self.folder / "report.html"

    @property
    def timeline(self) -> Path:
        """The picture."""
        return self.folder / "timeline.png"


def run(
    study: Study | str | Path,
    out: str | Path | None = None,
    *,
    progress: Progress | None = None,
    labeler: Labeler | None = None,
) -> Run:
    """Run a study (or the study file at a path) and return the finished run.

    Parameters
    ----------
    out : run folder; `runs/<name of the study>` if not given. Stages that are there already and current are reused.
    labeler : names the narratives of each window, as in ``labeler(keywords, samples) -> str``; without it their
        keywords do. It is shown at most five texts of a narrative.

    Raises
    ------
    ConfigError, DataError, ArtifactError
        If the study, its data or the folder cannot be used, or a label is no short text.
    """
    study = study if isinstance(study, Study) else load_study(study)
    folder = Path(out) if out is not None else Path("runs") / re.sub(r"\W+", "-", study.name).strip("-").lower()
    run_study(study, folder, progress=progress, labeler=labeler)
    return Run(folder)


def load(folder: str | Path) -> Run:
    """Return the finished run in `folder`.

    Raises
    ------
    ArtifactError
        If there is no finished run.
    """
    if not (Path(folder) / "summary.json").is_file():
        raise ArtifactError(
            f"{folder}: there is no finished run here. `narratives run STUDY --out {folder}` makes one."
        )
    return Run(Path(folder))


def render(folder: str | Path) -> Run:
    """Write the report of a finished run again, as after an update of this package, and return the run."""
    finished = load(folder)
    write_outputs(Context(finished.study, Store(folder), Silent()))
    return finished
