"""Where work runs. Results never depend on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from joblib import Parallel, delayed

Result = TypeVar("Result")


def parallel(
    function: Callable[..., Result],
    jobs: Iterable[tuple[Any, ...]],
    *,
    workers: int,
    progress: Callable[[int], None] = lambda _: None,
) -> list[Result]:
    """Return `function(*job)` for every job, in the order of `jobs`, on so many local processes."""
    results = []
    calls = (delayed(function)(*job) for job in jobs)
    for result in Parallel(n_jobs=workers, return_as="generator")(calls):
        results.append(result)
        progress(1)
    return results
