"""Time into windows: half-open, aligned, none lost."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from narratives import tables
from narratives.config import Study, Windows

DAY = timedelta(days=1)
EDGE = 0.05  # share of a window; a shorter stretch before the first or after the last post does not make it partial


def make_windows(times: pd.Series, study: Study) -> pd.DataFrame:
    """Return the `windows` table that covers all of `times` (UTC) and the study's range; empty windows are rows too.

    The first window holds the first moment, and the last is the first that reaches beyond the last moment. So later
    posts never change a window but the last. With `windows.anchor` starts are aligned to that event; else to the
    midnight of the study's start, or of the first post. Whole days keep to local time where clocks change; other
    lengths are elapsed time.
    """
    section = study.windows
    first = times.min() if study.time.start is None else pd.Timestamp(study.time.utc(study.time.start))
    last = times.max() if study.time.end is None else pd.Timestamp(study.time.utc(study.time.end)) - pd.Timedelta("1us")
    anchor = None if section.anchor is None else pd.Timestamp(study.event_time(section.anchor))
    table = _aligned(first, last, anchor, study)
    if section.kind == "adaptive":
        table = _merged(table, times, section, anchor)
    outside = (first - table["start"]).clip(lower=timedelta(0)) + (table["end"] - last).clip(lower=timedelta(0))
    table["partial"] = outside > EDGE * (table["end"] - table["start"])
    table["n_posts"] = np.bincount(place(times, table)[1], minlength=len(table))
    return tables.check("windows", table.assign(window_id=range(len(table))))


def place(times: pd.Series, windows: pd.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the position in `times` and the window_id of every pair of a time and a window that holds it.

    Pairs are sorted by position, then window. A time is in one window, or in several where windows overlap.
    """
    moments = pd.DatetimeIndex(times)
    first = pd.DatetimeIndex(windows["end"]).searchsorted(moments, side="right")
    stop = pd.DatetimeIndex(windows["start"]).searchsorted(moments, side="right")
    held = stop - first
    position = np.repeat(np.arange(len(moments)), held)
    return position, np.arange(len(position)) - np.repeat(np.cumsum(held) - stop, held)


def _aligned(first: pd.Timestamp, last: pd.Timestamp, anchor: pd.Timestamp | None, study: Study) -> pd.DataFrame:
    """Return `start` and `end` of windows of `length`, one `step` (or else `length`) after the other."""
    length, step = study.windows.length, study.windows.step or study.windows.length
    clock = study.time.zone if length % DAY == step % DAY == timedelta(0) else "UTC"
    midnight = first.tz_convert(study.time.zone).tz_localize(None).normalize()
    origin = _localized(pd.DatetimeIndex([midnight]), study.time.zone)[0] if anchor is None else anchor
    # A midnight that the clocks skip is still what the other windows are aligned to.
    shown = midnight if anchor is None and clock != "UTC" else origin.tz_convert(clock).tz_localize(None)
    after = pd.TimedeltaIndex(np.arange((first - origin) // step - 2, (last - origin) // step + 3) * pd.Timedelta(step))
    starts, ends = (
        _localized(shown + shift, clock).where(shift != timedelta(0), origin) for shift in (after, after + length)
    )
    real = ends > starts  # a zone that skipped a whole day has windows of no length
    starts, ends = starts[real], ends[real]
    begin = int(starts.searchsorted(first, side="right")) - 1
    stop = max(begin, int(ends.searchsorted(last, side="right"))) + 1
    return pd.DataFrame({"start": starts[begin:stop], "end": ends[begin:stop]})


def _localized(local: pd.DatetimeIndex, zone: str) -> pd.DatetimeIndex:
    """Return rising clock times of `zone` in UTC: of two equal ones the earlier, of a skipped one where it was skipped.

    In a day that was skipped whole pandas puts a time behind the next day's midnight; none is let past the next one.
    """
    first = np.ones(len(local), dtype=bool)
    moments = local.tz_localize(zone, ambiguous=first, nonexistent="shift_forward").tz_convert("UTC").as_unit("us")
    return pd.DatetimeIndex(moments.to_series()[::-1].cummin()[::-1])


def _merged(cells: pd.DataFrame, times: pd.Series, section: Windows, anchor: pd.Timestamp | None) -> pd.DataFrame:
    """Return windows of adjoining cells, each closed as soon as it holds `posts` posts, or by the anchor."""
    forced = cells["end"].eq(anchor).to_numpy(copy=True)
    forced[-1] = True
    held, closing = 0, []
    for cell, posts in enumerate(np.bincount(place(times, cells)[1], minlength=len(cells))):
        held += posts
        if held >= section.posts or forced[cell]:
            closing.append(cell)
            held = 0
    opening = [0, *(cell + 1 for cell in closing[:-1])]
    starts, ends = cells["start"].iloc[opening], cells["end"].iloc[closing]
    return pd.DataFrame({"start": starts.to_numpy(), "end": ends.to_numpy()}).astype(tables.TIME)
