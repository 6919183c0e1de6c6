"""Frames: what a text says with its target left out, so that one line put on two targets is one frame."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from narratives.config.shifts import FrameReuse
from narratives.copies import normalise
from narratives.groups import join_earlier
from narratives.shifts.crowd import Crowd

MASK = "000"  # digits survive the normalisation, and names hold none


def framed_posts(frames: Mapping[str, pd.DataFrame], crowd: Crowd, section: FrameReuse) -> pd.DataFrame:
    """Return the posts that name one target, with `target_id`, `frame`, `masked` and `score` (0 where none).

    Every mention is masked before texts are compared. `frame` is the normalised text that started the frame, `masked`
    the post's own text with dots for the name. Reposts, answers that do not name it, posts that name several targets at
    once, and texts shorter than `min_chars` are left out. Rows are in the order of the crowd's posts.
    """
    texts, mentions = frames["posts"][["post_id", "text", "is_repost"]], frames["mentions"]
    mentions = mentions[mentions["via"].isin(["text", "quote"])].astype({"start": int, "end": int})
    several = mentions.groupby("post_id")["target_id"].transform("nunique") > 1
    spans = mentions[~several].merge(texts[~texts["is_repost"]], on="post_id")
    spans = spans.sort_values(["post_id", "start", "end"])
    named = spans.groupby("post_id").agg(
        target_id=("target_id", "first"), text=("text", "first"), start=("start", tuple), end=("end", tuple)
    )
    if named.empty:
        return crowd.posts.head(0).assign(target_id="", frame="", masked="", score=0.0)
    pieces = {key: _pieces(*key) for key in set(zip(named["text"], named["start"], named["end"], strict=True))}
    cut = [pieces[key] for key in zip(named["text"], named["start"], named["end"], strict=True)]
    named = named.assign(masked=["…".join(parts) for parts in cut], form=[f" {MASK} ".join(parts) for parts in cut])
    forms = {form: normalise(form) for form in named["form"].unique()}
    named["form"] = named["form"].map(forms)
    bare = named["form"].str.replace(MASK, "", regex=False).str.len()
    posts = crowd.posts.merge(named[bare >= section.min_chars].drop(columns=["text", "start", "end"]), on="post_id")
    first = posts.sort_values(["time", "form"])["form"].drop_duplicates().tolist()
    started = join_earlier(first, section.similarity)
    posts["frame"] = posts["form"].map(dict(zip(first, [first[at] for at in started], strict=True)))
    score = frames["stances"][["post_id", "target_id", "score"]]
    joined = posts.drop(columns="form").merge(score, on=["post_id", "target_id"], how="left")
    return joined.assign(score=joined["score"].fillna(0.0)).sort_values(["time", "post_id"], ignore_index=True)


def _pieces(text: str, starts: tuple[int, ...], ends: tuple[int, ...]) -> list[str]:
    """Return the parts of a text around its mentions."""
    return [text[end:start] for end, start in zip((0, *ends), (*starts, len(text)), strict=True)]
