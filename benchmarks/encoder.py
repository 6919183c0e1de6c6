"""How well encoders group Russian and Kazakh texts, and how fast.

    python benchmarks/encoder.py [MODEL ...] [--data FOLDER]

A MODEL is what `narratives.load_encoder` takes; without one, `builtin` and `lexical`. The sets in `benchmarks/data`
are our own sentences: `topics_development.csv` was looked at while the encoder was made, `topics_untouched.csv` was
not. With FOLDER also retrieval on three public development sets. V-measure is computed as in MTEB's fast clustering.
"""

from __future__ import annotations

import argparse
import re
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.cluster import MiniBatchKMeans
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import v_measure_score
from sklearn.model_selection import StratifiedKFold

import narratives

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from training.language_profiles import ALPHABETS, INFORMAL, RUSSIAN_LETTERS  # noqa: E402

Encode = Callable[[list[str]], NDArray[np.float32]]
SPELLINGS = {
    "Latin 2017": ALPHABETS[0],
    "Latin 2018": ALPHABETS[1],
    "Latin 2021": ALPHABETS[2],
    "MediaWiki's Latin": ALPHABETS[3],
    "informal Latin": INFORMAL[1],
    "Russian letters": {chr(kk): chr(ru) for kk, ru in RUSSIAN_LETTERS.items()},
    "digits and signs": {"б": "6", "ч": "4", "з": "3", "о": "0", "а": "@"},
}
SETS = {"tatoeba": "dev_tatoeba_ru_kk", "xwmt": "dev_xwmt_ru_kk", "verses": "parallel_ru_kk_bible"}
SURNAMES = re.compile(r"(?i)\b(?:жасанов|т[өо]ребаев|керимов|ыдырысов)\w*")


def v_measure(vectors: NDArray[np.float32], topics: NDArray[np.object_], runs: int = 10) -> float:
    """Return the mean V-measure of mini-batch k-means over bootstrap samples."""
    scores = []
    for seed in range(runs):
        drawn = np.random.default_rng(seed).choice(len(topics), 16_384)
        means = MiniBatchKMeans(len(set(topics)), batch_size=512, n_init="auto", random_state=seed)
        scores.append(v_measure_score(topics[drawn], means.fit_predict(vectors[drawn])))
    return float(np.mean(scores))


def transfer(ru: NDArray[np.float32], kk: NDArray[np.float32], topics: NDArray[np.object_]) -> tuple[float, float]:
    """Return the accuracy on Russian, and on Kazakh, of topics learned on other Russian sentences."""
    right = []
    for train, test in StratifiedKFold(5, shuffle=True, random_state=0).split(ru, topics):
        learned = LogisticRegression(C=10, max_iter=1_000).fit(ru[train], topics[train])
        right.append([learned.score(side[test], topics[test]) for side in (ru, kk)])
    on_ru, on_kk = np.mean(right, axis=0)
    return float(on_ru), float(on_kk)


def found(queries: NDArray[np.float32], texts: NDArray[np.float32]) -> float:
    """Return how often the nearest of `texts` is the one in the same row."""
    return float(((queries @ texts.T).argmax(axis=1) == np.arange(len(texts))).mean())


def topics(encode: Encode, name: str) -> dict[str, float]:
    pairs = pd.read_csv(HERE / "data" / f"topics_{name}.csv")
    ru, kk, labels = encode(pairs["ru"].tolist()), encode(pairs["kk"].tolist()), pairs["topic"].to_numpy(dtype=object)
    on_ru, on_kk = transfer(ru, kk, labels)
    return {
        f"{name}: V, Russian": v_measure(ru, labels),
        f"{name}: V, Kazakh": v_measure(kk, labels),
        f"{name}: V, both mixed": v_measure(np.vstack([ru, kk]), np.tile(labels, 2)),
        f"{name}: pair found, Kazakh to Russian": found(kk, ru),
        f"{name}: pair found, Russian to Kazakh": found(ru, kk),
        f"{name}: topics learned on Russian, on Russian": on_ru,
        f"{name}: topics learned on Russian, on Kazakh": on_kk,
    }


