"""Power and false alarms of the detectors of shifts besides the reversal, on tables with planted truth.

Run from the root of the repository: ``python -m benchmarks.shifts --seeds 50``. Prints Markdown tables.
"""

from __future__ import annotations

import argparse
from types import ModuleType

import numpy as np
import pandas as pd

from benchmarks.reversal import markdown
from narratives.shifts import DETECTORS, detect_shifts
from tests.shifts import (
    test_amplification,
    test_convergence,
    test_counter_campaign,
    test_cross_platform,
    test_deflection,
    test_frame_reuse,
    test_mobilisation,
    test_pile_on,
    test_revival,
    test_silence,
    test_swarm,
)

PLANTED: dict[str, tuple[ModuleType, str, tuple[float, ...]]] = {
    "revival": (test_revival, "cohort", (0.8, 0.4, 0.2)),
    "deflection": (test_deflection, "cohort", (0.8, 0.5, 0.3)),
    "amplification": (test_amplification, "cohort", (30, 20, 10)),
    "convergence": (test_convergence, "both", (0.8, 0.5, 0.3)),
    "frame_reuse": (test_frame_reuse, "cohort", (0.5, 0.3, 0.2)),
    "cross_platform": (test_cross_platform, "cohort", (0.5, 0.3, 0.2)),
    "silence": (test_silence, "cohort", (1.0, 0.8, 0.6)),
    "swarm": (test_swarm, "cohort", (1.0, 0.8, 0.6)),
    "counter_campaign": (test_counter_campaign, "cohort", (0.8, 0.5, 0.3)),
    "mobilisation": (test_mobilisation, "cohort", (5, 3, 1.5)),
    "pile_on": (test_pile_on, "cohort", (0.8, 0.5, 0.3)),
}
LOOKALIKES = {
    "revival": ("anniversary", "club", "season", "loud", "strangers"),
    "deflection": ("news", "own time", "louder", "added", "replacement"),
    "amplification": ("popular", "loud", "everywhere"),
    "convergence": ("scandal", "apart", "one", "loud", "allied", "silent"),
    "frame_reuse": ("idiom", "club", "one target", "loud", "template"),
    "cross_platform": ("agency", "club", "crosspost", "slow", "one platform"),
    "silence": ("holiday", "outage", "feast", "season", "vacations", "loud", "burst", "pauses", "newcomers"),
    "swarm": ("wave", "own wave", "wave beside trickle", "class", "private", "young platform"),
    "counter_campaign": ("outrage", "critics", "loud", "spammers", "under way", "recurring", "later", "null"),
    "mobilisation": ("mood", "activists", "loud", "spammers", "habit", "later", "null"),
    "pile_on": ("viral", "outrage", "popular", "friendly", "club", "mob", "loud", "internal"),
}


def verdicts(module: ModuleType, kind: str, seeds: int, **more: float) -> str:
    """Return the share of corpora with each verdict of a cohort, none included."""
    found = []
    for seed in range(seeds):
        table = detect_shifts(module.corpus(kind, seed, **more), module.STUDY)
        own = table.loc[table["cohort"].notna(), "verdict"]
        found.append(own.iloc[0] if len(own) else "no row")
    shares = pd.Series(found).value_counts(normalize=True)
    return ", ".join(f"{verdict} {share:.0%}" for verdict, share in shares.items())


def nulls(name: str, module: ModuleType, seeds: int) -> dict[str, str]:
    """Return the share of the claim's p at or below levels where nothing is planted."""
    found = [f for seed in range(seeds) for f in DETECTORS[name](module.corpus("null", seed, 120), module.STUDY)]
    p = np.array([finding.p for finding in found if finding.cohort is not None and finding.targets != ["y"]])
    return {"tests": str(len(p))} | {f"p ≤ {level:g}": f"{np.mean(p <= level):.1%}" for level in (0.01, 0.05, 0.2)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=50, help="corpora per scenario")
    parser.add_argument("--only", nargs="+", choices=PLANTED, default=[*PLANTED], help="detectors")
    options = parser.parse_args()
    seeds, only = options.seeds, options.only
    power = [
        {"detector": name, "strength": strength, "verdicts": verdicts(module, kind, seeds, strength=strength)}
        for name in only
        for module, kind, strengths in [PLANTED[name]]
        for strength in strengths
    ]
    alike = [
        {"detector": name, "lookalike": kind, "verdicts": verdicts(PLANTED[name][0], kind, seeds)}
        for name in only
        for kind in LOOKALIKES[name]
    ]
    null = [
        {"detector": name} | nulls(name, module, seeds) for name, module in ((name, PLANTED[name][0]) for name in only)
    ]
    for table in (power, alike, null):
        print(markdown(pd.DataFrame(table)), end="\n\n")


if __name__ == "__main__":
    main()
