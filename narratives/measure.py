"""What a stage costs: wall time and peak memory."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

PROCESS = Path("/proc/self")


@dataclass
class Cost:
    """Wall seconds, and the greatest resident memory of this process meanwhile in MB (worker processes not counted).

    Where the system cannot reset the high-water mark (anything but Linux), the memory is the greatest so far; on
    Windows it is not measured and 0.
    """

    seconds: float = 0.0
    peak_mb: float = 0.0

    def figures(self) -> dict[str, float]:
        """Return both, rounded."""
        return {"seconds": round(self.seconds, 2), "peak_mb": round(self.peak_mb)}


@contextmanager
def measured() -> Iterator[Cost]:
    """Measure the block; the figures are filled in when it ends."""
    with suppress(OSError):
        (PROCESS / "clear_refs").write_text("5")
    cost, start = Cost(), time.perf_counter()
    try:
        yield cost
    finally:
        cost.seconds = time.perf_counter() - start
        cost.peak_mb = _peak_mb()


def _peak_mb() -> float:
    with suppress(OSError):
        for line in (PROCESS / "status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    if resource is None:
        return 0.0
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return kilobytes / 1024
