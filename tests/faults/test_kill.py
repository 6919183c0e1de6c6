"""A run that is killed at any moment goes on from its finished stages, to the same result."""

import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

import narratives
from narratives import tables


def start(study, out):
    return subprocess.Popen(
        [sys.executable, "-m", "narratives.cli", "run", str(study), "--out", str(out), "--quiet"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.mark.parametrize("after", ["posts", "vectors", "tracks"])
def test_killed_run_resumes(small_run, tmp_path, after):
    study, out = small_run.folder.parent / "corpus" / "study.yaml", tmp_path / "run"
    process = start(study, out)
    deadline = time.monotonic() + 240
    while not (out / "tables" / f"{after}.parquet").is_file():
        assert process.poll() is None, process.stderr.read().decode()
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not (out / "summary.json").exists()
    again = narratives.run(study, out)
    for name in tables.SCHEMAS:
        pd.testing.assert_frame_equal(again.tables[name], small_run.tables[name], obj=name)
    leftovers = [path for path in out.rglob("*.tmp") if path.is_file()]
    assert len(leftovers) <= 1
