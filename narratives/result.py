"""A finished run: its tables as frames, its findings, its files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from narratives import tables
from narratives.cluster.labels import Labeler
from narratives.config import Study
from narratives.config.load import load_study
from narratives.errors import ArtifactError, nearest
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
    """A run folder.

    Attributes
    ----------
    folder : where everything is.
    tables : the tables by name; each is an attribute as well, as in `run.findings`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tables = Tables(Store(folder))

    def __getattr__(self, name: str) -> pd.DataFrame:
        if name in tables.SCHEMAS:
            return self.tables[name]
        raise AttributeError(f"a run has no '{name}'.{nearest(name, dir(self))}")

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *tables.SCHEMAS]

    def __repr__(self) -> str:
        counts = self.summary["counts"]
        return (
            f"Run('{self.folder}': {counts['posts']:,} posts, {counts['tracks']} tracks, {counts['findings']} findings)"
        )

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
