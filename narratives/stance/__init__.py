"""Stance: where posts mention targets, and whether they praise or accuse them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
from pydantic import ValidationError

from narratives import tables
from narratives.config.sections import Stance, Target
from narratives.errors import ConfigError, DataError, nearest
from narratives.stance.mentions import find_mentions
from narratives.stance.seeds import Spans, score_by_seeds

__all__ = ["find_mentions", "score_mentions", "score_stance"]

Backend = Callable[[Mapping[str, Spans], Sequence[Target], Stance], pd.DataFrame]
BACKENDS: dict[str, Backend] = {"seeds": score_by_seeds}


def score_stance(
    posts: pd.DataFrame,
    targets: Sequence[Target | Mapping[str, Any]],
    *,
    backend: str = "seeds",
    section: Stance | None = None,
) -> pd.DataFrame:
    """Return the table `stances`: one row per post and target that it mentions.

    Parameters
    ----------
    posts : with `text`, and `post_id`; without the latter the frame's index stands for it.
    targets : as in a study's `targets`: sections, or mappings with their keys.
    backend : how stance is scored; ``"seeds"`` reads phrases of praise and accusation.
    section : the study's section `stance`; the default one if not given. `backend` overrides its own.

    Raises
    ------
    ConfigError
        If there is no such backend, or a target is not well formed; names the choices or the key.
    DataError
        If `posts` has no column `text`.
    """
    if backend not in BACKENDS:
        choices = ", ".join(sorted(BACKENDS))
        raise ConfigError(f"no stance backend '{backend}'; choose one of: {choices}.{nearest(backend, BACKENDS)}")
    if "text" not in posts:
        raise DataError(f"posts need a column 'text'; there are: {', '.join(map(str, posts.columns))}")
    named = posts.assign(post_id=posts.get("post_id", posts.index))[["post_id", "text"]].astype(str)
    known = [_target(target) for target in targets]
    chosen = (section or Stance()).model_copy(update={"backend": backend})
    return score_mentions(named, find_mentions(named, known), known, chosen)


def score_mentions(
    posts: pd.DataFrame, mentions: pd.DataFrame, targets: Sequence[Target], section: Stance
) -> pd.DataFrame:
    """Return the table `stances` for the table `mentions` of `posts` (`post_id`, `text`), ordered by post and target.

    Each distinct text is scored once: equal texts have equal stances.
    """
    if mentions.empty:
        return tables.empty("stances")
    texts = posts.loc[posts["post_id"].isin(mentions["post_id"]), ["post_id", "text"]]
    first = texts.drop_duplicates("text")
    spans: dict[str, Spans] = {text: [] for text in first["text"]}
    text_of = dict(zip(first["post_id"], first["text"], strict=True))
    columns = (mentions[name] for name in ("post_id", "start", "end", "target_id"))
    for post_id, start, end, target in zip(*columns, strict=True):
        if post_id in text_of:
            spans[text_of[post_id]].append((start, end, target))
    scored = BACKENDS[section.backend](spans, targets, section)
    stances = texts.merge(scored, on="text").drop(columns="text").sort_values(["post_id", "target_id"])
    return tables.check("stances", stances.assign(score=stances["favor"] - stances["against"], method=section.backend))


def _target(target: Target | Mapping[str, Any]) -> Target:
    try:
        return target if isinstance(target, Target) else Target.model_validate(dict(target))
    except ValidationError as error:
        raise ConfigError(f"a target is not well formed: {error}") from error
