import os

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("MPLBACKEND", "Agg")


@pytest.fixture(scope="session")
def small_run(tmp_path_factory):
    """A finished run of a simulated study of the demo's size, shared by the tests that only read it."""
    import narratives

    folder = tmp_path_factory.mktemp("small")
    corpus = narratives.simulate("reversal", seed=7)
    corpus.write(folder / "corpus")
    return narratives.run(folder / "corpus" / "study.yaml", folder / "run")
