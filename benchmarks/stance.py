"""How well stance is read: other people's labels, and posts of our own, against TF-IDF and the majority.

    python benchmarks/stance.py --data FOLDER [--draws 10]

FOLDER holds rusentne2023_train.parquet (RuSentNE-2023, MIT), rustance.parquet (npenzin/rustance) and
kazsandra_polarity.parquet (KazSAnDRA). Half of the sentences of RuSentNE are learned from, the other half is the test;
no sentence is in both. A draw of labels holds at least seven of each answer. Without --data only our own posts
(benchmarks/data/stance_posts.csv) are read, the test half only: nobody who wrote the lexicon has looked at it.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from numpy.typing import NDArray
from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedGroupKFold

from narratives import load_encoder
from narratives.config import Stance, Target
from narratives.stance import Pair, find_mentions, pairs_of
from narratives.stance.agreement import agreement
from narratives.stance.calibration import calibration_error
from narratives.stance.features import without_name
from narratives.stance.few_shot import FewShot
from narratives.stance.labels import Labels
from narratives.stance.protocol import LABELS, Resources
from narratives.stance.seeds import Seeds

HERE = Path(__file__).parent
SIZES = (50, 200, 1_000, None)
LEAST = 7
GRID = np.arange(-1.0, 3.01, 0.25)
Codes = NDArray[np.int64]
Chances = NDArray[np.float64]
Score = Callable[[Sequence[Pair]], Chances]
OWN = [Target.model_validate(one) for one in yaml.safe_load((HERE / "data/stance_targets.yaml").read_text("utf-8"))]


def rusentne(folder: Path) -> tuple[list[Pair], Codes]:
    """Return the pairs of RuSentNE's training file and their labels."""
    table = pd.read_parquet(folder / "rusentne2023_train.parquet")
    places = table[["entity_pos_start_rel", "entity_pos_end_rel"]].itertuples(index=False)
    spans = [(int(start), int(end), f"e{start}") for start, end in places]
    of: dict[str, set[tuple[int, int, str]]] = {}
    for sentence, span in zip(table["sentence"], spans, strict=True):
        of.setdefault(sentence, set()).add(span)
    pairs = [Pair(s, span[2], tuple(sorted(of[s]))) for s, span in zip(table["sentence"], spans, strict=True)]
    return pairs, table["label"].map({1: 0, -1: 1, 0: 2}).to_numpy(np.int64)


def halves(pairs: Sequence[Pair]) -> tuple[Codes, Codes]:
    """Return the places of the half that is learned from and of the test half, split by sentence."""
    sentences = pd.Series([pair.text for pair in pairs])
    learned = set(sentences.drop_duplicates().sample(frac=0.5, random_state=1))
    inside = sentences.isin(learned).to_numpy()
    return np.flatnonzero(inside), np.flatnonzero(~inside)


def kazsandra(folder: Path) -> tuple[list[Pair], Codes, Codes, Codes]:
    """Return reviews as pairs of a target that the text does not name, labels, and places of train and validation."""
    table = pd.read_parquet(folder / "kazsandra_polarity.parquet").drop_duplicates("text")
    learned = np.flatnonzero(table["split"].str.contains("train"))
    test = np.flatnonzero(table["split"].str.contains("valid"))
    return [Pair(text, "it", ()) for text in table["text"]], 1 - table["label"].to_numpy(np.int64), learned, test


def rustance(folder: Path) -> tuple[list[Pair], Codes]:
    """Return replies as pairs of a claim that they do not name; a query or a comment is no stance."""
    table = pd.read_parquet(folder / "rustance.parquet").drop_duplicates("text")
    return [Pair(text, "it", ()) for text in table["text"]], (
        table["stance"].map({"support": 0, "deny": 1}).fillna(2).to_numpy(np.int64)
    )


def labels_of(pairs: Sequence[Pair], codes: Codes) -> Labels:
    table = {"text": [p.text for p in pairs], "target_id": "", "label": [LABELS[code] for code in codes]}
    return Labels(pd.DataFrame(table).assign(label_2=None), 0)


def learn_few_shot(pairs: Sequence[Pair], codes: Codes) -> Score:
    return FewShot(Resources(Stance(), (), load_encoder), labels_of(pairs, codes), pairs).score


