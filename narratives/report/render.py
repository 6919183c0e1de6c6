"""The page: one self-contained HTML file, safe whatever the posts hold."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from hashlib import blake2b, sha256
from importlib.resources import files
from typing import Any

import jinja2
import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from narratives.config import Study
from narratives.config.load import dump_study
from narratives.report.plots import stance_color
from narratives.report.summarize import Frames, ReportData
from narratives.text import HANDLE

TEXT_SHOWN = 400
PAIRS_SHOWN = 5
BESIDE = {
    "hours_alike": "likeness of two accounts' hours of the day (cosine)",
    "empty": "share of empty profiles",
    "batch": "share made at one time",
}
REJECTS_SHOWN = 3
# Characters that turn the direction of what follows could make a page say what no post said.
DIRECTION = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\x00-\x08\x0b\x0c\x0e-\x1f]")
LANGUAGE_TAGS = {"ru": "ru", "kk": "kk", "kk-Latn": "kk-Latn", "kk-ru-letters": "kk", "mixed": "kk"}


def render_page(data: ReportData, tables: Frames, study: Study, summary: Mapping[str, Any], picture: bytes) -> str:
    """Return the report as HTML. Scripts and styles are allowed by their hash alone; nothing is loaded from outside."""
    folder = files("narratives.report").joinpath("templates")
    style, script = (folder.joinpath(name).read_text(encoding="utf-8") for name in ("report.css", "report.js"))
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("narratives.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    posts = Posts(tables, study)
    return environment.get_template("report.html.j2").render(
        title=study.report.title or study.name,
        style=Markup(style),  # noqa: S704 - our own files, never data
        script=Markup(script),  # noqa: S704
        policy=f"default-src 'none'; img-src data:; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'",
        picture=base64.b64encode(picture).decode(),
        data=data,
        summary=summary,
        study=study,
        config=dump_study(study),
        findings=[_finding(row, data, posts, study) for row in data.findings.to_dict("records")],
        chart=_chart(data),
        narratives=[_narrative(row, data, tables, posts) for row in data.streams.tracks.to_dict("records")],
        cohorts=_cohorts(tables, posts),
        rejects=_rejects(tables["rejects"]),
        windows=[_window(data, window) for window in range(len(data.windows))],
        zone=study.time.zone,
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}"


class Posts:
    """Posts as the page may show them: pseudonymised, cut, in local time."""

    def __init__(self, tables: Frames, study: Study) -> None:
        lang = tables["languages"].set_index("text_key")["lang"]
        self._posts = tables["posts"].set_index("post_id")
        self._lang = lang
        self._scores = tables["stances"].set_index(["post_id", "target_id"])["score"]
        self._study = study
        self._known = {author.lower(): author for author in self._posts["author_id"].unique()}

    def name(self, author: str) -> str:
        """Return how the page calls an account: a keyed hash, the same in every report of the study."""
        if not self._study.report.pseudonyms:
            return author
        key = sha256(f"{self._study.name} {self._study.seed}".encode()).digest()
        return "account " + blake2b(author.encode(), digest_size=5, key=key).hexdigest()

    def show(self, post_id: str, target: str | None = None) -> dict[str, Any]:
        """Return one post for the page: id, author, time, text, language tag, and its stance towards `target`."""
        post = self._posts.loc[post_id]
        lang = str(self._lang.get(post["text_key"], "none"))
        score = self._scores.get((post_id, target)) if target else None
        return {
            "id": post_id,
            "author": self.name(post["author_id"]),
            "time": f"{post['created_at'].tz_convert(self._study.time.zone):%Y-%m-%d %H:%M}",
            "text": self._safe(post["text"]),
            "lang": LANGUAGE_TAGS.get(lang, lang if re.fullmatch("[a-z]{2}", lang) else "und"),
            "score": None if score is None else float(score),
        }

    def _safe(self, text: str) -> str:
        text = DIRECTION.sub("", text[: 4 * TEXT_SHOWN])
        if self._study.report.pseudonyms:
            text = HANDLE.sub(lambda match: self._handle(match[0]), text)
        return text if len(text) <= TEXT_SHOWN else text[: TEXT_SHOWN - 1] + "…"

    def _handle(self, handle: str) -> str:
        author = self._known.get(handle[1:].lower())
        return f"@[{self.name(author)}]" if author else handle


def _finding(row: Mapping[str, Any], data: ReportData, posts: Posts, study: Study) -> dict[str, Any]:
    target = next(iter(row["targets"]), None)
    cohort = row["cohort"] if isinstance(row["cohort"], str) else None
    evidence = [posts.show(post, target) for post in row["evidence"]][: study.report.evidence]
    local = {name: row[name].tz_convert(study.time.zone) for name in ("date", "date_low", "date_high")}
    return {
        **row,
        **{name: f"{moment:%Y-%m-%d %H:%M}" for name, moment in local.items()},
        "target_names": ", ".join(data.targets[t] for t in row["targets"]),
        "cohort": cohort,
        "size": data.cohort_sizes.get(cohort or "", 0),
        "event": row["event"] if isinstance(row["event"], str) else None,
        "placebo": None if pd.isna(row["placebo_rank"]) else (row["placebo_rank"], row["placebo_dates"]),
        "details": _flat(json.loads(row["details"])),
        "evidence": evidence,
        "shown": len(evidence),
        "of": len(row["evidence"]),
        "coordinated": row["verdict"].startswith("coordinated"),
    }


def _flat(details: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Return nested figures as rows of a table."""
    rows: list[tuple[str, str]] = []
    for name, value in details.items():
        label = f"{prefix}{name.replace('_', ' ')}"
        if isinstance(value, Mapping):
            rows += _flat(value, f"{label}: ")
        elif isinstance(value, float):
            rows.append((label, f"{value:.4g}"))
        else:
            shown = str(value)
            rows.append((label, shown if len(shown) <= TEXT_SHOWN else shown[:TEXT_SHOWN] + "…"))
    return rows


