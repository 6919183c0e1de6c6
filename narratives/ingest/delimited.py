"""Delimited text: CSV, TSV and their kin."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import charset_normalizer
import pandas as pd

from narratives.errors import DataError
from narratives.ingest.raw import Raw, Rejects, require

DELIMITERS = (",", "\t", ";", "|")
CYRILLIC = ["cp1251", "koi8_r", "cp866", "mac_cyrillic", "ptcp154", "kz1048", "iso8859_5"]
SAMPLE = 1 << 20


def read_delimited(path: Path, wanted: Mapping[str, str], *, encoding: str | None, delimiter: str | None) -> Raw:
    """Read the `wanted` columns (field → column name) of the file at `path`.

    Rows with too many or too few fields, broken quotes or bytes that are not text are refused one by one.

    Raises
    ------
    DataError
        If the file is empty, lacks a column, has an unknown encoding, or a quote that is never closed.
    """
    text, encoding = read_text(path, encoding)
    first = next((line for line in io.StringIO(text) if line.strip()), None)
    if first is None:
        raise DataError(f"{path}: the file is empty. It needs a header line and rows.")
    with _unlimited_fields():
        delimiter = delimiter or _detect_delimiter(first, wanted)
        return _read_rows(path, text, wanted, delimiter, f"{encoding}, delimiter {delimiter!r}")


def read_text(path: Path, encoding: str | None) -> tuple[str, str]:
    """Return a file's text and its encoding; bytes that do not fit become lone surrogates."""
    data = path.read_bytes()
    encoding = encoding or _detect_encoding(data)
    try:
        return data.decode(encoding, "surrogateescape"), encoding
    except (LookupError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read as '{encoding}': {error}. Set `encoding:` of the source.") from error


def _detect_encoding(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        broken = sum(1 for line in data.splitlines() if not _is_utf8(line))
        if broken <= 0.01 * (data.count(b"\n") + 1):  # a few damaged rows, to be refused one by one
            return "utf-8-sig"
    else:
        return "utf-8-sig"
    best = charset_normalizer.from_bytes(data[:SAMPLE], cp_isolation=CYRILLIC).best()
    return best.encoding if best else "cp1251"


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _detect_delimiter(header: str, wanted: Mapping[str, str]) -> str:
    def fitness(delimiter: str) -> tuple[int, int]:
        names = next(csv.reader([header], delimiter=delimiter))
        return len(set(names) & set(wanted.values())), len(names)

    return max(DELIMITERS, key=fitness)


@contextmanager
def _unlimited_fields() -> Iterator[None]:
    """Lift csv's limit of 131,072 characters a field, which is a global of that module, for a while."""
    before = csv.field_size_limit(2**31 - 1)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _read_rows(path: Path, text: str, wanted: Mapping[str, str], delimiter: str, note: str) -> Raw:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rejects = Rejects(path.name)
    rows = _fields(path, reader, rejects)
    _, header = next(rows)
    require(path, wanted, header)
    picks = [header.index(column) for column in wanted.values()]
    kept = []
    for number, row in rows:
        if len(row) != len(header):
            rejects.add(number, f"has {len(row)} fields, the header has {len(header)}", delimiter.join(row[:20]))
        else:
            kept.append((number, *(row[pick] for pick in picks)))
    frame = pd.DataFrame(kept, columns=["row", *wanted], dtype=object)
    return Raw(frame, rejects.frame(), note)


def _fields(path: Path, reader: Iterator[list[str]], rejects: Rejects) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows with their number (the header is 0), refusing those that cannot be split."""
    number = 0
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "unexpected end of data" in str(error):
                raise DataError(f"{path}: row {number}: a quote is opened and never closed.") from error
            rejects.add(number, f"broken quotes: {error}")
            number += 1
            continue
        if row:
            yield number, row
            number += 1
