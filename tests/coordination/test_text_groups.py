"""Texts that differ only in how they are typed are one; near texts are found without comparing all."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narratives.coordination.text_groups import text_groups
from narratives.copies import normalise
from tests.coordination.planted import words


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Он обещал дороги!", "он   ОБЕЩАЛ — дороги 🙂"),
        ("Всё врёт", "Все врет"),
        ("Сорок вопросов о нём", "Copoк вoпpocoв o нём"),
        ("ХОЛОДНАЯ ПОРА", "XOЛOДHAЯ ПOPA"),
        ("Қала күні", "Кала куни"),
        ("Көпір салынған жоқ", "Көпiр салынған жoқ"),
        ("Смотрите https://example.org/a @user вот", "Смотрите вот t.me/b"),
        ("вы\u200bбо\u00adры", "выборы"),
        ("го\u0301лос", "голос"),
        ("ｖｙｂｏｒｙ 2026", "vybory 2026"),
    ],
)
def test_disguises_are_undone(left: str, right: str) -> None:
    assert normalise(left) == normalise(right) != ""


@pytest.mark.parametrize(("left", "right"), [("вода", "года"), ("дом 7", "дом 8"), ("қала", "дала")])
def test_different_words_stay_different(left: str, right: str) -> None:
    assert normalise(left) != normalise(right)


@given(st.text())
@settings(max_examples=200, deadline=None)
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


def shingles(text: str) -> set[str]:
    return {text[i : i + 5] for i in range(max(len(text) - 4, 1))}


def jaccard(left: str, right: str) -> float:
    a, b = shingles(left), shingles(right)
    return len(a & b) / len(a | b)


@pytest.mark.parametrize("similarity", [0.5, 0.8])
def test_pairs_over_the_threshold_are_found_and_others_are_not(similarity: float) -> None:
    rng = np.random.default_rng(0)
    originals = ["".join(words(rng, 15)) for _ in range(400)]
    cuts = rng.integers(1, int(60 * (1 - similarity)) + 20, 400)
    changed = ["".join(words(rng, 5))[:cut] + text[cut:] for text, cut in zip(originals, cuts, strict=True)]
    group = text_groups(pd.Series(originals + changed), similarity)
    alike = np.array([jaccard(*pair) >= similarity for pair in zip(originals, changed, strict=True)])
    together = group[:400] == group[400:]
    assert 50 < alike.sum() < 350
    assert together[alike].mean() >= 0.98
    assert not together[~alike].any()
    assert len(set(group[:400])) == 400


def test_groups_do_not_depend_on_order() -> None:
    rng = np.random.default_rng(1)
    texts = ["".join(words(rng, 8)) for _ in range(50)]
    texts += [text + "ещё" for text in texts[::2]] + texts[:5]
    order = rng.permutation(len(texts))
    group = text_groups(pd.Series(texts), 0.8)
    mixed = text_groups(pd.Series(texts).iloc[order], 0.8)
    assert (mixed == group[order]).all()
    assert len(set(group)) == 50


@pytest.mark.parametrize("texts", [[], ["аб"], ["аб", "аб"], ["аб", "вг", "аб"]])
def test_few_or_short_texts(texts: list[str]) -> None:
    assert text_groups(pd.Series(texts, dtype=object), 0.8).tolist() == [
        sorted(set(texts)).index(text) for text in texts
    ]