CHART_WIDTH, LANE, LEFT, TOP = 960.0, 34.0, 250.0, 60.0
LETTER = 7.5  # width of a letter of a mark
TICK_WIDTH = 104.0


def _chart(data: ReportData) -> dict[str, Any]:
    """Return the geometry of the interactive timeline: lanes of one shape per window, marks, and the time axis."""
    windows, streams = data.windows, data.streams
    first, last = windows["start"].min(), windows["end"].max()
    scale = (CHART_WIDTH - LEFT - 10) / max((last - first).total_seconds(), 1)

    def x(moment: pd.Timestamp) -> float:
        return round(float(LEFT + (moment - first).total_seconds() * scale), 1)

    places = [tuple(map(x, place)) for place in windows[["left", "middle", "right"]].itertuples(index=False)]
    volume = streams.rate if data.per_day else streams.posts
    size = volume / (volume.max(initial=0) or 1)
    lanes = []
    for row, track in enumerate(streams.tracks.to_dict("records")):
        shapes = [_shape(data, row, int(window), places[window], size[row]) for window in np.flatnonzero(size[row])]
        lanes.append(
            {"track": track["track_id"], "label": track["label"], "y": TOP + LANE * (row + 0.5), "shapes": shapes}
        )
    marks: list[dict[str, Any]] = [
        {"x": x(m), "text": name, "title": name, "kind": "event"} for name, m in data.events if first <= m <= last
    ]
    for row in data.coordinated.itertuples():
        low, high = (x(max(row.date_low, first)), x(min(row.date_high, last))) if row.moment else (x(row.date),) * 2
        text = ": ".join([row.verdict, *(data.targets[target] for target in row.targets[:1])])
        shown = text if row.mark == row.verdict else row.mark
        mark = {"x": x(row.date), "text": shown, "title": text, "low": low, "width": max(2.0, high - low)}
        marks.append(mark | {"kind": "finding"})
    free = [0.0] * 4
    for mark in sorted(marks, key=lambda mark: mark["x"]):
        anchor = "end" if mark["x"] > CHART_WIDTH * 0.7 else "start"
        width = LETTER * len(mark["text"]) + 8
        left = mark["x"] - width if anchor == "end" else mark["x"]
        row = next((row for row, end in enumerate(free) if end <= left), int(np.argmin(free)))
        free[row] = left + width
        mark |= {"row": row, "anchor": anchor}
    return {
        "lanes": lanes,
        "marks": marks,
        "ticks": _ticks(windows["left"].dt.tz_convert(data.zone), [left for left, _, _ in places]),
        "thin": [
            {"x": places[w][0], "width": places[w][2] - places[w][0], "title": _note(data.windows.loc[w])}
            for w in data.thin.index
        ],
        "height": TOP + LANE * max(len(lanes), 1),
        "width": CHART_WIDTH,
        "left": LEFT,
        "top": TOP,
    }


