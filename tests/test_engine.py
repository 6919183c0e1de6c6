"""Where work runs does not matter to what comes out."""

from __future__ import annotations

import pytest
from threadpoolctl import threadpool_info

from narratives.engine import on_one_thread, parallel


@pytest.mark.parametrize("workers", [1, 2])
def test_jobs_sum_in_one_order_on_any_number_of_cores(workers):
    jobs = parallel(threadpool_info, [(), ()], workers=workers)
    assert len(jobs) == 2
    for libraries in (*jobs, on_one_thread(threadpool_info)):
        threads = [library["num_threads"] for library in libraries if library["user_api"] == "blas"]
        assert threads
        assert set(threads) == {1}
