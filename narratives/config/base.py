"""What every section is made of: frozen models, every field with a meaning, bounds and a unit."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    WithJsonSchema,
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


def format_duration(value: timedelta) -> str:
    """Return a length of time as `duration` reads it."""
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
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema({"type": "string", "examples": ["7d", "36h", "10min"]}),
]
Zone = Annotated[str, BeforeValidator(_zone)]


class Section(BaseModel):
    """Base of all sections: frozen, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