def _ticks(moments: pd.Series, places: list[float]) -> list[dict[str, Any]]:
    """Return the borders of windows that are labelled: a label's width apart, and so far from the right edge."""
    days = moments.dt.normalize().eq(moments).all()
    ticks: list[dict[str, Any]] = []
    for moment, place in zip(moments, places, strict=True):
        if not ticks or ticks[-1]["x"] + TICK_WIDTH <= place <= CHART_WIDTH - TICK_WIDTH:
            ticks.append({"x": place, "text": f"{moment:%d.%m.%y}" if days else f"{moment:%d.%m.%y %H:%M}"})
    return ticks


def _note(window: Mapping[str, Any] | pd.Series) -> str:
    """Return what a reader should know before comparing a window with others."""
    if not window["n_posts"]:
        return "no posts"
    return "the data do not cover all of it" if window["partial"] else ""


def _shape(
    data: ReportData, row: int, window: int, place: tuple[float, ...], size: NDArray[np.float64]
) -> dict[str, Any]:
    """Return one window of a lane: its outline, and per target its colour and what the tooltip says."""
    streams = data.streams
    before = (size[window] + size[window - 1]) / 2 if window and size[window - 1] else 0.0
    after = (size[window] + size[window + 1]) / 2 if window + 1 < len(size) and size[window + 1] else 0.0
    y = TOP + LANE * (row + 0.5)
    up = [1.0 + 14.5 * h for h in (before, size[window], after)]
    outline = [*zip(place, (y - h for h in up), strict=True)]
    outline += [*zip(place[::-1], (y + h for h in up[::-1]), strict=True)]
    views = {}
    for target in data.targets:
        if target not in streams.stance:
            views[target] = {"fill": stance_color(float("nan")), "text": f"nobody speaks of {data.targets[target]}"}
            continue
        score, accounts = streams.stance[target][row, window], int(streams.accounts[target][row, window])
        said = "nobody speaks of" if np.isnan(score) else f"stance {score:+.2f} (n = {accounts} accounts) towards"
        views[target] = {"fill": stance_color(score), "text": f"{said} {data.targets[target]}"}
    return {
        "points": " ".join(f"{a:.1f},{b:.1f}" for a, b in outline),
        "title": f"{streams.tracks['label'][row]} · {_volume(data, row, window)}",
        "views": views,
        "fill": views[data.target]["fill"] if data.target in views else stance_color(float("nan")),
    }


def _volume(data: ReportData, row: int, window: int) -> str:
    """Return when a window is and how many posts of a lane it holds, in words."""
    shown, posts = _window(data, window), int(data.streams.posts[row, window])
    volume = f"{posts:,} posts" if posts > 1 else "1 post"
    volume += f" ({data.streams.rate[row, window]:.3g} a day)" if data.per_day else ""
    return f"{shown['from']} to {shown['to']} · {volume}" + (f" · {shown['note']}" if shown["note"] else "")


