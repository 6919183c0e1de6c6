"""Each shift of the interview alone, from text to verdict: how often it is found, and what else is.

    python -m benchmarks.interview [--seeds 10] [--strength 1 0.6] [--only reversal …]

Nothing is tuned on these seeds. Prints a Markdown table: `false` counts coordinated findings of accounts or targets of
which nothing was planted, `other` those of a kind that was not, whoever they are of.
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
    """Return whether the shift was found, and how many coordinated findings are false, or of another kind."""
    corpus = narratives.simulate("interview", only=[name], strength=strength, seed=seed)
    with tempfile.TemporaryDirectory() as folder:
        study = corpus.write(Path(folder) / "corpus") / "study.yaml"
        run = narratives.run(study, Path(folder) / "run")
        planted = next(row["kind"] for row in plan_of()["findings"] if row["name"] == name)
        said = run.findings.loc[run.findings["verdict"].str.startswith("coordinated"), "verdict"]
        return {
            "found": planted in set(said),
            "false": narratives.evaluate(run.folder, corpus)["false_coordinated"],
            "other": int((~said.isin(corpus.truth_findings["verdict"])).sum()),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--strength", type=float, nargs="+", default=[1.0])
    names = [row["name"] for row in plan_of()["findings"]]
    parser.add_argument("--only", nargs="+", choices=names, default=names)
    options = parser.parse_args()
    seeds = range(FIRST_SEED, FIRST_SEED + options.seeds)
    rows = []
    for name in options.only:
        for strength in options.strength:
            done = pd.DataFrame([one(name, strength, seed) for seed in seeds])
            found = f"{int(done['found'].sum())} of {len(done)}"
            sums = {column: int(done[column].sum()) for column in ("false", "other")}
            rows.append({"planted": name, "strength": strength, "found": found} | sums)
            print(rows[-1], file=sys.stderr, flush=True)
    print(markdown(pd.DataFrame(rows)))


if __name__ == "__main__":
    main()
