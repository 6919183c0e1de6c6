"""One root error, so that a caller can catch everything this package raises on purpose."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class NarrativesError(Exception):
    """Root of every error that this package raises on purpose."""


class ConfigError(NarrativesError):
    """A study is wrong: the message names the file, the line, the key, the value and the fix."""


class DataError(NarrativesError):
    """An input file or table cannot be used: the message names the file, the place and the fix."""


class ArtifactError(NarrativesError):
    """A run folder is missing something, or holds something that this version cannot read."""


def nearest(name: str, choices: Iterable[str]) -> str:
    """Return ``" Did you mean 'x'?"`` for the choice nearest to `name`, or an empty string."""
    close = get_close_matches(name, list(choices), n=1, cutoff=0.6)
    return f" Did you mean '{close[0]}'?" if close else ""
