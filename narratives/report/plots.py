"""The timeline figure: narratives as streams coloured by stance, and stance over time with its intervals."""

from __future__ import annotations

import re
from functools import lru_cache
from io import BytesIO
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib import dates, font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap, Normalize, to_hex
from matplotlib.figure import Figure
from numpy.typing import NDArray

from narratives.report.summarize import ReportData, Series

# Accusation is the darker end, so that the two ends differ in greyscale too; both differ for colour-blind readers.
STANCE = LinearSegmentedColormap.from_list("stance", ["#6b1f02", "#c8642b", "#c4c4c4", "#7fb0dc", "#2f7fc4"])
SILENT = "#f1f1f1"
ROOM = 75  # letters of a panel's title and legend that fit in one line
INK, PALE, COHORT, OTHERS = "#222222", "#8a8a8a", "#6b1f02", "#3d7ab8"
STEPS = 16
WIDTH = 9.0
ROWS = 3
STYLE: Any = {"font.family": "DejaVu Sans", "font.size": 8.5, "axes.spines.top": False, "axes.spines.right": False}


def draw_timeline(data: ReportData, title: str) -> bytes:
    """Return the timeline as PNG: one lane per narrative, then one panel per target (at most three)."""
    with mpl.rc_context(STYLE):
        figure = _layout(data, title)
        buffer = BytesIO()
        figure.savefig(buffer, dpi=220, metadata={"Software": None})
    return buffer.getvalue()


def stance_color(score: float) -> str:
    """Return the hex colour of a stance in [−1, 1]; NaN (nobody speaks of the target) has one of its own."""
    return SILENT if np.isnan(score) else to_hex(STANCE((score + 1) / 2))


def printable(text: str, length: int = 60) -> str:
    """Return `text` as the figure can draw it: characters the font has, no markup, at most `length` of them."""
    kept = "".join(char for char in text if ord(char) in _glyphs())
    kept = re.sub(r"\s+", " ", kept).strip()
    kept = kept if len(kept) <= length else kept[: length - 1].rstrip() + "…"
    return kept.replace("$", r"\$")


@lru_cache(maxsize=1)
def _glyphs() -> frozenset[int]:
    font = font_manager.get_font(font_manager.findfont("DejaVu Sans"))
    return frozenset(font.get_charmap())


