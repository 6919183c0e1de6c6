"""Where work runs. Results never depend on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits

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
    calls = (delayed(on_one_thread)(function, *job) for job in jobs)
    for result in Parallel(n_jobs=workers, return_as="generator")(calls):
        results.append(result)
        progress(1)
    return results


def on_one_thread(function: Callable[..., Result], *arguments: Any) -> Result:
    """Return `function(*arguments)`, summed in one order: on more threads sums end in other bits."""
    with threadpool_limits(1):
        return function(*arguments)
