import pytest

from narratives.simulation import simulate


@pytest.fixture(scope="session")
def reversal():
    return simulate("reversal", seed=5)


@pytest.fixture(scope="session")
def honest():
    return simulate("honest", seed=5)


@pytest.fixture(scope="session")
def lives():
    return simulate("lives", seed=5)


@pytest.fixture(scope="session")
def told():
    return simulate("interview", seed=4)
