"""A small run with known numbers: two narratives over three windows, one target, a cohort of three that turns."""

import numpy as np
import pandas as pd

from narratives import tables
from narratives.config import Study
from narratives.stance.series import locate, stance_series
from narratives.tables import TIME

START = pd.Timestamp("2022-11-01", tz="UTC")
FINDING = {
    "finding_id": "F01", "kind": "coordinated reversal", "verdict": "coordinated reversal", "cohort": "C01",
    "event": "vote", "statistic_name": "flip share, cohort less others", "statistic": 0.9,
    "effect_name": "change of mean stance", "effect": -1.2, "effect_low": -1.4, "effect_high": -1.0,
    "p": 0.001, "q": 0.002,
    "placebo_rank": 1, "placebo_dates": 20, "details": '{"accounts": {"flipped": 3}, "prior": {"strength": 2.5}}',
    "reasons": [["Three of three accounts flipped."]], "caveats": [["Stance may be wrong."]], "targets": [["zh"]],
    "evidence": [["p0", "p6"]], "date": START + pd.Timedelta(days=9), "date_low": START + pd.Timedelta(days=8),
    "date_high": START + pd.Timedelta(days=10),
}  # fmt: skip


def study(**sections):
    data = {
        "name": "planted", "sources": [{"path": "posts.csv"}], "time": {"zone": "Asia/Almaty"},
        "targets": [{"id": "zh", "name": "Жасанов"}], "events": [{"name": "vote", "date": "2022-11-10"}], **sections,
    }  # fmt: skip
    return Study.model_validate(data)


