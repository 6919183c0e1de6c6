"""The stance series of one target."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from narratives.config import Study
from narratives.errors import NarrativesError, nearest

SERIES = ["window_id", "start", "end", "mean", "low", "high", "n_accounts", "n_posts"]


def stance_of(tables: Mapping[str, pd.DataFrame], study: Study, target: str, *, of: str) -> pd.DataFrame:
    """Return one row per window: the columns of `SERIES`."""
    known = [one.id for one in study.targets]
    if target not in known:
        raise NarrativesError(
            f"there is no target '{target}'.{nearest(target, known)} Targets are: {', '.join(known)}."
        )
    series, zone = tables["stance_series"], study.time.zone
    mine = series[series["target_id"].eq(target) & series["window_id"].notna()]
    units = ["all", "others", *mine["unit"].dropna().unique()]
    if of not in units:
        raise NarrativesError(f"nobody called '{of}' speaks of '{target}'.{nearest(of, units)}")
    chosen = mine[mine["unit"].eq(of) | (mine["unit"].isna() & mine["kind"].eq(of))]
    windows = tables["windows"][["window_id", "start", "end"]]
    found = windows.merge(chosen, on="window_id", how="left").fillna({"n_accounts": 0, "n_posts": 0})
    found = found.astype({"n_accounts": "int64", "n_posts": "int64"})
    return found.assign(start=found["start"].dt.tz_convert(zone), end=found["end"].dt.tz_convert(zone))[SERIES]
