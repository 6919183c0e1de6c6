"""Stance: where posts mention targets, and whether they praise or accuse them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
from pydantic import ValidationError

from narratives import tables
from narratives.config import Stance, Target
from narratives.embed import load_encoder
from narratives.errors import ConfigError, DataError, nearest
from narratives.stance.few_shot import FewShot
from narratives.stance.labels import read_labels
from narratives.stance.mentions import LINKS, find_mentions
from narratives.stance.nli import Nli
from narratives.stance.protocol import LABELS, Backend, Pair, Resources
from narratives.stance.quality import Calibrated
from narratives.stance.seeds import Seeds

__all__ = [
    "Backend", "Pair", "decided", "find_mentions", "label_file", "load_backend", "score_mentions", "score_stance",
]  # fmt: skip

BACKENDS: dict[str, Callable[[Resources], Backend]] = {"seeds": Seeds, "nli": Nli.load}


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
    posts : with `text`, and `post_id`; without the latter the frame's index stands for it. With `repost_of` and
        `reply_to`, a post that names no target takes those of the post that it repeats or answers.
    targets : as in a study's `targets`: sections, or mappings with their keys.
    backend : how stance is scored, as in a study's `stance.backend`.
    section : the study's section `stance`; the default one if not given. `backend` overrides its own.

    Raises
    ------
    ConfigError
        If there is no such backend, or a target is not well formed; names the choices or the key.
    DataError
        If `posts` has no column `text`.
    """
    known = get_args(Stance.model_fields["backend"].annotation)
    if backend not in known:
        choices = ", ".join(sorted(known))
        raise ConfigError(f"no stance backend '{backend}'; choose one of: {choices}.{nearest(backend, known)}")
    if "text" not in posts:
        raise DataError(f"posts need a column 'text'; there are: {', '.join(map(str, posts.columns))}")
    named = posts.assign(post_id=posts.get("post_id", posts.index))
    named = named[["post_id", "text", *(link for link in LINKS if link in posts)]].astype({"post_id": str, "text": str})
    sections = [_target(target) for target in targets]
    chosen = (section or Stance()).model_copy(update={"backend": backend})
    scorer = load_backend(Resources(chosen, sections, load_encoder))
    return score_mentions(named, find_mentions(named, sections), scorer, chosen)


def load_backend(resources: Resources) -> Backend:
    """Return the backend that the section `stance` of `resources` names, ready to score.

    With labels `few_shot` learns from them, and the others are calibrated on them.

    Raises
    ------
    ConfigError, DataError
        If `few_shot` has no labels or too few, a model cannot be loaded, or the file of labels is wrong.
    """
    section = resources.section
    if section.labels is None:
        if section.backend == "few_shot":
            raise ConfigError(
                "stance.labels: the backend `few_shot` needs labels. Run the study with `seeds` first; then"
                " `narratives label RUN_FOLDER` writes posts to label."
            )
        return BACKENDS[section.backend](resources)
    labels = read_labels(label_file(section, resources.folder), resources.targets)
    pairs = labels.pairs(resources.targets)
    if section.backend == "few_shot":
        return FewShot(resources, labels, pairs)
    return Calibrated(BACKENDS[section.backend](resources), labels, pairs, resources.seed)


def score_mentions(posts: pd.DataFrame, mentions: pd.DataFrame, backend: Backend, section: Stance) -> pd.DataFrame:
    """Return the table `stances` for the table `mentions` of `posts` (`post_id`, `text`), ordered by post and target.

    Each distinct text is scored once: equal texts have equal stances.
    """
    pairs = pairs_of(posts, mentions)
    if pairs.empty:
        return tables.empty("stances")
    distinct = pairs["pair"].drop_duplicates()
    chances = dict(zip(distinct, backend.score(distinct.tolist()), strict=True))
    scored = pd.DataFrame(np.stack([chances[pair] for pair in pairs["pair"]]), columns=list(LABELS), index=pairs.index)
    stances = pairs.drop(columns="pair").join(scored)
    stances["score"] = stances["favor"] - stances["against"]
    abstained = scored.max(axis=1) < section.min_confidence
    return tables.check("stances", stances.assign(method=section.backend, abstained=abstained))


def decided(stances: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `stances` that did not abstain."""
    return stances[~stances["abstained"]]


def label_file(section: Stance, folder: Path) -> Path:
    """Return the path of `section.labels`, which starts from `folder`.

    Raises
    ------
    DataError
        If there is no such file.
    """
    path = folder / str(section.labels)
    if not path.is_file():
        raise DataError(f"stance.labels: there is no file {path}. `narratives label RUN_FOLDER` writes one to fill in.")
    return path


def pairs_of(posts: pd.DataFrame, mentions: pd.DataFrame) -> pd.DataFrame:
    """Return post_id, target_id and the `Pair` of each post and target that it mentions, by post, then target.

    A post that takes its targets from the post that it repeats is read by that one's text.
    """
    known = mentions[mentions["post_id"].isin(posts["post_id"])].sort_values(["post_id", "start", "end", "target_id"])
    texts = posts[posts["post_id"].isin(known["post_id"])].set_index("post_id")["text"].copy()
    if (repeated := known.loc[known["via"].eq("repost"), "post_id"].unique()).size:
        links = posts.set_index("post_id").loc[repeated, "repost_of"]
        texts[repeated] = posts.set_index("post_id")["text"].reindex(links).to_numpy()
    spans: dict[str, list[tuple[int, int, str]]] = {}
    placed = known.dropna(subset="start")
    for post, *span in placed[["post_id", "start", "end", "target_id"]].itertuples(index=False):
        spans.setdefault(post, []).append(tuple(span))
    frame = known[["post_id", "target_id"]].drop_duplicates().sort_values(["post_id", "target_id"], ignore_index=True)
    keys = zip(frame["post_id"], frame["target_id"], strict=True)
    return frame.assign(pair=pd.Series([Pair(texts[p], t, tuple(spans.get(p, ()))) for p, t in keys], dtype=object))


def _target(target: Target | Mapping[str, Any]) -> Target:
    try:
        return target if isinstance(target, Target) else Target.model_validate(dict(target))
    except ValidationError as error:
        raise ConfigError(f"a target is not well formed: {error}") from error
