"""Posts of a run to be labelled by hand."""

from __future__ import annotations

from pathlib import Path

from narratives.config import Study
from narratives.errors import NarrativesError
from narratives.explore.tracks import Frames
from narratives.stance.labels import asked_before, sample_pairs, write_sample
from narratives.stance.mentions import OWN
from narratives.stance.protocol import LABELS


def write_label_sample(tables: Frames, study: Study, path: Path, *, n: int) -> int:
    """Write up to `n` posts to be labelled, and return how many; see `Run.label`."""
    if n < 1:
        raise NarrativesError(f"n is how many posts to label, at least 1 (got {n}).")
    mentions = tables["mentions"]
    named = mentions.loc[mentions["via"].isin(OWN), ["post_id", "target_id"]].drop_duplicates()
    pairs = tables["stances"][["post_id", "target_id", *LABELS]].merge(named, on=["post_id", "target_id"])
    pairs = pairs.merge(tables["posts"][["post_id", "text", "text_key", "created_at"]], on="post_id")
    pairs = pairs.merge(tables["languages"][["text_key", "lang"]], on="text_key")
    pairs = pairs.merge(tables["text_groups"].rename(columns={"group_id": "group"}), on="text_key")
    sample = sample_pairs(pairs, n, asked=asked_before(path, study.targets), seed=study.seed)
    if len(sample):
        write_sample(sample, path)
    return len(sample)
