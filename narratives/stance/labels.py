"""Labels for stance: a sample to fill in with any spreadsheet, and the reading of what came back."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from narratives.config import Target
from narratives.copies import normalise
from narratives.errors import DataError, nearest
from narratives.files import write_atomically
from narratives.stance.mentions import find_mentions
from narratives.stance.protocol import LABELS, Pair

COLUMNS = ("text", "target_id", "label")
SECOND = "label_2"
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run what starts so
WORDS = {
    "favor": "favor favour for pro + 1 за поддержка похвала қолдайды қолдау жақтайды мақтау",
    "against": "against anti contra -1 − против осуждение обвинение қарсы айыптау сын",
    "none": "none neutral 0 нет нейтрально ни жоқ бейтарап",
}
ANSWERS = {word: label for label, words in WORDS.items() for word in words.split()} | {"-": "against"}


@dataclass(frozen=True)
class Labels:
    """Answers to what posts say of targets.

    Attributes
    ----------
    table : text, target_id, label and label_2 (a second reader's; missing where there is none), one row per answer.
    blank : rows without an answer.
    """

    table: pd.DataFrame
    blank: int

    def pairs(self, targets: Sequence[Target]) -> list[Pair]:
        """Return the `Pair` of each row; a target that the text does not name is one that its context carries."""
        texts = self.table["text"].drop_duplicates()
        found = find_mentions(pd.DataFrame({"post_id": texts.index.astype(str), "text": texts}), targets)
        spans: dict[str, list[tuple[int, int, str]]] = {}
        for post, *span in found[["post_id", "start", "end", "target_id"]].itertuples(index=False):
            spans.setdefault(texts[int(post)], []).append(tuple(span))
        rows = zip(self.table["text"], self.table["target_id"], strict=True)
        return [Pair(text, target, tuple(spans.get(text, ()))) for text, target in rows]

    @property
    def codes(self) -> NDArray[np.int64]:
        """Position of each label in `LABELS`."""
        return np.array([LABELS.index(label) for label in self.table["label"]], dtype=np.int64)

    @property
    def groups(self) -> NDArray[np.int64]:
        """One number for texts that are equal but for spelling and marks, so that they stay on one side of a split."""
        return np.asarray(pd.factorize(self.table["text"].map(normalise))[0], dtype=np.int64)


def read_labels(path: Path, targets: Sequence[Target]) -> Labels:
    """Read a CSV of labels: columns text, target_id, label, and label_2 if a second reader filled it in.

    Separated by comma, semicolon or tab, in UTF-8; further columns are left alone. Answers may be favor, against, none,
    +, -, 0, or the words of `WORDS` in English, Russian or Kazakh; a row without one is counted and left out.

    Raises
    ------
    DataError
        If the file is no UTF-8, lacks a column, names an unknown target or holds an unknown answer; names the row.
    """
    rows = list(_rows(path, targets))
    answered = [row for row in rows if row["label"] is not None]
    table = pd.DataFrame(answered, columns=[*COLUMNS, SECOND])
    return Labels(table.drop_duplicates(["text", "target_id"], ignore_index=True), len(rows) - len(answered))


def asked_before(path: Path, targets: Sequence[Target]) -> set[tuple[str, str]]:
    """Return the normalised text and target_id of each row of a CSV of labels, answered or not; none without a file."""
    if not path.is_file():
        return set()
    return {(normalise(str(row["text"])), str(row["target_id"])) for row in _rows(path, targets)}


def _open(path: Path) -> csv.DictReader[str]:
    """Return a reader of the CSV, which must have `COLUMNS`."""
    try:
        content = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: is not UTF-8 (byte {error.start}). Save it as 'CSV UTF-8'.") from error
    first = content.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(content, newline=""), delimiter=max(",;\t", key=first.count))
    missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
    if missing:
        there, near = ", ".join(map(str, reader.fieldnames or ())), nearest(missing[0], reader.fieldnames or ())
        raise DataError(f"{path}: there is no column '{missing[0]}'; there are: {there}.{near}")
    return reader


def _rows(path: Path, targets: Sequence[Target]) -> Iterator[dict[str, str | None]]:
    known = [target.id for target in targets]
    for number, row in enumerate(_open(path), start=1):
        place, target = f"{path}: row {number}", (row["target_id"] or "").strip()
        if target not in known:
            raise DataError(f"{place}: target_id '{target}' is no target of the study.{nearest(target, known)}")
        text = row["text"] or ""
        text = text[1:] if text[:1] == "'" and text[1:2] in FORMULA else text
        answers = {column: _answer(row.get(column), f"{place}: {column}") for column in ("label", SECOND)}
        yield {"text": text, "target_id": target, **answers}


def _answer(value: str | None, place: str) -> str | None:
    word = (value or "").strip().lower()
    if word and word not in ANSWERS:
        raise DataError(f"{place} '{value}' is no answer.{nearest(word, ANSWERS)} Write favor, against or none.")
    return ANSWERS.get(word)


def sample_pairs(
    pairs: pd.DataFrame, n: int, *, asked: Collection[tuple[str, str]] = (), seed: int = 0
) -> pd.DataFrame:
    """Return rows of `pairs` to be labelled: spread over strata, half of each the most uncertain, half at random.

    Parameters
    ----------
    pairs : text, target_id, lang, created_at, `LABELS` (probabilities), and group (of copies); any order.
    n : how many; fewer if there are no more.
    asked : `asked_before`; neither these texts nor their likes are asked again.
    seed : of the random half.

    A stratum is target × language × likeliest answer × half of the time. Of copies the earliest stands for all.
    """
    first = pairs.sort_values(["created_at", "text"]).drop_duplicates(["group", "target_id"])
    mine = zip(first["text"].map(normalise), first["target_id"], strict=True)
    first = first[[pair not in asked for pair in mine]]
    chances = first[list(LABELS)].to_numpy(float)
    uncertain = pd.Series(-(chances * np.log(np.clip(chances, 1e-9, None))).sum(axis=1), index=first.index)
    late = first["created_at"] > first["created_at"].median()
    strata = [first["target_id"], first["lang"], first[list(LABELS)].idxmax(axis=1), late]
    rng = np.random.default_rng(seed)
    luck = pd.Series(rng.random(len(first)), index=first.index)
    by_doubt = uncertain.groupby(strata).rank(ascending=False, method="first")
    by_luck = luck.groupby(strata).rank(method="first")
    turn = np.minimum(2 * by_doubt - 1, 2 * by_luck)  # the order in which a stratum gives its rows
    return first.assign(turn=turn, luck=luck).sort_values(["turn", "luck"]).drop(columns=["turn", "luck"]).head(n)


def write_sample(sample: pd.DataFrame, path: Path) -> None:
    """Write `sample` as a CSV with an empty column `label`, or after what a CSV of labels already holds."""
    if path.is_file():
        reader = _open(path)
        fields, delimiter, before = list(reader.fieldnames or ()), reader.reader.dialect.delimiter, path.read_bytes()
        before += b"" if before.endswith(b"\n") else b"\r\n"
    else:
        fields, delimiter, before = list(COLUMNS), ",", b"\xef\xbb\xbf" + ",".join(COLUMNS).encode() + b"\r\n"
    rows = io.StringIO(newline="")
    writer = csv.DictWriter(rows, fields, delimiter=delimiter)
    texts = ["'" + text if text.startswith(FORMULA) else text for text in sample["text"]]
    writer.writerows({"text": t, "target_id": id_} for t, id_ in zip(texts, sample["target_id"], strict=True))
    write_atomically(path, before + rows.getvalue().encode())