def _window(data: ReportData, window: int) -> dict[str, Any]:
    row = data.windows.iloc[window]
    start, end = (row[side].tz_convert(data.zone) for side in ("start", "end"))
    return {
        "from": f"{start:%Y-%m-%d %H:%M}", "to": f"{end:%Y-%m-%d %H:%M}", "posts": int(row["n_posts"]),
        "note": _note(row),
    }  # fmt: skip


def _narrative(row: Mapping[str, Any], data: ReportData, tables: Frames, posts: Posts) -> dict[str, Any]:
    clusters = tables["clusters"].set_index("cluster_id").loc[[*row["clusters"]]]
    largest = clusters.sort_values(["n_posts", "window_id"], ascending=[False, True])
    medoids = [
        largest[column].dropna().iloc[0] for column in ("medoid_ru", "medoid_kk") if largest[column].notna().any()
    ]
    overall = data.streams.overall
    stance = [
        {"name": name, "score": overall.loc[(target, row["track_id"]), "mean"],
         "n": overall.loc[(target, row["track_id"]), "n_accounts"]}
        for target, name in data.targets.items() if (target, row["track_id"]) in overall.index
    ]  # fmt: skip
    windows = data.windows["start"].dt.tz_convert(data.zone)
    return {
        **row,
        "from": f"{windows.iloc[row['first_window']]:%Y-%m-%d}",
        "to": f"{data.windows['end'].dt.tz_convert(data.zone).iloc[row['last_window']]:%Y-%m-%d}",
        "kk": float(np.average(clusters["kk_share"], weights=clusters["n_posts"])),
        "cohesion": float(np.average(clusters["cohesion"], weights=clusters["n_texts"])),
        "keywords_ru": ", ".join(largest["keywords_ru"].iloc[0]),
        "keywords_kk": ", ".join(largest["keywords_kk"].iloc[0]),
        "medoids": [posts.show(post) for post in medoids],
        "stance": stance,
    }


def _cohorts(tables: Frames, posts: Posts) -> list[dict[str, Any]]:
    edges, evidence = tables["edges"], tables["edge_evidence"]
    cards = tables["cohort_cards"].set_index("cohort_id")
    made = []
    for cohort, members in tables["cohorts"].groupby("cohort_id"):
        card = cards.loc[cohort]
        inside = set(members["author_id"])
        within = edges[edges["source"].isin(inside) & edges["target"].isin(inside)]
        pairs = evidence[evidence["source"].isin(inside) & evidence["target"].isin(inside)].nsmallest(500, "seconds")
        shown = pairs.drop_duplicates(["source", "target"]).head(PAIRS_SHOWN)
        made.append(
            {
                "id": cohort,
                "size": len(inside),
                "card": card,
                "beside": [
                    {"what": what, "share": card[name], "others": card[f"{name}_others"]}
                    for name, what in BESIDE.items() if pd.notna(card[name])
                ],
                "traces": [
                    {"trace": trace.replace("_", " "), "pairs": len(part), "shared": int(part["shared"].sum()),
                     "expected": float(part["expected"].sum()), "q": float(part["q"].max())}
                    for trace, part in within.groupby("trace")
                ],
                "pairs": [
                    {"seconds": float(p.seconds), "trace": p.trace.replace("_", " "),
                     "posts": [posts.show(p.source_post), posts.show(p.target_post)]}
                    for p in shown.itertuples()
                ],
            }
        )  # fmt: skip
    return made


def _rejects(rejects: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {"reason": reason, "rows": len(part), "examples": part.head(REJECTS_SHOWN).to_dict("records")}
        for reason, part in sorted(rejects.groupby("reason"), key=lambda item: -len(item[1]))
    ]
