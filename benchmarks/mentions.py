"""How well mentions are found, on labelled posts in Russian and Kazakh (benchmarks/data/mention_posts.csv).

    python benchmarks/mentions.py [--wrong dev]

A mention in the file is written [target|words], and [target|words|quote] where it stands in somebody else's sentence.
It is right if target, start and end are, a hashtag being a whole. The rules were worked out on the dev posts; the test
posts were written afterwards.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pandas as pd
import yaml

from narratives.config import Target
from narratives.stance import find_mentions

HERE = Path(__file__).parent
MARK = re.compile(r"\[(\w+)\|([^|\]]+)(?:\|(quote))?\]")
HASHTAG = re.compile(r"#\w+")
KEYS = ["post_id", "target_id", "start", "end"]


def posts() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the posts with lang and split, and their mentions."""
    table = pd.read_csv(HERE / "data/mention_posts.csv", dtype=str, keep_default_na=False)
    table["post_id"] = [f"p{n:03d}" for n in range(len(table))]
    texts, rows = [], []
    for post_id, marked in zip(table["post_id"], table["marked"], strict=True):
        text, last = "", 0
        for mark in MARK.finditer(marked):
            text += marked[last : mark.start()]
            rows.append((post_id, mark[1], len(text), len(text) + len(mark[2]), mark[3] or "text"))
            text, last = text + mark[2], mark.end()
        texts.append(text + marked[last:])
    return table.assign(text=texts), pd.DataFrame(rows, columns=[*KEYS, "via"])


def whole_hashtags(table: pd.DataFrame, mentions: pd.DataFrame) -> pd.DataFrame:
    """Return mentions of which those in a hashtag reach from its # to its end."""
    texts = table.set_index("post_id")["text"]
    rows = mentions.to_dict("records")
    for row in rows:
        for tag in HASHTAG.finditer(texts[row["post_id"]]):
            if tag.start() <= row["start"] < tag.end():
                row["start"], row["end"] = tag.span()
    return pd.DataFrame(rows).astype({"start": int, "end": int}).drop_duplicates(KEYS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--wrong", choices=("dev", "test", "independent"), help="print the posts of this part that are read wrongly"
    )
    wrong = parser.parse_args().wrong
    table, truth = posts()
    listed = yaml.safe_load((HERE / "data/mention_targets.yaml").read_text("utf-8"))
    found = find_mentions(table, [Target.model_validate(one) for one in listed])
    truth, found = (whole_hashtags(table, part) for part in (truth, found))
    both = truth.merge(found, on=KEYS, how="outer", indicator=True, suffixes=("_true", "")).merge(table, on="post_id")
    columns = "part language posts none mentions precision recall F1 quotations"
    print(f"| {columns.replace(' ', ' | ')} |\n|{' --- |' * len(columns.split())}")
    for (split, lang), part in table.groupby(["split", "lang"]):
        seen = both[both["post_id"].isin(part["post_id"])]
        hits, misses, false = ((seen["_merge"] == kind).sum() for kind in ("both", "left_only", "right_only"))
        precision, recall = hits / (hits + false), hits / (hits + misses)
        same = (seen["via"] == seen["via_true"])[seen["_merge"] == "both"].mean()
        bare = len(part) - truth.loc[truth["post_id"].isin(part["post_id"]), "post_id"].nunique()
        f1 = 2 * precision * recall / (precision + recall)
        print(f"| {split} | {lang} | {len(part)} | {bare} | {hits + misses} | {precision:.3f} | {recall:.3f} ", end="")
        print(f"| {f1:.3f} | {same:.3f} |")
    odd = both[(both["_merge"] != "both") | (both["via"] != both["via_true"])]
    for row in odd[odd["split"] == wrong].itertuples():
        what = {"left_only": "missed", "right_only": "false"}.get(str(row._asdict().get("_merge", "")), "")
        print(row.lang, what, row.target_id, row.text[int(row.start) : int(row.end)], "|", row.text)


if __name__ == "__main__":
    main()
