"""Each shift of the interview alone, from text to verdict: how often it is found, and what else is.

    python -m benchmarks.interview [--seeds 3] [--strength 1 0.6]

Nothing is tuned on these seeds. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import pandas as pd

import narratives
from benchmarks.reversal import markdown
from narratives.simulation.interview import plan_of

FIRST_SEED = 3000


def one(name: str, strength: float, seed: int) -> dict[str, float]:
    """Return whether the shift was found, and how many coordinated findings are of nothing planted."""
    corpus = narratives.simulate("interview", only=[name], strength=strength, seed=seed)
    with tempfile.TemporaryDirectory() as folder:
        study = corpus.write(Path(folder) / "corpus") / "study.yaml"
        run = narratives.run(study, Path(folder) / "run")
        planted = next(row["kind"] for row in plan_of()["findings"] if row["name"] == name)
        found = set(run.findings["verdict"])
        return {"found": planted in found, "false": narratives.evaluate(run.folder, corpus)["false_coordinated"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--strength", type=float, nargs="+", default=[1.0, 0.6])
    options = parser.parse_args()
    seeds = range(FIRST_SEED, FIRST_SEED + options.seeds)
    rows = []
    for name in (row["name"] for row in plan_of()["findings"]):
        for strength in options.strength:
            done = pd.DataFrame([one(name, strength, seed) for seed in seeds])
            found = f"{int(done['found'].sum())} of {len(done)}"
            rows.append({"planted": name, "strength": strength, "found": found, "false": int(done["false"].sum())})
            print(rows[-1], file=sys.stderr, flush=True)
    print(markdown(pd.DataFrame(rows)))


if __name__ == "__main__":
    main()
