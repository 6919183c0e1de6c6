"""Wall time and peak memory of a study, by stage, from nothing.

python benchmarks/cost.py configs/demo.yaml
NARRATIVES_DATA=FOLDER python benchmarks/cost.py configs/turkey-2015.yaml
"""

from __future__ import annotations

import sys
import tempfile

import narratives


def main() -> None:
    for study in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as folder:
            summary = narratives.run(study, folder).summary
        counts = summary["counts"]
        print(f"\n## {summary['study']}: {counts['posts']:,} posts, {counts['distinct texts']:,} distinct texts\n")
        print("| stage | seconds | peak MB |\n|---|---:|---:|")
        for stage, cost in summary["stages"].items():
            print(f"| {stage} | {cost['seconds']:.1f} | {cost['peak_mb']:.0f} |")
        total = sum(cost["seconds"] for cost in summary["stages"].values())
        peak = max(cost["peak_mb"] for cost in summary["stages"].values())
        print(f"| **all** | **{total:.1f}** | **{peak:.0f}** |")


if __name__ == "__main__":
    main()
