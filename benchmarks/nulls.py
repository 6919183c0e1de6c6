"""The p-values of every test where nothing is planted.

    python -m benchmarks.nulls [--seeds 100] [--picture docs/nulls.png]

The parts of the reversal's claim should be uniform, each where its own null holds. The p of a claim is the larger of
its parts', so where none of them holds it is larger than uniform. Kolmogorov–Smirnov is one-sided: it asks whether p
are smaller than uniform. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.stats import kstest

from benchmarks.reversal import DRAWS, markdown
from benchmarks.shifts import PLANTED
from narratives.shifts import DETECTORS
from narratives.shifts.finding import Finding
from narratives.shifts.reversal import find_reversals
from tests.shifts import planted

Floats = NDArray[np.float64]
LEVELS = (0.01, 0.05, 0.2)
PARTS: dict[str, tuple[planted.Latent, Callable[[list[Finding]], float]]] = {
    "reversal, change": (planted.steady, lambda found: found[-1].p),
    "reversal, who": (planted.shaken, lambda found: found[0].details["who"]["p"]),  # type: ignore[index]
    "reversal, when": (planted.scattered, lambda found: found[0].details["when"]["p"]),  # type: ignore[index]
    "reversal, claim": (planted.steady, lambda found: found[0].p),
}


def parts(seeds: int) -> Iterator[tuple[str, Floats]]:
    """Yield the p of each part of the reversal's claim."""
    for name, (truth, take) in PARTS.items():
        corpora = (planted.corpus(truth, seed) for seed in range(seeds))
        yield name, np.array([take(find_reversals(made.frames, planted.study(**DRAWS))) for made in corpora])


def claims(seeds: int) -> Iterator[tuple[str, Floats]]:
    """Yield the p of the claims of each other detector."""
    for name, (module, _, _) in PLANTED.items():
        found = [f for seed in range(seeds) for f in DETECTORS[name](module.corpus("null", seed, 120), module.STUDY)]
        p = [finding.p for finding in found if finding.cohort is not None and finding.targets != ["y"]]
        if p:
            yield f"{name.replace('_', ' ')}, claim", np.array(p)


def row(name: str, p: Floats) -> dict[str, str]:
    below = {f"p ≤ {level:g}": f"{np.mean(p <= level):.1%}" for level in LEVELS}
    smaller = kstest(p, "uniform", alternative="greater").pvalue
    return {"test": name, "tests": str(len(p))} | below | {"KS": f"{smaller:.2f}"}


def picture(found: dict[str, Floats], path: Path) -> None:
    """Draw observed against uniform quantiles: above the diagonal p is larger than it need be."""
    columns = 4
    rows = -(-len(found) // columns)
    figure = Figure(figsize=(9, 2.2 * rows), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for axis, (name, p) in zip(axes, found.items(), strict=False):
        n, order = len(p), np.sort(p)
        axis.plot([0, 1], [0, 1], color="#8a8a8a", linewidth=0.8)
        axis.plot((np.arange(n) + 0.5) / n, order, ".", markersize=3, color="#1f5f99")
        axis.set_title(f"{name} (n = {n})", fontsize=8)
        axis.tick_params(labelsize=7)
        axis.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
        axis.spines[["top", "right"]].set_visible(False)
    for axis in axes[len(found) :]:
        axis.remove()
    figure.supxlabel("uniform quantile", fontsize=8)
    figure.supylabel("p where nothing is planted", fontsize=8)
    figure.savefig(path, dpi=160, metadata={"Software": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=100, help="corpora per test")
    parser.add_argument("--picture", type=Path, help="PNG to write")
    options = parser.parse_args()
    found = dict([*parts(options.seeds), *claims(options.seeds)])
    print(markdown(pd.DataFrame([row(name, p) for name, p in found.items()])))
    if options.picture:
        picture(found, options.picture)


if __name__ == "__main__":
    main()