def _layout(data: ReportData, title: str) -> Figure:
    lanes = max(len(data.streams.tracks), 1)
    shown = [target for target in data.targets if target == data.target]
    shown += [target for target in data.targets if target != data.target]
    shown = shown[:ROWS]
    heights = [0.3 * lanes + 0.3, *[1.35] * len(shown)]
    figure = Figure(figsize=(WIDTH, sum(heights) + 1.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights, squeeze=False)[:, 0]
    _draw_streams(axes[0], data)
    for ax, target in zip(axes[1:], shown, strict=True):
        _draw_series(ax, data, target)
    _mark(axes, data)
    figure.suptitle(printable(title, 90), x=0.01, ha="left", fontsize=11, fontweight="bold")
    _colour_bar(figure, axes[0], data)
    _time_axis(axes[-1], data)
    return figure


def _places(data: ReportData) -> NDArray[np.float64]:
    """Return left edge, middle and right edge of each window on the time axis, shape (3, windows)."""
    edges = (data.windows[column].dt.tz_convert(data.zone) for column in ("left", "middle", "right"))
    return np.stack([np.asarray(dates.date2num(edge)) for edge in edges])


def _draw_streams(ax: Axes, data: ReportData) -> None:
    streams, places = data.streams, _places(data)
    volume = streams.rate if data.per_day else streams.posts
    top = float(volume.max(initial=0)) or 1.0
    stance = streams.stance.get(data.target or "", np.full(streams.posts.shape, np.nan))
    for lane in range(len(streams.tracks)):
        _draw_lane(ax, lane, places, volume[lane] / top, stance[lane])
    ax.set_ylim(max(len(streams.tracks), 1) - 0.45, -0.6)
    ax.set_yticks(range(len(streams.tracks)), [printable(label, 44) for label in streams.tracks["label"]])
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    if not len(streams.tracks):
        ax.text(0.5, 0.5, "no narratives", transform=ax.transAxes, ha="center", color=PALE)
        ax.set_yticks([])
        return
    unit = "day" if data.per_day else "window"
    thickest = f"{top:,.0f}" if top >= 10 else f"{top:.2g}"
    note = f"thickness: posts per {unit}, thickest {thickest}; {streams.share:.0%} of all narratives' posts drawn"
    ax.annotate(note, (1, 0), (0, -14), "axes fraction", "offset points", ha="right", va="top", fontsize=7, color=PALE)


def _draw_lane(
    ax: Axes, lane: int, places: NDArray[np.float64], size: NDArray[np.float64], stance: NDArray[np.float64]
) -> None:
    """Draw one narrative: its thickness follows the posts, its colour the stance; a silent window is a gap."""
    ax.axhline(lane, color="#e6e6e6", linewidth=0.5, zorder=0)
    for window in np.flatnonzero(size):
        left, middle, right = places[:, window]
        before = (size[window] + size[window - 1]) / 2 if window and size[window - 1] else 0.0
        after = (size[window] + size[window + 1]) / 2 if window + 1 < len(size) and size[window + 1] else 0.0
        grid = np.linspace(left, right, STEPS + 1)
        height = 0.03 + 0.42 * np.interp(grid, [left, middle, right], [before, size[window], after])
        ax.fill_between(
            grid, lane - height, lane + height, color=stance_color(stance[window]), linewidth=0, zorder=2, snap=False
        )
        for edge in (lane - height, lane + height):
            ax.plot(grid, edge, color="#777777", linewidth=0.4, zorder=3)


def _draw_series(ax: Axes, data: ReportData, target: str) -> None:
    places = _places(data)
    x = places[1]
    mine = [series for series in data.series if series.target_id == target]
    ax.axhline(0, color="#bbbbbb", linewidth=0.6)
    for series in mine:
        inside = series.group in data.cohort_sizes
        color = _color(series, data)
        dashes = "-" if not inside or series.group == next(iter(s.group for s in mine)) else (0, (3, 1.2))
        label = f"{series.group}, {data.cohort_sizes[series.group]} accounts" if inside else series.group
        ax.fill_between(x, series.low, series.high, color=color, alpha=0.18, linewidth=0)
        ax.plot(
            x, series.mean, color=color, linewidth=1.6, marker="o" if inside else "s", markersize=3, label=label,
            linestyle=dashes,
        )  # fmt: skip
    ax.set_ylim(-1.32, 1.05)
    ax.set_yticks([-1, 0, 1], ["accusation −1", "0", "praise +1"])
    name = printable(data.targets[target], 40)
    title = f"Mean stance towards {name}, 95 % interval"
    crowded = len(title) + sum(len(str(label)) for label in ax.get_legend_handles_labels()[1]) > ROOM
    ax.set_title(title, loc="left", fontsize=8.5, pad=16 if crowded else 6)
    if mine:
        ax.legend(
            frameon=False, fontsize=7.5, ncols=len(mine), loc="lower right", bbox_to_anchor=(1, 0.97), borderpad=0,
            handlelength=2.4, columnspacing=1.4,
        )  # fmt: skip
        _draw_counts(ax, places, mine, data)


def _draw_counts(ax: Axes, places: NDArray[np.float64], mine: list[Series], data: ReportData) -> None:
    """Draw how many accounts each mean is of, as stacked bars at the foot of the panel."""
    counts = np.array([series.accounts for series in mine])
    top = max(int(counts.sum(axis=0).max(initial=0)), 1)
    left, _, right = places
    centre, width = (left + right) / 2, 0.8 * (right - left)
    foot = np.full(len(centre), -1.31)
    for series, count in zip(mine, counts, strict=True):
        ax.bar(centre, 0.26 * count / top, width, foot, color=_color(series, data), alpha=0.45, linewidth=0)
        foot += 0.26 * count / top
    ax.annotate(
        f"bars: accounts, at most {top:,}", (1, 0), (4, 2), "axes fraction", "offset points", fontsize=6.5, color=PALE,
        rotation=90, va="bottom", annotation_clip=False,
    )  # fmt: skip


def _color(series: Series, data: ReportData) -> str:
    return COHORT if series.group in data.cohort_sizes else OTHERS


def _mark(axes: NDArray[np.object_], data: ReportData) -> None:
    """Mark events as dashed lines, findings as bands and thin windows by hatching; labels do not overlap."""
    for window in data.thin.itertuples():
        for ax in axes:
            span = _number(window.left, data), _number(window.right, data)
            ax.axvspan(*span, facecolor="none", edgecolor="#dddddd", hatch="////", linewidth=0, zorder=0)
    labels = [(moment, printable(name, 34), INK, "normal") for name, moment in data.events]
    for moment, _, color, _ in labels:
        for ax in axes:
            ax.axvline(_number(moment, data), color=color, linewidth=0.8, linestyle=(0, (4, 3)), zorder=4)
    for row in data.coordinated.itertuples():
        if len(row.targets) and data.target not in row.targets:
            continue
        low, high = (_number(row.date_low, data), _number(row.date_high, data)) if row.moment else (0.0, 0.0)
        for ax in axes:
            if row.moment:
                ax.axvspan(low, max(high, low + 0.15), color=COHORT, alpha=0.3, linewidth=0, zorder=1)
            else:
                ax.axvline(_number(row.date, data), color=COHORT, linewidth=0.8, zorder=1)
        size = data.cohort_sizes.get(str(row.cohort))
        who = f": {row.cohort}, {size} accounts" if size and row.mark == row.verdict else ""
        labels.append((row.date, f"{row.mark}{who}", COHORT, "bold"))
    first, last = _number(data.windows["start"].min(), data), _number(data.windows["end"].max(), data)
    axes[0].set_xlim(first, last)
    _write_labels(axes[0], [(_number(m, data), text, color, weight) for m, text, color, weight in labels], first, last)


def _write_labels(ax: Axes, labels: list[tuple[float, str, str, str]], first: float, last: float) -> None:
    """Write labels above the figure, each in the lowest row where it overlaps no other."""
    free: list[float] = []
    for x, text, color, weight in sorted(labels):
        if not first <= x <= last:
            continue
        width = len(text) * 0.0115 * (last - first)
        to_left = x + width > last
        left = x - width if to_left else x
        row = next((row for row, end in enumerate(free) if left > end), len(free))
        free[row : row + 1] = [left + width]
        ax.annotate(
            text, (x, 1), xycoords=("data", "axes fraction"), xytext=(0, 2 + 11 * row), textcoords="offset points",
            ha="right" if to_left else "left", va="bottom", color=color, fontweight=weight, fontsize=7.5,
        )  # fmt: skip


def _number(moment: pd.Timestamp, data: ReportData) -> float:
    return float(dates.date2num(moment.tz_convert(data.zone)))


def _colour_bar(figure: Figure, ax: Axes, data: ReportData) -> None:
    if data.target is None:
        return
    scale = mpl.cm.ScalarMappable(Normalize(-1, 1), STANCE)
    bar = figure.colorbar(
        scale, ax=ax, location="bottom", fraction=0.03, aspect=60, pad=0.01, shrink=0.5, anchor=(0, 0)
    )
    bar.set_ticks([-1, 0, 1], labels=["accusation", "neutral", "praise"])
    bar.ax.tick_params(length=0, labelsize=7)
    name = printable(data.targets[data.target], 40)
    bar.ax.set_title(f"colour: stance towards {name}; palest: nobody speaks of it", loc="left", fontsize=7, pad=2)
    bar.outline.set_visible(False)


def _time_axis(ax: Axes, data: ReportData) -> None:
    locator = dates.AutoDateLocator(minticks=4, maxticks=9, tz=data.zone)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator, tz=data.zone))
    hatched = "\nhatched: no posts, or a window that the data do not cover" if len(data.thin) else ""
    ax.set_xlabel(f"time in {data.zone}; {data.cut}{hatched}", fontsize=7.5, color=PALE, loc="left")
