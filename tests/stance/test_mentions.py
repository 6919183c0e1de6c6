"""Mentions: inflection in both languages and scripts, and nothing that merely contains a name."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narratives.config import Phrases, Target
from narratives.stance import find_mentions

LABELLED = Path(__file__).parents[1] / "data" / "mentions_labelled.csv"
TARGETS = [
    Target(
        id="kasenov",
        name="Касенов",
        aliases=Phrases(ru=("Касенов", "@kasenov_live"), kk=("Қасенов",)),
        exclude=("улица Касенова", "Болат Касенов", "Қасенов көшесі"),
    ),
    Target(id="zhasanov", name="Жасанов"),
    Target(id="kan", name="Кан"),
    Target(id="baitasov", name="Ермек Байтасов", aliases=Phrases(ru=("Байтасов",))),
    Target(id="erzhanova", name="Ержанова"),
    Target(id="aliev", name="Серик Алиев", aliases=Phrases(kk=("Серік Әлиев",))),
    Target(id="turan", name="партия Туран", aliases=Phrases(kk=("Тұран партиясы",))),
    Target(id="voting", name="голосование", aliases=Phrases(kk=("дауыс беру",))),
    Target(id="vera", name="Вера"),
    Target(id="dal", name="Даль"),
]


def found(text: str, target: str | None = None) -> list[str]:
    """Return what is found in `text`, as written."""
    mentions = find_mentions(pd.DataFrame({"post_id": ["1"], "text": [text]}), TARGETS)
    spans = mentions if target is None else mentions[mentions["target_id"] == target]
    return [text[start:end] for start, end in zip(spans["start"], spans["end"], strict=True)]


@pytest.mark.parametrize("lang", ["ru", "kk"])
def test_labelled_mentions(lang: str) -> None:
    rows = pd.read_csv(LABELLED, keep_default_na=False).query("lang == @lang")
    hits = misses = false = 0
    for text, target, expected in zip(rows["text"], rows["target_id"], rows["expected"], strict=True):
        got, wanted = Counter(found(text, target)), Counter(filter(None, expected.split(";")))
        hits += (got & wanted).total()
        misses += (wanted - got).total()
        false += (got - wanted).total()
    assert false == 0
    assert misses <= 1
    assert hits > 50


def test_spans_count_characters_of_the_text_as_given() -> None:
    text = "  👍🏽 «Касе\u200bнов»\n\nжәне Қасеновтың досы"
    assert found(text) == ["Касе\u200bнов", "Қасеновтың"]


def test_a_hostile_text_takes_no_time() -> None:
    before = time.process_time()
    found("қасенов" + "шы" * 10_000 + " " + "а" * 20_000 + "#" * 5_000 + "Кан" * 5_000)
    assert time.process_time() - before < 2


def test_the_longer_alias_of_a_target_wins() -> None:
    mentions = find_mentions(pd.DataFrame({"post_id": ["1"], "text": ["Ермеку Байтасову"]}), TARGETS)
    assert mentions[["start", "end", "alias"]].values.tolist() == [[0, 16, "Ермек Байтасов"]]


def test_no_targets_or_no_posts_give_an_empty_table() -> None:
    posts = pd.DataFrame({"post_id": ["1"], "text": ["Касенов"]})
    assert find_mentions(posts, []).empty
    assert find_mentions(posts.iloc[:0], TARGETS).empty


@settings(deadline=None, max_examples=30)
@given(st.permutations(["Касенов и Жасанов", "Қасеновқа хат", "ничего", "Кан, Кан", "Жасанов"]))
def test_row_order_does_not_matter(texts: list[str]) -> None:
    posts = pd.DataFrame({"post_id": [text[:8] for text in texts], "text": texts})
    in_order = find_mentions(posts.sort_values("post_id"), TARGETS)
    pd.testing.assert_frame_equal(find_mentions(posts, TARGETS), in_order)


@settings(deadline=None, max_examples=30)
@given(st.sampled_from(["Кан", "Касенов", "Жасанов"]), st.text("бгзилпх", min_size=1, max_size=4))
def test_a_name_inside_a_longer_word_is_no_mention(name: str, more: str) -> None:
    assert found(f"{more}{name.lower()} {more.upper()}{name.upper()}") == []


def test_a_short_or_common_name_needs_its_capital() -> None:
    assert found("кана, вера, даль, қанға, канға, дали") == []
    assert found("Кана, Вера, Даль, Қанға, Канға") == ["Кана", "Вера", "Даль", "Канға"]
