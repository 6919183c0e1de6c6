"""Clusterers of one window, compared: quality on planted posts, time and memory by the number of distinct texts.

    pip install 'narratives[fast_hdbscan]' umap-learn evoc fast_plscan
    python benchmarks/clusterers.py quality [--scenario lives] [--seeds 50 51 52] [--every 2]
    python benchmarks/clusterers.py cost [--limit 300]

Quality: weekly windows of simulated posts with the built-in encoder, one text of each group of copies. Coverage is of
posts of narratives, noise of posts of none that are clustered; AMI counts the unclustered and those of no narrative
as a class each, purity is of clustered posts. All labels go through the same `settle`. Cost: planted vectors (unit,
256 dimensions, a quarter background) in a process of its own per cell, stopped after --limit seconds.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
from hdbscan import HDBSCAN
from sklearn.metrics import adjusted_mutual_info_score

import narratives
from narratives.cluster.hdbscan import NEIGHBOURS, cluster_vectors, least_size, reduce, settle, smooth
from narratives.config import Clustering, Copies
from narratives.groups import group_texts
from narratives.text import text_key

SECTION = Clustering()
SIZES = (2_000, 10_000, 50_000, 200_000)
Floats = np.ndarray
Clusterer = Callable[[Floats], Floats]


def tree(selection: str = "eom", *, smoothed: bool = True, dimensions: int = SECTION.reduce_to) -> Clusterer:
    """Return HDBSCAN on other points than the package's; 0 dimensions are all."""

    def cluster(vectors: Floats) -> Floats:
        smallest = least_size(len(vectors), SECTION)
        points = smooth(vectors, min(NEIGHBOURS, smallest - 1)) if smoothed else vectors
        points = reduce(points, dimensions) if dimensions else points.astype(float)
        model = HDBSCAN(
            min_cluster_size=smallest, min_samples=SECTION.min_samples, cluster_selection_method=selection,
            core_dist_n_jobs=1, approx_min_span_tree=False,
        )  # fmt: skip
        return model.fit_predict(points)

    return cluster


def plscan(vectors: Floats) -> Floats:
    from fast_plscan import PLSCAN  # noqa: PLC0415

    points = reduce(smooth(vectors, NEIGHBOURS), SECTION.reduce_to)
    return PLSCAN(min_samples=SECTION.min_samples).fit_predict(points.astype(np.float32))


def umap(vectors: Floats) -> Floats:
    from umap import UMAP  # noqa: PLC0415

    points = UMAP(n_components=5, min_dist=0, metric="cosine", random_state=0, n_jobs=1).fit_transform(vectors)
    return HDBSCAN(least_size(len(vectors), SECTION), SECTION.min_samples).fit_predict(points.astype(float))


def evoc(vectors: Floats) -> Floats:
    from evoc import EVoC  # noqa: PLC0415

    return EVoC(base_min_cluster_size=least_size(len(vectors), SECTION), random_state=0).fit_predict(vectors)


CLUSTERERS: dict[str, Clusterer] = {
    "hdbscan": lambda v: cluster_vectors(v, SECTION)[0],
    "fast_hdbscan": lambda v: cluster_vectors(v, Clustering(method="fast_hdbscan"))[0],
    "UMAP, hdbscan": umap,
    "PLSCAN": plscan,
    "EVoC": evoc,
}
REDUCTIONS: dict[str, Clusterer] = {
    "not smoothed, PCA 30, leaves": tree("leaf", smoothed=False, dimensions=30),
    "not smoothed, PCA 50, leaves": tree("leaf", smoothed=False, dimensions=50),
    "not smoothed, PCA 50": tree(smoothed=False, dimensions=50),
    "smoothed, leaves": tree("leaf"),
    **{f"smoothed, PCA {number}": tree(dimensions=number) for number in (10, 30, 100)},
}


def windows(scenario: str, seed: int, every: int) -> list[tuple[pd.DataFrame, pd.DataFrame, Floats]]:
    """Return posts, heads of groups and their vectors, of every so many weeks of a corpus."""
    corpus = narratives.simulate(scenario, seed=seed)
    truth = corpus.truth_posts.drop_duplicates("post_id")[["post_id", "narrative"]]
    posts = corpus.posts.merge(truth, on="post_id").sort_values(["created_at", "post_id"])
    posts["text_key"] = posts["text"].map(text_key)
    posts = posts.merge(group_texts(posts, Copies()).text_groups, on="text_key")
    week = (posts["created_at"] - posts["created_at"].min().normalize()).dt.days // 7
    encoder, found = narratives.load_encoder(), []
    for number, part in posts.groupby(week):
        heads = part.drop_duplicates("group_id").sort_values("text_key")
        if number % every == 0 and len(heads) > 500:
            found.append((part, heads, encoder.encode(heads["text"].tolist())))
    return found


