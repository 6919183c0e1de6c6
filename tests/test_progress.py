import io
import time

import numpy as np
import pandas as pd
from rich.console import Console

from narratives.embed import embed
from narratives.progress import Terminal


class Slow:
    """Takes 10 ms a batch, and looks at the bar while at it."""

    name, revision, batch_size = "slow", "1", 4

    def __init__(self, progress):
        self.progress, self.seen = progress, []

    def encode(self, texts):
        time.sleep(0.01)
        task = self.progress.bars.tasks[0]
        self.seen.append((task.completed, task.time_remaining))
        return np.ones((len(texts), 2), np.float32)


def test_the_bar_moves_within_a_chunk_and_tells_the_time_left(tmp_path):
    texts = pd.Series([f"text {i}" for i in range(100)], index=[f"k{i:03}" for i in range(100)])
    with Terminal(Console(file=io.StringIO(), force_terminal=True)) as progress:
        progress.start("embed", len(texts))
        encoder = Slow(progress)
        embed(texts, encoder, tmp_path / "none", tmp_path / "cache", progress=progress.advance)
        assert len(list((tmp_path / "cache").iterdir())) == 1
    assert [done for done, _ in encoder.seen] == list(range(0, 100, 4))
    assert all(0 < seconds < 10 for _, seconds in encoder.seen[2:])
