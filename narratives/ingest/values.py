"""Raw values into typed columns; what cannot be read becomes missing, for the caller to refuse."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from narratives.tables import TEXT, TIME

FLAGS = {
    **dict.fromkeys(["1", "true", "t", "yes", "y", "да", "иә"], True),
    **dict.fromkeys(["0", "false", "f", "no", "n", "нет", "жоқ", ""], False),
}
ZONED = re.compile(r"\d(?:\s*Z|\s*[+-]\d{2}:?\d{2}|\s*[+-]\d{2}| UTC| GMT)$", re.IGNORECASE)
UNIX = re.compile(r"-?\d{9,11}(?:\.\d+)?")
UNIX_MS = re.compile(r"\d{12,13}")


def parse_text(values: pd.Series) -> pd.Series:
    """Return values as text without outer blanks; missing and blank ones are missing.

    Whole numbers have no decimal point. What cannot be written as UTF-8 is replaced; see `is_damaged`.
    """
    return pd.Series([_text(value) for value in values.astype(object)], index=values.index, dtype=TEXT)


def is_damaged(values: pd.Series) -> pd.Series:
    """Return where a value cannot be written as UTF-8: it holds half of a surrogate pair."""
    return values.astype(object).map(lambda v: isinstance(v, str) and not v.isascii() and _utf8(v) != v).astype(bool)


def _text(value: object) -> str | None:
    if value is None or value is pd.NA or value is pd.NaT or value != value:  # noqa: PLR0124
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return _utf8(str(value).strip()) or None


def _utf8(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def parse_time(values: pd.Series, zone: str | None, time_format: str | None) -> tuple[pd.Series, pd.Series]:
    """Return times in UTC, and where a time was read but has no zone and none is declared.

    Values may be ISO 8601, Unix seconds or milliseconds, `time_format`, or already times. A local time that stands
    twice (clocks set back) is the first of the two; one that never was (clocks set forward) is moved forward.
    """
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        return values.dt.tz_convert("UTC").astype(TIME), pd.Series(False, index=values.index)
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return _localize(values, zone), pd.Series(zone is None, index=values.index) & values.notna()
    text = parse_text(values).fillna("")
    if time_format is not None:
        parsed = pd.to_datetime(text, format=time_format, errors="coerce", utc="%z" in time_format)
        if "%z" in time_format:
            return parsed.astype(TIME), pd.Series(False, index=values.index)
        return _localize(parsed, zone), pd.Series(zone is None, index=values.index) & parsed.notna()
    seconds, milliseconds = text.str.fullmatch(UNIX.pattern), text.str.fullmatch(UNIX_MS.pattern)
    zoned = text.str.contains(ZONED.pattern, flags=re.IGNORECASE, regex=True)
    naive = ~zoned & ~seconds & ~milliseconds
    result = pd.Series(pd.NaT, index=values.index, dtype=TIME)
    for mask, unit in ((seconds, "s"), (milliseconds, "ms")):
        result[mask] = pd.to_datetime(text[mask].astype(float), unit=unit, utc=True, errors="coerce").astype(TIME)
    result[zoned] = pd.to_datetime(text[zoned], format="ISO8601", utc=True, errors="coerce").astype(TIME)
    # pandas knows the words "now" and "today"; a time of a post has digits.
    local = pd.to_datetime(text[naive].where(text[naive].str.contains(r"\d"), ""), format="ISO8601", errors="coerce")
    result[naive] = _localize(local, zone)
    return result, naive & local.notna().reindex(values.index, fill_value=False) & (zone is None)


def _localize(times: pd.Series, zone: str | None) -> pd.Series:
    if zone is None:
        return pd.Series(pd.NaT, index=times.index, dtype=TIME)
    first = np.ones(len(times), dtype=bool)
    return times.dt.tz_localize(zone, ambiguous=first, nonexistent="shift_forward").dt.tz_convert("UTC").astype(TIME)


def parse_flag(values: pd.Series) -> pd.Series:
    """Return flags as `boolean`; missing where the value is no flag (a blank one is false)."""
    text = parse_text(values).fillna("").str.lower().str.removesuffix(".0")
    return text.map(FLAGS).astype("boolean")


def parse_count(values: pd.Series) -> pd.Series:
    """Return whole numbers of at least 0 as `Int64`; missing where the value is none."""
    numbers = pd.to_numeric(parse_text(values), errors="coerce")
    return numbers.where((numbers >= 0) & (numbers % 1 == 0) & (numbers < 2**53)).astype("Float64").astype("Int64")
