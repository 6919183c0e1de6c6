"""Train the head by which `seeds` reads the words that no phrase accounts for, from labelled posts of our own.

    python training/stance_head.py

It reads the development half of benchmarks/data/stance_posts.csv and all of training/data/stance_*.csv (beside each the
targets, as YAML), and writes narratives/data/stance/head.safetensors. The test half is never read. Runs in a minute.

The head is a multinomial logistic regression on top of what phrases and tone say. Its penalty is chosen where each
writer's posts are judged by a fit that has not seen that writer: what is to be learned is how people speak of anyone,
not how one writer does.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from numpy.typing import NDArray
from safetensors.numpy import save_file
from scipy.optimize import minimize
from sklearn.metrics import f1_score, log_loss

from narratives import load_encoder
from narratives.config import Stance, Target
from narratives.stance import Pair, find_mentions, pairs_of
from narratives.stance.protocol import LABELS, Floats, Resources
from narratives.stance.seeds import Seeds, logits, softmax

ROOT = Path(__file__).parents[1]
PENALTIES = (0.1, 0.3, 1.0, 3.0)  # variance of the weights' prior
Ints = NDArray[np.int64]


def posts() -> list[tuple[str, list[Target], pd.DataFrame]]:
    """Return writer, targets and labelled rows of each file."""
    own = yaml.safe_load((ROOT / "benchmarks/data/stance_targets.yaml").read_text("utf-8"))
    table = pd.read_csv(ROOT / "benchmarks/data/stance_posts.csv", dtype=str, keep_default_na=False)
    found = [("development half", own, table[table["split"] == "dev"])]
    for path in sorted((ROOT / "training/data").glob("stance_*.csv")):
        targets = yaml.safe_load(path.with_suffix(".yaml").read_text("utf-8"))
        found.append((path.stem, targets, pd.read_csv(path, dtype=str, keep_default_na=False)))
    return [(name, [Target.model_validate(one) for one in targets], rows) for name, targets, rows in found]


def read(targets: list[Target], rows: pd.DataFrame) -> tuple[list[Pair], NDArray[np.int64], list[str]]:
    """Return the pairs of rows whose target is found, their labels and languages."""
    texts = rows.drop_duplicates("post_id")[["post_id", "text"]]
    known = rows.merge(pairs_of(texts, find_mentions(texts, targets)), on=["post_id", "target_id"])
    return known["pair"].tolist(), known["label"].map(LABELS.index).to_numpy(np.int64), known["lang"].tolist()


def fit(words: Floats, base: Floats, truth: Ints, penalty: float) -> Floats:
    """Return the weights, (3, features), that on top of the log-odds `base` fit best; the last one is not penalised."""
    answers, shrink = np.eye(len(LABELS))[truth], np.append(np.full(words.shape[1] - 1, 1 / penalty), 0)

    def loss(flat: Floats) -> tuple[float, Floats]:
        weights = flat.reshape(len(LABELS), -1)
        chances = softmax(base + words @ weights.T)
        value = -np.log(chances[np.arange(len(truth)), truth]).sum() + (shrink * weights**2).sum() / 2
        return float(value), ((chances - answers).T @ words + shrink * weights).ravel()

    start = np.zeros(len(LABELS) * words.shape[1])
    return minimize(loss, start, jac=True, method="L-BFGS-B").x.reshape(len(LABELS), -1)


def unseen(words: Floats, base: Floats, truth: Ints, writer: Ints, penalty: float) -> Floats:
    """Return the probabilities of each post by a fit on the other writers."""
    chances = np.zeros_like(base)
    for one in np.unique(writer):
        out = writer == one
        chances[out] = softmax(base[out] + words[out] @ fit(words[~out], base[~out], truth[~out], penalty).T)
    return chances


def macro_f1(truth: Ints, chances: Floats) -> float:
    return float(f1_score(truth, chances.argmax(axis=1), average="macro"))


def main() -> None:
    parts, bases, answers, writers, langs = [], [], [], [], []
    for number, (name, targets, rows) in enumerate(posts()):
        pairs, codes, lang = read(targets, rows)
        evidence = Seeds(Resources(Stance(), targets, load_encoder)).evidence(pairs)
        parts.append(evidence.words)
        bases.append(logits(evidence))
        answers.append(codes)
        writers += [number] * len(pairs)
        langs += lang
        print(f"{name}: {len(pairs)} of {len(rows)} labels are found, {np.bincount(codes, minlength=3)}")
    words, base, truth, writer = np.vstack(parts), np.vstack(bases), np.concatenate(answers), np.array(writers)
    tried = {penalty: unseen(words, base, truth, writer, penalty) for penalty in PENALTIES}
    for penalty, chances in tried.items():
        print(f"prior {penalty}: log loss {log_loss(truth, chances):.3f}, macro-F1 {macro_f1(truth, chances):.3f}")
    best = min(tried, key=lambda penalty: log_loss(truth, tried[penalty]))
    for one in (*np.unique(writer), "ru", "kk"):
        part = (writer if one not in ("ru", "kk") else np.array(langs)) == one
        before, after = macro_f1(truth[part], softmax(base[part])), macro_f1(truth[part], tried[best][part])
        print(f"{one}: macro-F1 {after:.3f} by a fit on other writers, {before:.3f} without a head; n = {part.sum()}")
    weights = fit(words, base, truth, best).astype(np.float32)
    save_file({"weights": weights}, ROOT / "narratives/data/stance/head.safetensors")


if __name__ == "__main__":
    main()