def score(posts: pd.DataFrame, heads: pd.DataFrame, labels: Floats) -> dict[str, float]:
    label = posts["group_id"].map(dict(zip(heads["group_id"], labels, strict=True))).to_numpy()
    kind, inside, none = posts["narrative"].to_numpy(), label >= 0, (posts["narrative"] == "background").to_numpy()
    pure = pd.crosstab(label[inside], kind[inside]).max(axis=1).sum() if inside.any() else 0
    return {
        "coverage": inside[~none].mean(), "noise": inside[none].mean() if none.any() else np.nan,
        "AMI": adjusted_mutual_info_score(kind, label), "purity": pure / max(inside.sum(), 1),
        "clusters": len(set(label[inside])),
    }  # fmt: skip


def quality(scenario: str, seeds: list[int], every: int) -> None:
    data = [window for seed in seeds for window in windows(scenario, seed, every)]
    print(f"\n{len(data)} windows of {np.mean([len(heads) for _, heads, _ in data]):.0f} distinct texts\n")
    print("| clusterer | coverage | noise | AMI | purity | clusters | seconds a window |\n|---|" + "---:|" * 6)
    for name, cluster in (CLUSTERERS | REDUCTIONS).items():
        cluster(data[0][2])  # compiles what is compiled
        rows, start = [], time.perf_counter()
        for posts, heads, vectors in data:
            found = np.asarray(cluster(vectors), dtype=np.int64)
            rows.append(score(posts, heads, settle(vectors, found, SECTION.min_similarity)))
        seconds = (time.perf_counter() - start) / len(data)
        mean = pd.DataFrame(rows).mean()
        figures = " | ".join(f"{mean[column]:.2f}" for column in ("coverage", "noise", "AMI", "purity"))
        print(f"| {name} | {figures} | {mean['clusters']:.0f} | {seconds:.1f} |", flush=True)


def planted(number: int) -> Floats:
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(max(4, round(np.sqrt(number) / 4)), 256))
    kind = np.minimum(rng.geometric(4 / len(centres), number), len(centres)) - 1
    centre = np.where(rng.random(number)[:, None] < 0.25, 0, centres[kind])
    vectors = centre + rng.normal(size=(number, 256))
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def one(name: str, number: int) -> None:
    CLUSTERERS[name](planted(1_000))  # compiles what is compiled
    vectors, start = planted(number), time.perf_counter()
    CLUSTERERS[name](vectors)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{time.perf_counter() - start:.0f} s, {peak:.1f} GB")


def cost(limit: int) -> None:
    print("| clusterer | " + " | ".join(f"{size:,}" for size in SIZES) + " |\n|---|" + "---:|" * len(SIZES))
    for name in CLUSTERERS:
        cells: list[str] = []
        for size in SIZES:
            if any(cell.startswith("over") for cell in cells):
                cells.append("left out")
                continue
            try:
                done = subprocess.run(
                    [sys.executable, __file__, "one", name, str(size)],
                    timeout=limit, capture_output=True, text=True, check=True,
                )  # fmt: skip
                cells.append(done.stdout.strip())
            except subprocess.TimeoutExpired:
                cells.append(f"over {limit} s")
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    asked = commands.add_parser("quality")
    asked.add_argument("--scenario", default="lives")
    asked.add_argument("--seeds", type=int, nargs="+", default=[50, 51, 52])
    asked.add_argument("--every", type=int, default=2)
    commands.add_parser("cost").add_argument("--limit", type=int, default=300)
    single = commands.add_parser("one")
    single.add_argument("name")
    single.add_argument("number", type=int)
    options = parser.parse_args()
    if options.command == "quality":
        quality(options.scenario, options.seeds, options.every)
    elif options.command == "cost":
        cost(options.limit)
    else:
        one(options.name, options.number)


if __name__ == "__main__":
    main()
