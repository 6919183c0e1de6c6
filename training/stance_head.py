"""Train the head by which `seeds` reads the words that no phrase accounts for, from labelled posts of our own.

    python training/stance_head.py

It reads the development half of benchmarks/data/stance_posts.csv, never its test half, and writes
narratives/data/stance/head.safetensors. Runs in half a minute.

The head is a multinomial logistic regression on top of what phrases and tone say. Its penalty is the strongest of which
the macro-F1 on posts that a fit has not seen, by folds of posts, is within a standard error of the best (Breiman et al.
1984); log loss likes a weaker one, which takes sides where nothing is said.
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
from sklearn.model_selection import StratifiedGroupKFold

from narratives import load_encoder
from narratives.config import Stance, Target
from narratives.stance import find_mentions, pairs_of
from narratives.stance.protocol import LABELS, Floats, Resources
from narratives.stance.seeds import Seeds, logits, softmax

ROOT = Path(__file__).parents[1]
PENALTIES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)  # variance of the weights' prior
Ints = NDArray[np.int64]
Folds = list[tuple[Ints, Ints]]


def posts() -> tuple[list[Target], pd.DataFrame]:
    """Return the targets and the labelled rows."""
    targets = yaml.safe_load((ROOT / "benchmarks/data/stance_targets.yaml").read_text("utf-8"))
    table = pd.read_csv(ROOT / "benchmarks/data/stance_posts.csv", dtype=str, keep_default_na=False)
    return [Target.model_validate(one) for one in targets], table[table["split"] == "dev"]


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


def unseen(words: Floats, base: Floats, truth: Ints, folds: Folds, penalty: float) -> Floats:
    """Return the probabilities of each post by a fit on the other folds."""
    chances = np.zeros_like(base)
    for known, out in folds:
        chances[out] = softmax(base[out] + words[out] @ fit(words[known], base[known], truth[known], penalty).T)
    return chances


def macro_f1(truth: Ints, chances: Floats) -> float:
    return float(f1_score(truth, chances.argmax(axis=1), average="macro"))


def strongest(truth: Ints, tried: dict[float, Floats], folds: list[Ints]) -> float:
    """Return the strongest penalty whose mean macro-F1 over folds is within a standard error of the best."""
    scores = pd.DataFrame({p: [macro_f1(truth[out], chances[out]) for out in folds] for p, chances in tried.items()})
    means, best = scores.mean(), scores.mean().idxmax()
    return float(means[means >= means[best] - scores[best].sem()].index.min())


def main() -> None:
    targets, rows = posts()
    texts = rows.drop_duplicates("post_id")[["post_id", "text"]]
    known = rows.merge(pairs_of(texts, find_mentions(texts, targets)), on=["post_id", "target_id"])
    truth, post = known["label"].map(LABELS.index).to_numpy(np.int64), pd.factorize(known["post_id"])[0]
    print(f"{len(known)} of {len(rows)} labels are found: {np.bincount(truth)}")
    evidence = Seeds(Resources(Stance(), targets, load_encoder)).evidence(known["pair"].tolist())
    words, base = evidence.words, logits(evidence)
    folds = list(StratifiedGroupKFold(10, shuffle=True, random_state=0).split(post, truth, post))
    tried = {penalty: unseen(words, base, truth, folds, penalty) for penalty in PENALTIES}
    for penalty, chances in tried.items():
        print(f"prior {penalty}: log loss {log_loss(truth, chances):.3f}, macro-F1 {macro_f1(truth, chances):.3f}")
    best = strongest(truth, tried, [out for _, out in folds])
    print(f"taken: {best}")
    for lang, part in known.groupby("lang").indices.items():
        before, after = macro_f1(truth[part], softmax(base[part])), macro_f1(truth[part], tried[best][part])
        print(f"{lang}: macro-F1 {after:.3f} on unseen posts, {before:.3f} without a head; n = {len(part)}")
    weights = fit(words, base, truth, best).astype(np.float32)
    save_file({"weights": weights}, ROOT / "narratives/data/stance/head.safetensors")


if __name__ == "__main__":
    main()
