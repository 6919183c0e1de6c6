"""Time into windows: half-open, aligned, none lost."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from narratives import tables
from narratives.config import Study


def make_windows(times: pd.Series, study: Study) -> pd.DataFrame:
    """Return the `windows` table that covers all of `times` (UTC) and the study's range; empty windows are rows too.

    Windows of whole days keep to local midnights also where clocks change. With `windows.anchor` one window starts at
    that event; else the first starts at the midnight of the study's start, or of the first post.
    """
    section, zone = study.windows, study.time.zone
    first = times.min() if study.time.start is None else pd.Timestamp(study.time.utc(study.time.start))
    last = times.max() if study.time.end is None else pd.Timestamp(study.time.utc(study.time.end)) - pd.Timedelta("1us")
    anchor = first.tz_convert(zone).normalize()
    if section.anchor is not None:
        anchor = pd.Timestamp(study.event_time(section.anchor)).tz_convert(zone)
    step = _step(section.length)
    before = int(np.ceil(max((anchor - first) / section.length, 0))) + 1
    after = int(np.ceil(max((last - anchor) / section.length, 0))) + 2
    edges = pd.DatetimeIndex([anchor + step * n for n in range(-before, after + 1)]).tz_convert("UTC").as_unit("us")
    edges = edges[np.searchsorted(edges, first, side="right") - 1 : np.searchsorted(edges, last, side="right") + 1]
    counts = np.bincount(place(times, edges[:-1]), minlength=len(edges) - 1)
    table = pd.DataFrame({"window_id": range(len(counts)), "start": edges[:-1], "end": edges[1:], "n_posts": counts})
    return tables.check("windows", table)


def place(times: pd.Series, starts: pd.Series | pd.DatetimeIndex) -> NDArray[np.int64]:
    """Return the window_id of each time, given the starts of adjoining windows."""
    return np.asarray(pd.DatetimeIndex(starts).searchsorted(pd.DatetimeIndex(times), side="right") - 1, dtype=np.int64)


def _step(length: timedelta) -> pd.DateOffset:
    if length % timedelta(days=1) == timedelta(0):
        return pd.DateOffset(days=length.days)
    return pd.DateOffset(seconds=int(length.total_seconds()))