def learn_tfidf(pairs: Sequence[Pair], codes: Codes) -> Score:
    """TF-IDF of words and character n-grams, the name cut out, logistic regression; C by held-out log loss."""
    texts = [without_name(pair) for pair in pairs]
    words = TfidfVectorizer(analyzer="word", ngram_range=(1, 2), sublinear_tf=True).fit(texts)
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True).fit(texts)

    def features(found: Sequence[Pair]) -> object:
        cut = [without_name(pair) for pair in found]
        return hstack([words.transform(cut), letters.transform(cut)]).tocsr()

    known = features(pairs)
    groups = pd.factorize(pd.Series(texts))[0]
    folds = list(StratifiedGroupKFold(5, shuffle=True, random_state=0).split(codes, codes, groups))

    def loss(c: float) -> float:
        total = 0.0
        for train, test in folds:
            model = LogisticRegression(C=c, max_iter=300).fit(known[train], codes[train])
            total -= np.log(_whole(model, known[test])[np.arange(len(test)), codes[test]]).sum()
        return total

    best = LogisticRegression(C=min((1, 10, 100, 1_000), key=loss), max_iter=300).fit(known, codes)
    return lambda found: _whole(best, features(found))


def _whole(model: LogisticRegression, features: object) -> Chances:
    chances = np.full((features.shape[0], len(LABELS)), 1e-6)
    chances[:, model.classes_] = np.maximum(model.predict_proba(features), 1e-6)
    return chances


def thresholds(learn: Callable[[Sequence[Pair], Codes], Score], pairs: Sequence[Pair], codes: Codes) -> Chances:
    """Return what to add to log-probabilities before the likeliest is taken: best macro-F1 on held-out labels."""
    groups = pd.factorize(pd.Series([pair.text for pair in pairs]))[0]
    chances = np.zeros((len(codes), len(LABELS)))
    for train, test in StratifiedGroupKFold(5, shuffle=True, random_state=1).split(codes, codes, groups):
        chances[test] = learn([pairs[i] for i in train], codes[train])([pairs[i] for i in test])
    options = [np.array([a, b, 0.0]) for a in GRID for b in GRID]
    return max(options, key=lambda bias: f1(np.log(chances) + bias, codes)[1] - 1e-3 * np.abs(bias).sum())


def f1(scores: Chances, codes: Codes) -> tuple[float, float]:
    """Return macro-F1 of favor and against, and of the answers that there are."""
    said, there = scores.argmax(axis=1), sorted(set(codes))
    pair = f1_score(codes, said, labels=[0, 1], average="macro", zero_division=0)
    return float(pair), float(f1_score(codes, said, labels=there, average="macro", zero_division=0))


def curve(pairs: Sequence[Pair], codes: Codes, pool: Codes, test: Codes, draws: int) -> list[dict[str, object]]:
    """Return rows of the table of one data set."""
    unseen, truth = [pairs[i] for i in test], codes[test]
    majority = np.eye(len(LABELS))[np.full(len(test), np.bincount(codes[pool]).argmax())]
    seeds = Seeds(Resources(Stance(), (), load_encoder)).score(unseen)
    rows = [_row("majority", "", [f1(majority, truth)]), _row("seeds", "", [f1(seeds, truth)])]
    for size in SIZES:
        times = 1 if size is None or size >= len(pool) else draws if size < 1_000 else min(draws, 3)
        for name, learn in (("TF-IDF", learn_tfidf), ("few_shot", learn_few_shot)):
            found = []
            for chosen in itertools.islice(_draws(codes, pool, size), times):
                known, answers = [pairs[i] for i in chosen], codes[chosen]
                bias = thresholds(learn, known, answers)
                found.append(f1(np.log(learn(known, answers)(unseen)) + bias, truth))
            rows.append(_row(name, "all" if size is None else f"{size:,}", found))
    return rows


def _draws(codes: Codes, pool: Codes, size: int | None) -> Iterator[Codes]:
    """Yield draws of `size` labels that hold at least `LEAST` of each answer, so that every fold can be learned."""
    for draw in itertools.count():
        chosen = np.random.default_rng(draw).permutation(pool)[:size]
        if np.bincount(codes[chosen], minlength=len(LABELS))[sorted(set(codes))].min() >= LEAST:
            yield chosen


def _row(name: str, size: str, found: list[tuple[float, float]]) -> dict[str, object]:
    pair, every = np.array(found).T if found else np.full((2, 1), np.nan)
    return {
        "method": name, "labels": size, "draws": len(found), "F1 (favor, against)": f"{pair.mean():.3f}",
        "sd": f"{pair.std():.3f}", "macro-F1": f"{every.mean():.3f}",
    }  # fmt: skip


