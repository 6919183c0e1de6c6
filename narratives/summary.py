"""The numbers of a run for scripts: findings and summary as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from narratives import tables
from narratives.cluster.languages import Split, language_split
from narratives.config import Study

Frames = Mapping[str, pd.DataFrame]
SPLIT = 0.5  # index of language split above which a run warns: half way from chance to one language per narrative


def findings_json(findings: pd.DataFrame) -> str:
    """Return the findings as a JSON list of objects; times in ISO 8601, UTC."""
    return json.dumps([_finding(row) for row in findings.to_dict("records")], ensure_ascii=False, indent=2)


def _finding(row: dict[Any, Any]) -> dict[str, Any]:
    return {
        "id": row["finding_id"],
        "kind": row["kind"],
        "verdict": row["verdict"],
        "targets": [*row["targets"]],
        "cohort": _or_none(row["cohort"]),
        "event": _or_none(row["event"]),
        "date": row["date"].isoformat(),
        "interval": [row["date_low"].isoformat(), row["date_high"].isoformat()],
        "statistic_name": row["statistic_name"],
        "statistic": row["statistic"],
        "effect_name": row["effect_name"],
        "effect": row["effect"],
        "effect_interval": [row["effect_low"], row["effect_high"]],
        "p": row["p"],
        "q": row["q"],
        "placebo_rank": _or_none(row["placebo_rank"]),
        "placebo_dates": _or_none(row["placebo_dates"]),
        "reasons": [*row["reasons"]],
        "caveats": [*row["caveats"]],
        "evidence": [*row["evidence"]],
        "details": json.loads(row["details"]),
    }


def _or_none(value: Any) -> Any:
    return None if pd.isna(value) else value


def summarize_run(frames: Frames, study: Study, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return counts, cost per stage, versions and warnings of a run."""
    posts, membership = frames["posts"], frames["membership"]
    lang = frames["languages"].set_index("text_key")["lang"].reindex(posts["text_key"])
    reasons = tables.one_per_post(membership)["reason"].value_counts()
    split = language_split(frames["clusters"])
    return {
        "study": study.name,
        "seed": study.seed,
        "counts": {
            "posts": len(posts),
            "accounts": int(posts["author_id"].nunique()),
            "rejected rows": len(frames["rejects"]),
            "distinct texts": int(posts["text_key"].nunique()),
            "groups of copies": len(frames["groups"]),
            "windows": len(frames["windows"]),
            "empty windows": int((frames["windows"]["n_posts"] == 0).sum()),
            "narratives": len(frames["clusters"]),
            "tracks": len(frames["tracks"]),
            "posts on a target": int(frames["stances"]["post_id"].nunique()),
            "account pairs": len(frames["edges"]),
            "cohorts": int(frames["cohorts"]["cohort_id"].nunique()),
            "findings": len(frames["findings"]),
        },
        "first_post": posts["created_at"].min().isoformat(),
        "last_post": posts["created_at"].max().isoformat(),
        "rejects": frames["rejects"]["reason"].value_counts().to_dict(),
        "languages": lang.value_counts().to_dict(),
        "membership": reasons.to_dict(),
        "coverage": round(float(reasons.reindex(["core", "near"]).sum() / len(posts)), 4),
        "language_split": None if split is None else {"index": round(split.index, 4), "p": split.p},
        "stance": _stance(frames, study, manifest),
        "verdicts": frames["findings"]["verdict"].value_counts().to_dict(),
        "warnings": warnings(frames, study, split),
        "files": manifest["stages"]["ingest"]["files"],
        "model": manifest["stages"]["embed"]["model"],
        "texts_cut": manifest["stages"]["embed"]["texts_cut"],
        "stages": {name: {k: stage[k] for k in ("seconds", "peak_mb")} for name, stage in manifest["stages"].items()},
        "versions": manifest["versions"],
    }


def _stance(frames: Frames, study: Study, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return how many pairs of post and target were scored, what abstained, and what labels say of the scores."""
    stances, carried = frames["stances"], frames["mentions"].drop_duplicates(["post_id", "target_id"])["via"]
    return {
        "backend": study.stance.backend,
        "scored": len(stances),
        "abstained": int(stances["abstained"].sum()),
        "min_confidence": study.stance.min_confidence,
        "replies": int(carried.eq("reply").sum()),
        "reposts": int(carried.eq("repost").sum()),
        "quality": manifest["stages"]["stance"].get("quality"),
    }


def warnings(frames: Frames, study: Study, split: Split | None) -> list[str]:
    """Return what a reader should know before trusting the rest."""
    posts, mentioned = frames["posts"], set(frames["mentions"]["target_id"])
    first, last = posts["created_at"].min(), posts["created_at"].max()
    found = [f"No post names the target '{t.name}'." for t in study.targets if t.id not in mentioned]
    found += [
        f"The event '{event.name}' ({event.date}) lies outside the posts."
        for event in study.events
        if not first <= pd.Timestamp(study.time.utc(event.date)) <= last
    ]
    if not study.targets:
        found.append("The study names no targets, so there is no stance and no shift to test.")
    if posts["author_id"].nunique() < 2:
        found.append("All posts are of one account: there is no coordination to test.")
    if (frames["windows"]["n_posts"] > 0).sum() < 2:
        found.append("All posts fall into one window: nothing can be followed over time.")
    if frames["clusters"].empty:
        found.append("No window has enough similar texts for a narrative.")
    if split is not None and split.index > SPLIT and split.p < 0.05:
        found.append(
            f"Narratives are parted by language (index {split.index:.2f}; 0 is chance, 1 is one language each): the"
            " same story may count twice. Another encoder may know both languages better."
        )
    return found
