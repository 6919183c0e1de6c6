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
from narratives.stance import find_mentions, score_stance

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


def threads(**changes: dict[str, str | None]) -> pd.DataFrame:
    """Return posts that answer and repeat each other; `changes` replaces a column's values by post."""
    rows = {
        "1": ("Касенов приехал, с ним Жасанов", None, None), "2": ("Молодец", "1", None), "3": ("", None, "1"),
        "4": ("А Жасанов?", "1", None), "5": ("Согласен", "2", None), "6": ("Дождь", "9", "8"),
        "8": ("Снег", None, None),
    }  # fmt: skip
    posts = pd.DataFrame.from_dict(rows, orient="index", columns=["text", "reply_to", "repost_of"])
    for column, values in changes.items():
        posts[column] = pd.Series(values).reindex(posts.index).combine_first(posts[column])
    return posts.rename_axis("post_id").reset_index()


def test_an_answer_and_a_repeat_take_the_targets_that_they_do_not_name() -> None:
    mentions = find_mentions(threads(), TARGETS)
    assert mentions[["post_id", "target_id", "via"]].values.tolist() == [
        ["1", "kasenov", "text"], ["1", "zhasanov", "text"], ["2", "kasenov", "reply"], ["2", "zhasanov", "reply"],
        ["3", "kasenov", "repost"], ["3", "zhasanov", "repost"], ["4", "zhasanov", "text"],
    ]  # fmt: skip
    assert mentions["start"].isna().tolist() == [False, False, True, True, False, False, False]
    shuffled = threads().sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(find_mentions(shuffled, TARGETS), mentions)
    assert set(find_mentions(threads()[["post_id", "text"]], TARGETS)["post_id"]) == {"1", "4"}


def test_a_post_that_repeats_one_and_answers_another_speaks_of_what_it_repeats() -> None:
    posts = threads(text={"8": "Кан уехал"}, reply_to={"6": "1"})
    taken = find_mentions(posts, TARGETS).query("post_id == '6'")
    assert taken[["target_id", "via"]].values.tolist() == [["kan", "repost"]]


def test_a_repost_is_read_by_the_text_that_it_repeats() -> None:
    posts = threads(text={"1": "Касенов предатель и вор, позор ему", "2": "Спасибо, ты настоящий герой"})
    stances = score_stance(posts, TARGETS).query("target_id == 'kasenov'").set_index("post_id")["score"]
    assert stances["3"] == stances["1"] < -0.5
    assert stances["2"] > 0


@pytest.mark.parametrize(
    ("text", "via"),
    [
        ("«Қасенов бізді сатты», — деп айғайлады біреу", "quote"),
        ("«Касенова в отставку!» — кричали с балконов", "quote"),
        ("Ролик «Касенов жив» — огонь", "text"),
        ("Сосед сказал: «Касенов вчера опять был у нас во дворе»", "quote"),
        ("Касенов сказал: «Завтра будем ремонтировать дорогу, никто не уедет»", "text"),
        ("«Касенов» — это уже диагноз", "text"),
        ("Көршім: “Қасенов кеше біздің аулада тағы да жүрді” дейді", "quote"),
    ],
)
def test_a_name_in_a_quoted_sentence_is_told_apart(text: str, via: str) -> None:
    assert find_mentions(pd.DataFrame({"post_id": ["1"], "text": [text]}), TARGETS)["via"].tolist() == [via]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Вратарь Жасанов спас команду", []),
        ("Қақпашы Жасановтың өзі де таңғалды", []),
        ("Вратарь встретил Ерлана Жасанова и А. Жасанова", ["Ерлана Жасанова"]),
        ("Вратарь за #жасанова", ["жасанова"]),
        ("Жасанов встретил команду", ["Жасанов"]),
        ("Жили на Жасанова, 12, пока дом не снесли", []),
        ("Голосую за Жасанова 14 сентября, за Жасанова, 5 причин", ["Жасанова", "Жасанова"]),
    ],
)
def test_a_surname_alone_beside_words_on_a_namesake_is_no_mention(text: str, expected: list[str]) -> None:
    target = Target(
        id="zhasanov", name="Ерлан Жасанов", aliases=Phrases(ru=("Жасанов",)), namesakes=("вратарь", "қақпашы")
    )
    mentions = find_mentions(pd.DataFrame({"post_id": ["1"], "text": [text]}), [target])
    assert [text[start:end] for start, end in zip(mentions["start"], mentions["end"], strict=True)] == expected


def test_names_in_hashtags_need_no_capital_and_no_space() -> None:
    targets = [Target(id="kan", name="Виктор Кан", aliases=Phrases(ru=("Кан",))), Target(id="orda", name="Жаңа Орда")]
    mentions = find_mentions(pd.DataFrame({"post_id": ["1"], "text": ["#кан #жаңаорда #канал #викторкан"]}), targets)
    assert mentions[["target_id", "alias"]].values.tolist() == [
        ["kan", "Кан"], ["orda", "Жаңа Орда"], ["kan", "Виктор Кан"],
    ]  # fmt: skip


def test_endearments_of_the_given_name_are_part_of_the_mention() -> None:
    target = Target(id="kasenov", name="Арман Касенов", aliases=Phrases(ru=("Касенов",)))
    texts = ["Арманчик Касенов вырос", "Арманжан Қасенов келді", "Болатжан Касенов өзгеше"]
    mentions = find_mentions(pd.DataFrame({"post_id": ["1", "2", "3"], "text": texts}), [target])
    assert mentions[["post_id", "start", "end"]].values.tolist() == [["1", 0, 16], ["2", 0, 16]]
