"""Power, false alarms and date error of the coordinated reversal test, on stance tables with planted truth.

Run from the root of the repository: ``python -m benchmarks.reversal --seeds 100``. Prints Markdown tables.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from narratives.shifts import detect_shifts
from narratives.shifts.reversal import find_reversals
from tests.shifts import planted

SCENARIOS: dict[str, tuple[planted.Latent, dict[str, float | bool]]] = {
    "cohort reverses, 20 % stance error": (planted.reversal, {}),
    "the same, 35 % stance error": (planted.reversal, {"error": 0.35}),
    "the same, errors shared as by copies": (planted.reversal, {"echo": True}),
    "the same, a post every ten days": (planted.reversal, {"rate": 0.1}),
    "from rare and neutral to a hostile flood": (planted.flood, {"rate": 1.0}),
    "accounts replaced": (planted.replacement, {}),
    "cohort changes its mind, each on a day of its own": (planted.scattered, {}),
    "news turns everyone": (planted.news, {}),
    "news turns everyone, the cohort had praised": (planted.headroom, {}),
    "news turns one in two": (planted.shaken, {}),
    "nobody changes": (planted.steady, {}),
    "nobody changes, the cohort's errors are shared": (planted.steady, {"echo": True}),
    "cohort is merely loud": (planted.loud, {"rate": 1.0}),
}
SIZES = (4, 6, 8, 12, 24)
LARGE = {"accounts": 3_000, "cohort": 30, "rate": 20 / planted.DAYS, "error": 0.25}
CURVES: dict[str, tuple[float, ...]] = {
    "cohort": (8, 12, 20, 30),
    "rate": tuple(posts / planted.DAYS for posts in (5, 10, 20, 40)),
    "error": (0.0, 0.25, 0.35, 0.45),
    "echo": (0.0, 0.5, 1.0),
}
DRAWS = {"permutations": 499, "bootstrap": 199}


def cohort_rows(truth: planted.Latent, seeds: int, **more: float | bool) -> Iterator[pd.Series | None]:
    """Yield the cohort's row of each seed, None where it has none."""
    for seed in range(seeds):
        tables = planted.corpus(truth, seed, **more)  # type: ignore[arg-type]  # each scenario names its own options
        found = detect_shifts(tables.frames, planted.study(**DRAWS))
        rows = found[found["cohort"].notna()]
        yield rows.iloc[0] if len(rows) else None


def summarise(rows: Iterable[pd.Series | None]) -> dict[str, str]:
    """Return the share of each verdict, and the error and coverage of the date."""
    every = list(rows)
    kept = [row for row in every if row is not None]
    verdicts = pd.Series(["no row" if row is None else row["verdict"] for row in every]).value_counts(normalize=True)
    if not kept:
        return {
            "verdicts": "no row 100 %",
            "median date error, days": "",
            "within 2 days": "",
            "within a week": "",
            "in the interval": "",
        }
    turn = planted.START + pd.Timedelta(days=planted.TURN)
    error = np.array([abs(row["date"] - turn) / pd.Timedelta(days=1) for row in kept])
    covered = np.mean([row["date_low"] <= turn <= row["date_high"] for row in kept])
    return {
        "verdicts": ", ".join(f"{verdict} {share:.0%}" for verdict, share in verdicts.items()),
        "median date error, days": f"{np.median(error):.1f}",
        "within 2 days": f"{np.mean(error <= 2):.0%}",
        "within a week": f"{np.mean(error <= 7):.0%}",
        "in the interval": f"{covered:.0%}",
    }


def null_table(seeds: int) -> pd.DataFrame:
    """Return the share of p at or below levels, where the null of each test holds."""
    cases = {
        "change, nobody changes": (planted.steady, lambda found: found[-1].p),
        "who, nobody changes": (planted.steady, lambda found: found[0].details["who"]["p"]),
        "who, news turns one in two": (planted.shaken, lambda found: found[0].details["who"]["p"]),
        "when, each on a day of its own": (planted.scattered, lambda found: found[0].details["when"]["p"]),
        "claim, nobody changes": (planted.steady, lambda found: found[0].p),
    }
    levels, rows = (0.01, 0.05, 0.2, 0.5), []
    for name, (truth, take) in cases.items():
        corpora = (planted.corpus(truth, seed) for seed in range(seeds))
        p = np.array([take(find_reversals(c.frames, planted.study(**DRAWS))) for c in corpora])
        rows.append({"test": name} | {f"p ≤ {level:g}": f"{np.mean(p <= level):.1%}" for level in levels})
    return pd.DataFrame(rows)


def size_table(seeds: int) -> pd.DataFrame:
    """Return the power by the number of accounts that reverse among 240."""
    rows = []
    for size in SIZES:
        rows_of = list(cohort_rows(_reversal_of(size), seeds, cohort=size))
        hits = [row is not None and row["verdict"] == "coordinated reversal" for row in rows_of]
        rows.append({"accounts": size, "coordinated reversal": f"{np.mean(hits):.0%}"})
    return pd.DataFrame(rows)


def power_curves(seeds: int) -> pd.DataFrame:
    """Return the power in a large population, one of its figures varied at a time."""
    rows = []
    for name, values in CURVES.items():
        for value in values:
            given = LARGE | {name: int(value) if name == "cohort" else value}
            found = summarise(cohort_rows(_reversal_of(int(given["cohort"])), seeds, **given))
            shown = f"{value * planted.DAYS:g} posts per account" if name == "rate" else f"{name} {value:g}"
            rows.append({"of 3,000 accounts": shown} | found)
    return pd.DataFrame(rows)


def _reversal_of(size: int) -> planted.Latent:
    def latent(account: np.ndarray, day: np.ndarray, nature: np.ndarray) -> np.ndarray:
        return np.where(account < size, np.where(day < planted.TURN, 1.0, -1.0), planted.camps(nature))

    return latent


def markdown(table: pd.DataFrame) -> str:
    """Return `table` as a Markdown table."""
    lines = [list(table.columns), ["---"] * table.shape[1], *table.astype(str).to_numpy().tolist()]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=100, help="corpora per scenario")
    parser.add_argument("--curves", action="store_true", help="only the power in a large population")
    options = parser.parse_args()
    seeds = options.seeds
    if options.curves:
        print(markdown(power_curves(seeds)))
        return
    scenarios = [{"truth": name} | summarise(cohort_rows(t, seeds, **m)) for name, (t, m) in SCENARIOS.items()]
    for table in (pd.DataFrame(scenarios), size_table(seeds), null_table(seeds)):
        print(markdown(table), end="\n\n")


if __name__ == "__main__":
    main()
