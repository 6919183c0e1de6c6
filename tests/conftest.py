import os

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("MPLBACKEND", "Agg")


@pytest.fixture(scope="session")
def small_run(tmp_path_factory):
    """A finished run of a small simulated study, shared by the tests that only read it."""
    import narratives

    folder = tmp_path_factory.mktemp("small")
    corpus = narratives.simulate("reversal", accounts=120, cohort=16, weeks=8, seed=3)
    corpus.write(folder / "corpus")
    return narratives.run(folder / "corpus" / "study.yaml", folder / "run")
