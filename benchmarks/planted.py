"""How well the whole line finds what was planted, and how often it finds what was not.

    python benchmarks/planted.py [--seeds 20] [--workers 2]

Each seed makes a corpus from text to report with the demo's size: once with a cohort that turns together, once with
only honest people who change their own minds, and both again amid company that only looks coordinated. Nothing is
tuned on these seeds (the demo's seed is not among them).
What errors of stance cost the finding is shown by the same test on the true stances of the same posts.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from itertools import product
from pathlib import Path

import pandas as pd
from joblib import Parallel, delayed

import narratives
from narratives.shifts import detect_shifts

FIRST_SEED = 2000
OF_FINDING = ("verdict_right", "cohort_f1", "date_error_days", "false_coordinated")


def one(scenario: str, lookalikes: bool, seed: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        corpus = narratives.simulate(scenario, lookalikes=lookalikes, seed=seed)
        corpus.write(Path(folder) / "corpus")
        run = narratives.run(Path(folder) / "corpus" / "study.yaml", Path(folder) / "run")
        scores = narratives.evaluate(run.folder, corpus)
        perfect = detect_shifts({**run.tables, "stances": planted_stances(corpus)}, run.study)
        with_truth = narratives.evaluate({"findings": perfect, "cohorts": run.cohorts}, corpus)
        return {
            "scenario": scenario + " amid lookalikes" * lookalikes,
            "seed": seed,
            **{name: value for name, value in scores.items() if isinstance(value, int | float)},
            "coordinated": int(run.findings["verdict"].str.startswith("coordinated").sum()),
            **{f"{name}, true stances": with_truth[name] for name in OF_FINDING if name in with_truth},
        }


def planted_stances(corpus: narratives.Corpus) -> pd.DataFrame:
    """Return the table `stances` that a reader without error would make."""
    spoken = corpus.truth_posts.dropna(subset=["target_id"])
    sides = (
        pd.get_dummies(spoken["stance"]).reindex(columns=["favor", "against", "none"], fill_value=False).astype(float)
    )
    table = spoken[["post_id", "target_id"]].join(sides)
    return table.assign(score=table["favor"] - table["against"], method="truth", abstained=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    seeds = range(FIRST_SEED, FIRST_SEED + options.seeds)
    jobs = [*product(("reversal", "honest"), (False, True), seeds)]
    done = []
    for row in Parallel(n_jobs=options.workers, return_as="generator")(delayed(one)(*job) for job in jobs):
        print(row, file=sys.stderr, flush=True)
        done.append(row)
    rows = pd.DataFrame(done)
    for scenario, part in rows.groupby("scenario"):
        print(f"\n## {scenario}, {len(part)} seeds\n")
        numbers = part.drop(columns=["scenario", "seed"]).dropna(axis=1, how="all")
        print("| measure | mean | least | greatest |\n|---|---:|---:|---:|")
        for name, row in numbers.astype(float).agg(["mean", "min", "max"]).T.iterrows():
            print(f"| {name} | {row['mean']:.3f} | {row['min']:.3f} | {row['max']:.3f} |")
        print(f"\ncorpora with a coordinated finding: {int((part['coordinated'] > 0).sum())} of {len(part)}")


if __name__ == "__main__":
    main()
