"""Camps in a cluster: found where accounts keep to one of two sides, and nowhere else."""

import numpy as np
import pytest

from narratives.cluster.camps import Voices, part, sides

ACCOUNTS, TEXTS, DIMENSIONS = 30, 6, 32


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def voices_of(account, now=None, stratum=None, day=None):
    rows = np.arange(len(account))
    now = rows >= 0 if now is None else now
    stratum = 0 * rows if stratum is None else stratum
    return Voices(np.asarray(account), rows if day is None else day, rows, stratum, now)


def posts(seed, shift, accounts=ACCOUNTS, texts=TEXTS):
    """Return unit vectors, with a shift per account or per text, and accounts."""
    rng = np.random.default_rng(seed)
    account = np.repeat(np.arange(accounts), texts)
    shift = np.repeat(shift, texts, axis=0) if len(shift) == accounts else shift
    return unit(2 * np.eye(DIMENSIONS)[0] + shift + 0.3 * rng.normal(size=(len(account), DIMENSIONS))), account


def camps(accounts=ACCOUNTS):
    return np.eye(DIMENSIONS)[1] * np.where(np.arange(accounts) % 2, 1.0, -1.0)[:, None]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("shared", [0, 2])
def test_two_camps_are_told_apart(seed, shared):
    shift = np.repeat(camps(), TEXTS, axis=0)
    common = np.arange(len(shift)) % TEXTS < shared  # a third of the texts are in words of both
    vectors, account = posts(seed, np.where(common[:, None], 0, shift))
    right = (sides(vectors, voices_of(account)) > 0) == (account % 2 == 1)
    assert abs(right.mean() - 0.5) > 0.45


@pytest.mark.parametrize("seed", range(20))
def test_two_topics_of_the_same_accounts_are_no_camps(seed):
    topic = np.eye(DIMENSIONS)[1] * np.random.default_rng(seed).choice([-1, 1], (ACCOUNTS * TEXTS, 1))
    vectors, account = posts(seed, topic)
    assert sides(vectors, voices_of(account)) is None


@pytest.mark.parametrize("seed", range(20))
def test_habits_of_accounts_are_no_camps(seed):
    habits = 0.5 * np.random.default_rng(100 + seed).normal(size=(ACCOUNTS, DIMENSIONS))
    vectors, account = posts(seed, habits)
    assert sides(vectors, voices_of(account)) is None


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("loud", [1, 3, 6])
@pytest.mark.parametrize("shift", [0.6, 1.5])
def test_loud_accounts_are_no_camp(seed, loud, shift):
    own = np.arange(ACCOUNTS * TEXTS) < ACCOUNTS * TEXTS // 2
    vectors, account = posts(seed, np.where(own[:, None], np.eye(DIMENSIONS)[1] * shift, 0))
    account = np.where(own, np.arange(len(own)) % loud, account)
    assert sides(vectors, voices_of(account, day=np.arange(len(own)) // loud % 7)) is None


@pytest.mark.parametrize("seed", range(10))
def test_languages_are_no_camps(seed):
    vectors, account = posts(seed, camps())
    assert sides(vectors, voices_of(account)) is not None
    assert sides(vectors, voices_of(account, stratum=account % 2)) is None


@pytest.mark.parametrize("seed", range(10))
def test_narratives_that_became_one_are_no_camps(seed):
    earlier = np.tile(np.arange(TEXTS) < TEXTS // 2, ACCOUNTS)
    kept = np.repeat(camps(), TEXTS, axis=0)
    mixed = np.eye(DIMENSIONS)[1] * np.random.default_rng(seed).choice([-1, 1], (len(kept), 1))
    vectors, account = posts(seed, np.where(earlier[:, None], kept, mixed))
    assert sides(vectors, voices_of(account, now=~earlier, stratum=earlier.astype(int))) is None
    assert sides(vectors[earlier], voices_of(account[earlier])) is not None


def test_accounts_that_speak_once_say_nothing():
    vectors, account = posts(0, camps(), texts=1)
    assert sides(vectors, voices_of(account)) is None


def test_a_cluster_of_two_camps_is_two():
    vectors, account = posts(0, camps())
    core = np.ones(len(account), dtype=bool)
    labels = part(vectors, np.zeros(len(account), np.int64), core, voices_of(account), smallest=20)
    assert set(labels) == {0, 1}
    assert abs((labels == account % 2).mean() - 0.5) > 0.45
    halves = [part(vectors, np.zeros(180, np.int64), core, voices_of(account), smallest=least) for least in (90, 91)]
    assert [len(set(labels)) for labels in halves] == [2, 1]  # there are 90 texts of each


def test_earlier_texts_help_to_tell_camps():
    vectors, account = posts(0, camps(), texts=2)
    now = np.tile([True, False], ACCOUNTS)
    order = np.argsort(~now, kind="stable")
    vectors, voices = vectors[order], voices_of(account[order], now[order], (~now[order]).astype(int))
    alone = voices.where(voices.now)
    labels, core = np.zeros(2 * ACCOUNTS, np.int64), np.ones(ACCOUNTS, dtype=bool)
    assert set(part(vectors, labels, core, voices, smallest=5)) == {0, 1}
    assert set(part(vectors, labels, core, alone, smallest=5)) == {0}


@pytest.mark.parametrize("number", [1, 2])
def test_what_is_said_in_one_go_counts_once(number):
    rng = np.random.default_rng(0)
    cut = 0
    for seed in range(20):
        bursts = np.repeat(rng.choice([-1, 1], ACCOUNTS * number), TEXTS // number)
        vectors, account = posts(seed, np.eye(DIMENSIONS)[1] * bursts[:, None])
        day = np.tile(np.repeat(np.arange(number), TEXTS // number), ACCOUNTS)
        cut += sides(vectors, voices_of(account, day=day)) is not None
    assert cut <= 2


def test_accounts_around_one_middle_are_no_camps():
    cut = 0
    for seed in range(20):
        opinion = np.random.default_rng(seed).normal(scale=0.6, size=(100, 1))
        vectors, account = posts(seed, np.eye(DIMENSIONS)[1] * opinion, accounts=100)
        cut += sides(vectors, voices_of(account)) is not None
    assert cut < 10


def test_nothing_has_no_camps():
    nobody = voices_of(np.zeros(0, np.int64))
    assert sides(np.zeros((0, DIMENSIONS), np.float32), nobody) is None
    noise = np.full(3, -1)
    vectors, account = posts(0, camps(), texts=1)
    assert part(vectors[:3], noise, noise > 0, voices_of(account[:3]), smallest=1).tolist() == [-1] * 3