def retrieval(encode: Encode, folder: Path) -> dict[str, float]:
    """Return how often a pair is found among 1,000 at most, of verses the mean of six lots."""
    scores = {}
    for name, file in SETS.items():
        pairs = pd.read_parquet(folder / f"{file}.parquet").drop_duplicates("ru").drop_duplicates("kk")
        if name == "verses":
            pairs = pairs[pairs["ru"].str.split().str.len() >= 8].sample(6_000, random_state=0)
        else:
            pairs = pairs[:1_000]
        ru, kk = encode(pairs["ru"].tolist()), encode(pairs["kk"].tolist())
        lots = [slice(start, start + 1_000) for start in range(0, len(pairs), 1_000)]
        scores[f"{name}: Kazakh to Russian"] = float(np.mean([found(kk[lot], ru[lot]) for lot in lots]))
        scores[f"{name}: Russian to Kazakh"] = float(np.mean([found(ru[lot], kk[lot]) for lot in lots]))
    return scores


def respelled(text: str, spelling: dict[str, str]) -> str:
    """Return `text` in another spelling; its capital letters stay capital."""
    new = ((letter, spelling.get(letter.lower(), letter)) for letter in text)
    return "".join(now.capitalize() if old.isupper() else now for old, now in new)


def spellings(encode: Encode) -> dict[str, float]:
    """Return the cosine to the same text in proper spelling, and how often that one is the nearest."""
    kk = pd.read_csv(HERE / "data" / "topics_untouched.csv")["kk"].tolist()
    proper, scores = encode(kk), {}
    for name, spelling in SPELLINGS.items():
        new = encode([respelled(text, spelling) for text in kk])
        scores[f"{name}: cosine"] = float((new * proper).sum(axis=1).mean())
        scores[f"{name}: found"] = found(new, proper)
    return scores


def claims(encode: Encode) -> dict[str, float]:
    """Return whether posts lie by what they claim or by whom they name, with the names and without."""
    posts, scores = pd.read_csv(HERE / "data" / "claims.csv"), {}
    for lang, part in posts.groupby("lang"):
        claim, person = (part[column].to_numpy(dtype=object) for column in ("claim", "person"))
        same_claim, same_person = claim[:, None] == claim, person[:, None] == person
        for names in ("named", "masked"):
            text = part["text"] if names == "named" else part["text"].str.replace(SURNAMES, " ", regex=True)
            vectors = encode(text.tolist())
            cosine = vectors @ vectors.T
            np.fill_diagonal(cosine, -1)
            label = f"{lang}, {names}"
            scores[f"{label}: nearest makes the same claim"] = float((claim[cosine.argmax(axis=1)] == claim).mean())
            scores[f"{label}: cosine, one claim on two people"] = float(cosine[same_claim & ~same_person].mean())
            scores[f"{label}: cosine, two claims on one person"] = float(cosine[~same_claim & same_person].mean())
    return scores


def speed(encode: Encode, texts: int = 40_000, words: int = 20) -> dict[str, float]:
    """Return posts of `words` words encoded a second of processor time, and how much memory twice as many need more."""
    pairs = pd.read_csv(HERE / "data" / "topics_untouched.csv")
    pool = [word for text in [*pairs["ru"], *pairs["kk"]] for word in text.split()]
    drawn = np.random.default_rng(0).choice(np.array(pool, dtype=object), (texts, words))
    posts = [" ".join(row) for row in drawn]
    encode(posts[:100])
    start = time.process_time()
    encode(posts[: texts // 2])
    seconds, before = time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    made = encode(posts)
    more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 - made.nbytes / 2**20
    return {"posts a second of one core": texts / 2 / seconds, "MB more for twice the posts, besides vectors": more}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", default=["builtin", "lexical"])
    parser.add_argument("--data", type=Path)
    options = parser.parse_args()
    columns = {}
    for model in options.models:
        encode: Encode = narratives.load_encoder(model).encode
        scores = speed(encode) | topics(encode, "development") | topics(encode, "untouched")
        scores |= retrieval(encode, options.data) if options.data else {}
        columns[model] = scores | spellings(encode) | claims(encode)
    table = pd.DataFrame(columns)
    print("| |", " | ".join(table), "|\n|---|" + "---:|" * len(table.columns))
    for name, row in table.iterrows():
        print(f"| {name} |", " | ".join(f"{value:,.0f}" if abs(value) > 5 else f"{value:.3f}" for value in row), "|")


if __name__ == "__main__":
    main()
