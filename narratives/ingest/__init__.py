"""Sources into posts and accounts: what can be read is typed, what cannot is kept with its reason."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from narratives import tables
from narratives.config import AccountSource, FileSource, SimulatedSource, Study
from narratives.config.load import expand
from narratives.errors import DataError
from narratives.ingest.accounts import parse_accounts, unique_accounts
from narratives.ingest.delimited import read_delimited
from narratives.ingest.jsonl import read_jsonl
from narratives.ingest.parquet import read_parquet
from narratives.ingest.posts import COLUMNS, in_range, parse_posts, unique_posts
from narratives.ingest.raw import Raw
from narratives.ingest.snapshots import POST, compare_snapshots
from narratives.simulation import simulate

log = logging.getLogger(__name__)

FORMATS = {
    ".csv": "delimited", ".tsv": "delimited", ".txt": "delimited",
    ".jsonl": "jsonl", ".ndjson": "jsonl",
    ".parquet": "parquet", ".pq": "parquet",
}  # fmt: skip


@dataclass(frozen=True)
class Ingested:
    """What came in: the tables of these names, and one dict per file of how many rows went where."""

    posts: pd.DataFrame
    accounts: pd.DataFrame
    deletions: pd.DataFrame
    rejects: pd.DataFrame
    files: list[dict[str, Any]]


def ingest(study: Study, corpus: Path) -> Ingested:
    """Read all sources of a study. A simulated source is written below the folder `corpus` first, and then read.

    Raises
    ------
    DataError
        If a file is missing, cannot be read at all, or no post is left.
    """
    posts, accounts, rejects, files = [], [], [], []
    simulate_sources(study, corpus)
    for path, source in post_files(study, corpus):
        raw = read(path, source)
        table, refused = parse_posts(raw, source, path)
        taken = None if source.taken is None else study.time.utc(source.taken)
        posts.append(table.assign(source=path.name, taken=pd.to_datetime(taken, utc=True)))
        rejects.append(refused)
        files.append({"file": path.name, "read": raw.note, "rows": len(table) + len(refused), "posts": len(table)})
        log.info("%s (%s): %d posts, %d rows refused", path.name, raw.note, len(table), len(refused))
    for path, profile_source in account_files(study, corpus):
        raw = read(path, profile_source)
        table, refused = parse_accounts(raw, profile_source, path)
        accounts.append(table)
        rejects.append(refused)
    everything = pd.concat(posts, ignore_index=True)
    first_seen, compared = compare_snapshots(everything)
    seen_again = everything["source"].drop(index=first_seen.index).value_counts()
    files = [file | {"seen_again": int(seen_again.get(file["file"], 0))} if len(seen_again) else file for file in files]
    kept, again = unique_posts(first_seen)
    kept, outside = in_range(kept, study.time)
    refused = pd.concat([*rejects, again, outside])
    if kept.empty:
        raise DataError(_nothing_left(files, refused))
    profiles = unique_accounts(pd.concat(accounts, ignore_index=True)) if accounts else tables.empty("accounts")
    return Ingested(
        tables.check("posts", kept[COLUMNS]),
        tables.check("accounts", profiles),
        tables.check("deletions", compared.merge(kept[POST], on=POST).drop(columns=POST[1:])),
        tables.check("rejects", refused.sort_values(["source", "row", "reason"], kind="stable")),
        files,
    )


def post_files(study: Study, corpus: Path) -> Iterator[tuple[Path, FileSource]]:
    """Yield every file of posts with its source, in the study's order, files of a pattern by name."""
    for number, source in enumerate(study.sources):
        if isinstance(source, SimulatedSource):
            yield _folder(corpus, number) / "posts.csv", SIMULATED_POSTS
        else:
            for path in _matching(source.path, study.folder):
                yield path, source


def account_files(study: Study, corpus: Path) -> Iterator[tuple[Path, AccountSource]]:
    """Yield every file of account profiles with its source."""
    for number, source in enumerate(study.sources):
        if isinstance(source, SimulatedSource):
            yield _folder(corpus, number) / "accounts.csv", SIMULATED_ACCOUNTS
    for profiles in study.accounts:
        for path in _matching(profiles.path, study.folder):
            yield path, profiles


def simulate_sources(study: Study, corpus: Path) -> None:
    """Write the corpus of every simulated source below the folder `corpus`."""
    for number, source in enumerate(study.sources):
        if isinstance(source, SimulatedSource):
            seed = study.seed if source.seed is None else source.seed
            made = simulate(
                source.scenario, accounts=source.accounts, cohort=source.cohort, weeks=source.weeks, seed=seed
            )
            made.write(_folder(corpus, number))


SIMULATED_POSTS = FileSource.model_validate(
    {
        "path": "posts.csv",
        "columns": {"platform": "platform", "reply_to": "reply_to", "repost_of": "repost_of"},
        "encoding": "utf-8",
        "delimiter": ",",
    }
)
SIMULATED_ACCOUNTS = AccountSource.model_validate(
    {"path": "accounts.csv", "columns": {name: name for name in tables.ACCOUNTS.columns}, "encoding": "utf-8"}
)


def _folder(corpus: Path, number: int) -> Path:
    return corpus / str(number) if number else corpus


def read(path: Path, source: FileSource | AccountSource) -> Raw:
    """Read the mapped columns of one file in its format."""
    kind = source.format if source.format != "auto" else FORMATS.get(path.suffix.lower())
    wanted = {name: column for name, column in source.columns.model_dump().items() if column is not None}
    if kind == "delimited":
        return read_delimited(path, wanted, encoding=source.encoding, delimiter=source.delimiter)
    if kind == "jsonl":
        return read_jsonl(path, wanted, encoding=source.encoding)
    if kind == "parquet":
        return read_parquet(path, wanted)
    known = ", ".join(FORMATS)
    raise DataError(f"{path}: the ending tells no format ({known} do). Set `format:` of the source.")


def _matching(pattern: str, folder: Path) -> list[Path]:
    path = expand(pattern, folder.absolute())
    found = [path] if path.is_file() else sorted(Path(path.anchor).glob(str(path.relative_to(path.anchor))))
    if not found:
        raise DataError(f"{path}: there is no such file. Source paths start from the study's folder.")
    return found


def _nothing_left(files: list[dict[str, Any]], refused: pd.DataFrame) -> str:
    rows = sum(file["rows"] for file in files)
    names = ", ".join(file["file"] for file in files)
    if rows == 0:
        return f"{names}: there is a header and no row. There is nothing to study."
    reasons = "; ".join(f"{reason} ({n})" for reason, n in refused["reason"].value_counts().items())
    return f"{names}: none of {rows} rows can be used: {reasons}."