def own_posts() -> pd.DataFrame:
    """Return our own labelled posts with the `Pair` of each row; a target that is not found in a post has none."""
    table = pd.read_csv(HERE / "data" / "stance_posts.csv", dtype=str, keep_default_na=False)
    posts = table.drop_duplicates("post_id")[["post_id", "text"]]
    found = pairs_of(posts, find_mentions(posts, OWN))
    return table.merge(found, on=["post_id", "target_id"], how="left")


def own_table() -> pd.DataFrame:
    """Return scores on the test half of our own posts, by language: of `seeds`, and of `few_shot` in five folds.

    The head of `seeds`, which `few_shot` reads too, was trained on the development half.
    """
    table = own_posts()
    unseen = table[table["pair"].notna() & table["split"].eq("test")]
    pairs, truth = unseen["pair"].tolist(), unseen["label"].map(LABELS.index).to_numpy(np.int64)
    resources, few = Resources(Stance(), OWN, load_encoder), np.zeros((len(pairs), len(LABELS)))
    posts = pd.factorize(unseen["post_id"])[0]
    for known, out in StratifiedGroupKFold(5, shuffle=True, random_state=0).split(posts, truth, posts):
        learned = [pairs[i] for i in known]
        few[out] = FewShot(resources, labels_of(learned, truth[known]), learned).score([pairs[i] for i in out])
    rows = []
    for name, chances in (("seeds", Seeds(resources).score(pairs)), ("few_shot, 411 labels", few)):
        for part in ("both", "ru", "kk"):
            inside = (unseen["lang"].eq(part) | (part == "both")).to_numpy()
            said, answers = chances[inside], truth[inside]
            rows.append({
                "method": name, "language": part, "n": len(answers), "macro-F1": f"{f1(said, answers)[1]:.3f}",
                "F1 (favor, against)": f"{f1(said, answers)[0]:.3f}",
                "accuracy": f"{(said.argmax(1) == answers).mean():.3f}",
                "calibration error": f"{calibration_error(said, answers):.3f}",
            })  # fmt: skip
    return pd.DataFrame(rows)


def speed() -> dict[str, float]:
    """Return pairs a second of one core, the encoder's time left out."""
    pairs = own_posts()["pair"].dropna().tolist() * 5
    codes = np.arange(len(pairs)) % 3
    targets = OWN
    resources = Resources(Stance(), targets, load_encoder)
    few = FewShot(resources, labels_of(pairs[:300], codes[:300]), pairs[:300])
    found = {}
    for name, backend in (("seeds", Seeds(resources)), ("few_shot", few)):
        backend.score(pairs)
        start = time.process_time()
        backend.score(pairs)
        found[name] = time.process_time() - start
    texts, encode = [pair.text for pair in pairs], load_encoder().encode
    start = time.process_time()
    encode(texts)
    once = time.process_time() - start
    return {"seeds": len(pairs) / (found["seeds"] - once), "few_shot": len(pairs) / (found["few_shot"] - 3 * once)}


def markdown(table: pd.DataFrame) -> str:
    lines = [list(table.columns), ["---"] * table.shape[1], *table.astype(str).to_numpy().tolist()]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def report(name: str, rows: list[dict[str, object]]) -> None:
    print(f"\n## {name}\n\n{markdown(pd.DataFrame(rows))}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--draws", type=int, default=10)
    options = parser.parse_args()
    print("## Our own posts, test half\n\n" + markdown(own_table()), flush=True)
    table = own_posts()
    print("\nthe author's second reading:", agreement(table["label"], table["second"]))
    print("\npairs a second beyond the encoder:", {name: round(value) for name, value in speed().items()}, flush=True)
    if options.data:
        pairs, codes = rusentne(options.data)
        report("RuSentNE-2023", curve(pairs, codes, *halves(pairs), options.draws))
        pairs, codes, pool, test = kazsandra(options.data)
        test = np.random.default_rng(0).permutation(test)[:3_000]
        pool = np.random.default_rng(0).permutation(pool)[:5_000]
        report("KazSAnDRA", curve(pairs, codes, pool, test, options.draws))
        pairs, codes = rustance(options.data)
        report("rustance", curve(pairs, codes, *halves(pairs), options.draws))


if __name__ == "__main__":
    main()