def frames(texts=None, finding=True):
    """Tables in which accounts c0–c2 praise in the first window and accuse in the second; o0–o2 do neither."""
    rows = []
    for window in range(3):
        for number in range(6):
            author = f"{'co'[number // 3]}{number % 3}"
            score = (0.8, -0.8, 0.0)[window] if number < 3 else 0.2
            rows.append((f"p{6 * window + number}", author, window, number // 3, score))
    posts = pd.DataFrame(rows, columns=["post_id", "author_id", "window", "story", "score"])
    posts["created_at"] = (START + pd.to_timedelta(posts["window"] * 7, unit="D")).astype(TIME)
    posts["text"] = texts or [f"Жасанов халық үшін, пост {n}" for n in range(len(posts))]
    posts["text_key"] = posts["post_id"]
    posts = posts.assign(platform="telegram", reply_to=None, repost_of=None, is_repost=False)
    made = {name: tables.empty(name) for name in tables.SCHEMAS}
    made["posts"] = tables.check("posts", posts[list(tables.POSTS.columns)])
    made["languages"] = pd.DataFrame({"text_key": posts["text_key"], "lang": "kk", "kk_share": 1.0, "confidence": 1.0})
    starts = [START + pd.Timedelta(weeks=n) for n in range(3)]
    made["windows"] = tables.check(
        "windows",
        pd.DataFrame(
            {
                "window_id": range(3),
                "start": starts,
                "end": [*starts[1:], START + pd.Timedelta(weeks=3)],
                "n_posts": 6,
                "partial": [False, False, True],
            }
        ),
    )
    names = [f"{w}-{s}" for w in range(3) for s in range(2)]
    made["clusters"] = tables.check("clusters", pd.DataFrame({
        "cluster_id": names, "window_id": [int(n[0]) for n in names], "n_posts": 3, "n_texts": 3, "n_accounts": 3,
        "medoid_ru": None, "medoid_kk": [f"p{6 * int(n[0]) + 3 * int(n[2])}" for n in names],
        "keywords_ru": [["город"]] * 6, "keywords_kk": [["халық"]] * 6, "kk_share": 1.0, "cohesion": 0.9,
        "n_ru": 0, "n_kk": 3, "n_mixed": 0, "label": "халық",
        "centroid": [np.ones(2, dtype=np.float32)] * 6,
    }))  # fmt: skip
    member = pd.DataFrame(
        {"post_id": posts["post_id"], "window_id": posts["window"], "strength": 0.9, "reason": "core"}
    )
    member["cluster_id"] = posts["window"].astype(str) + "-" + posts["story"].astype(str)
    made["membership"] = tables.check("membership", member)
    made["tracks"] = tables.check("tracks", pd.DataFrame({
        "track_id": ["T001", "T002"], "label": ["халық, город", "екінші"], "first_window": 0, "last_window": 2,
        "n_windows": 3, "n_posts": 9, "n_accounts": 3, "clusters": [[f"{w}-{s}" for w in range(3)] for s in range(2)],
    }))  # fmt: skip
    score = posts["score"]
    made["stances"] = tables.check("stances", pd.DataFrame({
        "post_id": posts["post_id"], "target_id": "zh", "favor": score.clip(lower=0), "against": (-score).clip(lower=0),
        "none": 1 - score.abs(), "score": score, "method": "seeds", "abstained": False,
    }))  # fmt: skip
    made["mentions"] = tables.check("mentions", pd.DataFrame({
        "post_id": posts["post_id"], "target_id": "zh", "start": 0, "end": 7, "alias": "Жасанов", "via": "text",
    }))  # fmt: skip
    made["cohorts"] = tables.check("cohorts", pd.DataFrame({
        "cohort_id": "C01", "author_id": ["c0", "c1", "c2"], "degree": 2, "cohesion": 1.0, "strength": 1.0,
    }))  # fmt: skip
    made["cohort_cards"] = tables.check("cohort_cards", pd.DataFrame({
        "cohort_id": ["C01"], "n_accounts": 3, "n_posts": 60, "first": posts["created_at"].min(),
        "last": posts["created_at"].max(), "traces": [["near_copy"]], "tempo": 90.0, "cohesion": 1.0, "strength": 0.9,
        "hours_alike": 0.9, "hours_alike_others": 0.6, "hours_p": 0.001, "empty": 1.0, "empty_others": np.nan,
        "batch": np.nan, "batch_others": np.nan,
    }))  # fmt: skip
    if finding:
        made["findings"] = tables.check("findings", pd.DataFrame(FINDING))
    return with_series(made)


def with_series(made):
    located = locate(*(made[name] for name in ("stances", "posts", "membership", "tracks")))
    return made | {"stance_series": stance_series(located, made["cohorts"])}


def overlapping(made):
    """The same run with a fourth window, four days after the third, that has the first story's posts of the third."""
    last = made["windows"].iloc[2]
    window = {
        "window_id": 3, "start": last["start"] + pd.Timedelta(days=4), "end": last["end"] + pd.Timedelta(days=4),
        "n_posts": 6, "partial": True,
    }  # fmt: skip
    again = made["membership"][made["membership"]["cluster_id"] == "2-0"].assign(window_id=3, cluster_id="3-0")
    cluster = made["clusters"][made["clusters"]["cluster_id"] == "2-0"].assign(window_id=3, cluster_id="3-0")
    for name, rows in (("windows", pd.DataFrame([window])), ("membership", again), ("clusters", cluster)):
        made[name] = tables.check(name, pd.concat([made[name], rows], ignore_index=True))
    first, second = made["tracks"]["clusters"]
    made["tracks"]["clusters"] = [[*first, "3-0"], second]
    return with_series(made)


SUMMARY = {
    "counts": {"posts": 18, "accounts": 6}, "first_post": "2022-11-01T00:00:00", "last_post": "2022-11-15T00:00:00",
    "warnings": ["The event lies outside."], "languages": {"kk": 18}, "membership": {"core": 18}, "coverage": 1.0,
    "files": [{"file": "posts.csv", "read": "utf-8", "rows": 18, "posts": 18}], "model": "lexical hash",
    "texts_cut": 1_234,
    "stance": {
        "backend": "seeds", "scored": 18, "abstained": 0, "min_confidence": 0.0, "replies": 0, "reposts": 0,
        "quality": None,
    },
    "stages": {"ingest": {"seconds": 0.1, "peak_mb": 100}}, "versions": {"narratives": "0"},
}  # fmt: skip
