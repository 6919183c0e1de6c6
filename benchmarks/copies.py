"""Which edits of a post the groups of copies still see, by n-gram and threshold, and what they join on real posts.

    python benchmarks/copies.py [--texts FILE.parquet --column text] [--number 100000] [--show 0]

Without --texts the posts are simulated. The first table is recall: the share of edited posts whose Jaccard similarity
with their original reaches the threshold. The second is what a threshold groups on the posts as they are, with the time
that it takes; what of it is false must be read: --show prints so many joined pairs of each band of similarity.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

import narratives
from narratives import groups
from narratives.copies import jaccard, normalise, shingles

SIZES = (3, 4, 5)
THRESHOLDS = (0.4, 0.5, 0.6, 0.7, 0.8)
LENGTHS = ((6, 9), (10, 15), (16, 25))  # words
TO_LATIN = str.maketrans("асеорхукмтн", "aceopxykmth")
Edit = Callable[[list[str], str, np.random.Generator], str]


def replaced(words: list[str], other: str, rng: np.random.Generator) -> str:
    place = rng.integers(len(words))
    return " ".join([*words[:place], other, *words[place + 1 :]])


def added(words: list[str], other: str, rng: np.random.Generator) -> str:
    place = rng.integers(len(words) + 1)
    return " ".join([*words[:place], other, *words[place:]])


def removed(words: list[str], other: str, rng: np.random.Generator) -> str:
    place = rng.integers(len(words))
    return " ".join([*words[:place], *words[place + 1 :]])


def marked(words: list[str], other: str, rng: np.random.Generator) -> str:
    place = rng.integers(len(words))
    return " ".join([*words[:place], "#" + words[place], *words[place + 1 :]])


def spelled(words: list[str], other: str, rng: np.random.Generator) -> str:
    return " ".join(word.translate(TO_LATIN) if len(word) > 3 and rng.random() < 0.5 else word for word in words)


EDITS: dict[str, Edit] = {
    "one word replaced": replaced,
    "one word added": added,
    "one word removed": removed,
    "negated (не, емес)": lambda words, other, rng: added(words, "не", rng),
    "punctuation": lambda words, other, rng: ", ".join(words) + "!!!",
    "emoji": lambda words, other, rng: " 🔥 ".join(words),
    "link and handle": lambda words, other, rng: " ".join(words) + " @someone https://example.org/x1",
    "hashtag mark": marked,
    "Latin look-alikes": spelled,
    "zero width": lambda words, other, rng: " ".join(word[:2] + "\u200b" + word[2:] for word in words),
}


def posts_of(path: str | None, column: str, number: int) -> pd.Series:
    if path is None:
        texts = narratives.simulate("reversal", seed=1, accounts=600).posts["text"]
    else:
        texts = pd.read_parquet(path, columns=[column])[column]
    texts = texts.drop_duplicates()
    return texts.sample(min(number, len(texts)), random_state=0).sort_index().reset_index(drop=True)


def recall(texts: pd.Series) -> pd.DataFrame:
    rng, rows = np.random.default_rng(0), []
    words = texts.str.split()
    pool = [word for post in words.head(2_000) for word in post if word.isalpha() and len(word) > 3]
    for low, high in LENGTHS:
        fit = words[words.str.len().between(low, high)].head(1_000)
        plain = [normalise(" ".join(post)) for post in fit]
        for name, edit in EDITS.items():
            made = [normalise(edit(post, pool[rng.integers(len(pool))], rng)) for post in fit]
            for size in SIZES:
                grams = shingles(plain + made, size)
                alike = jaccard(grams, np.arange(len(plain)), np.arange(len(plain), 2 * len(plain)))
                found = {str(level): float((alike >= level).mean()) for level in THRESHOLDS}
                rows.append({"words": f"{low}–{high}", "edit": name, "n-gram": size, **found})
    return pd.DataFrame(rows)


def grouped(texts: pd.Series) -> pd.DataFrame:
    forms, rows = [*dict.fromkeys(map(normalise, texts))], []
    for level in THRESHOLDS:
        start = time.perf_counter()
        first = groups.join_earlier(forms, level)
        sizes = pd.Series(first).value_counts()
        rows.append({
            "threshold": level, "texts": len(texts), "normalised": len(forms), "groups": len(sizes),
            "largest": int(sizes.max()), "seconds": round(time.perf_counter() - start, 1),
        })  # fmt: skip
    return pd.DataFrame(rows)


def show(texts: pd.Series, number: int) -> None:
    """Print pairs (text, first of its group) by their similarity, to be read."""
    forms = texts.groupby(texts.map(normalise)).first()
    first = groups.join_earlier(forms.index.tolist(), THRESHOLDS[0])
    later = np.flatnonzero(first != np.arange(len(first)))
    alike = jaccard(shingles(forms.index.tolist(), groups.SHINGLE), first[later], later)
    for low in (0.0, *THRESHOLDS):
        inside = later[(alike >= low) & (alike < low + 0.1)]
        print(f"\n### similarity to the first of the group {low}–{low + 0.1:.1f}: {len(inside)} texts\n")
        for place in np.random.default_rng(0).permutation(inside)[:number]:
            print(
                "-",
                forms.iloc[first[place]].replace("\n", " ")[:200],
                "\n ",
                forms.iloc[place].replace("\n", " ")[:200],
            )


def table(frame: pd.DataFrame) -> str:
    lines = [" | ".join(map(str, frame.columns)), "|".join(["---"] * len(frame.columns))]
    lines += [
        " | ".join(f"{v:.2f}" if isinstance(v, float) else str(v) for v in row) for row in frame.itertuples(index=False)
    ]
    return "\n".join(f"| {line} |" for line in lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts")
    parser.add_argument("--column", default="text")
    parser.add_argument("--number", type=int, default=100_000)
    parser.add_argument("--show", type=int, default=0)
    options = parser.parse_args()
    texts = posts_of(options.texts, options.column, options.number)
    print(table(recall(texts)), "\n")
    print(table(grouped(texts)))
    if options.show:
        show(texts, options.show)


if __name__ == "__main__":
    main()
