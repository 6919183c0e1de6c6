"""The numbers behind the report: what is drawn and written, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from narratives.config import Study, Windows

Frames = Mapping[str, pd.DataFrame]


COHORTS = 3  # drawn per target
FEW = 3  # findings whose verdicts stand on a time axis in full
MOMENT = 0.1  # of the time axis, up to which an interval is drawn as a band


@dataclass(frozen=True)
class Streams:
    """The narratives that are drawn, in order of their first window.

    Attributes
    ----------
    tracks : rows of the `tracks` table.
    posts : posts per track and window, shape (tracks, windows).
    rate : posts per day, same shape, to be compared where windows differ in length.
    stance : per target_id, the mean stance of a track's accounts in each window, same shape; NaN where none speaks of
        the target.
    accounts : per target_id, how many accounts that mean is of, same shape.
    overall : `mean` and `n_accounts` per target_id and track_id over its whole life, each account counted once.
    left_out : tracks not drawn.
    share : share of all narratives' posts that is drawn, each post counted once.
    """

    tracks: pd.DataFrame
    posts: NDArray[np.int64]
    rate: NDArray[np.float64]
    stance: dict[str, NDArray[np.float64]]
    accounts: dict[str, NDArray[np.int64]]
    overall: pd.DataFrame
    left_out: int
    share: float


@dataclass(frozen=True)
class Series:
    """Mean stance of a group towards a target per window, each account counted once per window.

    Attributes
    ----------
    mean, low, high : per window; the 95 % interval over accounts is NaN below two accounts.
    accounts : accounts per window.
    """

    target_id: str
    group: str
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    accounts: NDArray[np.int64]


@dataclass(frozen=True)
class ReportData:
    """Everything that the figure and the page show as numbers.

    Attributes
    ----------
    windows : the `windows` table, with `left`, `middle` and `right`: where on the time axis a window is drawn.
    cut : how time is cut, in words.
    per_day : windows differ in length, so volume is shown as posts per day.
    """

    windows: pd.DataFrame
    cut: str
    per_day: bool
    events: list[tuple[str, pd.Timestamp]]
    targets: dict[str, str]
    target: str | None
    streams: Streams
    series: list[Series]
    findings: pd.DataFrame
    cohort_sizes: dict[str, int]
    zone: str

    @property
    def coordinated(self) -> pd.DataFrame:
        """The coordinated findings, with `moment`: whether their interval is a small part of the time axis.

        Where many are marked at once, their `mark` is the finding's id.
        """
        found = self.findings[self.findings["verdict"].str.startswith("coordinated").astype(bool)]
        span = self.windows["end"].max() - self.windows["start"].min()
        mark = found["finding_id"] if len(found) > FEW else found["verdict"]
        return found.assign(moment=found["date_high"] - found["date_low"] <= MOMENT * span, mark=mark)

    @property
    def thin(self) -> pd.DataFrame:
        """The windows that say little by themselves: without posts, or not covered by the data."""
        return self.windows[self.windows["partial"] | self.windows["n_posts"].eq(0)]


def summarize(tables: Frames, study: Study) -> ReportData:
    """Return the numbers of a run's report.

    The main target is that of the first coordinated reversal, or other coordinated finding, or else the one most posts
    speak of. Series are drawn for the `COHORTS` with the strongest findings on a target and for the accounts of no
    cohort.
    """
    findings, cohorts = tables["findings"], tables["cohorts"]
    targets = {target.id: target.name for target in study.targets}
    main = _main_target(findings, tables["stances"], targets)
    return ReportData(
        windows=_drawn(tables["windows"]),
        cut=_cut(tables["windows"], study.windows),
        per_day=study.windows.kind == "adaptive",
        events=[(event.name, pd.Timestamp(study.time.utc(event.date))) for event in study.events],
        targets=targets,
        target=main,
        streams=_streams(tables, _shown_tracks(tables, main, study.report.tracks)),
        series=_series(tables, targets),
        findings=findings,
        cohort_sizes=cohorts["cohort_id"].value_counts().to_dict(),
        zone=study.time.zone,
    )


def _drawn(windows: pd.DataFrame) -> pd.DataFrame:
    """Return `windows` with their place on the time axis; two that overlap share the overlap by half."""
    start, end, last_end = windows["start"], windows["end"], windows["end"].shift()
    left = (last_end + (start - last_end) / 2).fillna(start)
    return windows.assign(left=left, middle=start + (end - start) / 2, right=left.shift(-1).fillna(end))


def _cut(windows: pd.DataFrame, section: Windows) -> str:
    if section.kind == "adaptive":
        lengths = windows["end"] - windows["start"]
        shortest, longest = in_words(lengths.min()), in_words(lengths.max())
        return f"windows of at least {section.posts:,} posts, {shortest} to {longest} long"
    if section.step is not None:
        step = in_words(section.step).removeprefix("1 ")
        return f"windows of {in_words(section.length)}, one every {step}, each drawn about its middle"
    return f"windows of {in_words(section.length)}"


def in_words(length: timedelta) -> str:
    """Return a length of time as a reader says it, as in "7 days" and "1 hour"."""
    seconds = round(length.total_seconds())
    size, unit = next(
        ((s, u) for s, u in ((86_400, "day"), (3_600, "hour"), (60, "minute")) if seconds >= s), (1, "second")
    )
    return f"{seconds / size:.3g} {unit}" + ("" if seconds == size else "s")


def _main_target(findings: pd.DataFrame, stances: pd.DataFrame, targets: Mapping[str, str]) -> str | None:
    coordinated = findings[findings["verdict"].str.startswith("coordinated").astype(bool)]
    reversals = coordinated[coordinated["verdict"].eq("coordinated reversal")]
    if named := [target for rows in (reversals, coordinated) for found in rows["targets"] for target in found]:
        return str(named[0])
    spoken_of = stances["target_id"].value_counts()
    return str(spoken_of.index[0]) if len(spoken_of) else next(iter(targets), None)


def _shown_tracks(tables: Frames, target: str | None, number: int) -> pd.DataFrame:
    """Return the tracks to draw: half of them those that speak most of the target, the others the largest."""
    tracks, whole = tables["tracks"], _whole(tables)
    spoken = whole[whole["target_id"] == target].set_index("unit")["n_posts"]
    about = tracks["track_id"].map(spoken).fillna(0)
    ranked = tracks.assign(about=about).sort_values(["about", "n_posts", "track_id"], ascending=[False, False, True])
    first = ranked[ranked["about"] > 0].head(number // 2)
    rest = tracks.drop(first.index).nlargest(number - len(first), "n_posts")
    return tracks.loc[first.index.union(rest.index)].sort_values(["first_window", "track_id"]).reset_index(drop=True)


def _whole(tables: Frames) -> pd.DataFrame:
    """Return the stance of tracks over their whole life."""
    series = tables["stance_series"]
    return series[series["kind"].eq("track") & series["window_id"].isna()]


def _streams(tables: Frames, shown: pd.DataFrame) -> Streams:
    tracks, clusters = tables["tracks"], tables["clusters"]
    windows = len(tables["windows"])
    track_of = tracks.explode("clusters").set_index("clusters")["track_id"].to_dict()
    volume = clusters.assign(track_id=clusters["cluster_id"].map(track_of))
    place = {track: row for row, track in enumerate(shown["track_id"])}
    posts = np.zeros((len(shown), windows), dtype=np.int64)
    drawn = volume[volume["track_id"].isin(place)]
    np.add.at(posts, (drawn["track_id"].map(place).to_numpy(int), drawn["window_id"].to_numpy()), drawn["n_posts"])
    series = tables["stance_series"]
    lanes = series[series["unit"].isin(place) & series["window_id"].notna()]
    stance, accounts = {}, {}
    for target, means in lanes.groupby("target_id"):
        at = means["unit"].map(place).to_numpy(int), means["window_id"].to_numpy(int)
        stance[target] = np.full(posts.shape, np.nan)
        stance[target][at] = means["mean"]
        accounts[target] = np.zeros(posts.shape, dtype=np.int64)
        accounts[target][at] = means["n_accounts"]
    days = (tables["windows"]["end"] - tables["windows"]["start"]).to_numpy() / np.timedelta64(1, "D")
    inside = tables["membership"].dropna(subset="cluster_id")
    seen = inside.loc[inside["cluster_id"].isin(drawn["cluster_id"]), "post_id"].nunique()
    share = seen / max(inside["post_id"].nunique(), 1)
    overall = _whole(tables).set_index(["target_id", "unit"])[["mean", "n_accounts"]]
    return Streams(shown, posts, posts / days, stance, accounts, overall, len(tracks) - len(shown), share)


def _series(tables: Frames, targets: Mapping[str, str]) -> list[Series]:
    findings, series, windows = tables["findings"], tables["stance_series"], len(tables["windows"])
    made = []
    for target in targets:
        about = findings[np.array([target in found for found in findings["targets"]], dtype=bool)]
        named = about["cohort"].dropna().unique().tolist()[:COHORTS]
        mine = series[(series["target_id"] == target) & series["window_id"].notna()]
        made += [_one(mine[mine["unit"] == cohort], target, cohort, windows) for cohort in named]
        rest = "accounts of no cohort" if named else "all accounts"
        made.append(_one(mine[mine["kind"] == ("others" if named else "all")], target, rest, windows))
    return made


def _one(rows: pd.DataFrame, target: str, group: str, windows: int) -> Series:
    by_window = rows.set_index("window_id").reindex(range(windows))
    accounts = by_window["n_accounts"].fillna(0).to_numpy(np.int64)
    mean, low, high = (by_window[column].to_numpy(float) for column in ("mean", "low", "high"))
    return Series(target, group, mean, low, high, accounts)
