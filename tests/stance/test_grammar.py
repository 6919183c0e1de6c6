"""Who does what: persons of verbs, and the words that a post reports as somebody else's."""

from __future__ import annotations

import pytest

from narratives.stance.grammar import is_base_form, is_first_person, needs_subject
from tests.stance.test_seeds import scores


@pytest.mark.parametrize("verb", ["поддерживаю", "верим", "қолдаймын", "сенеміз", "қолдадым", "қолдадық", "senemiz"])
def test_first_person(verb: str) -> None:
    assert is_first_person(verb)


@pytest.mark.parametrize(
    "word", ["поддерживает", "верят", "қолдайды", "сенеді", "герой", "сатқын", "халық", "предатель"]
)
def test_not_first_person(word: str) -> None:
    assert not is_first_person(word)


def test_a_russian_verb_agrees_with_its_subject() -> None:
    assert needs_subject("поддерживает", plural=False)
    assert not needs_subject("поддерживают", plural=False)
    assert needs_subject("поддерживают", plural=True)
    assert needs_subject("қолдайды", plural=False)
    assert not needs_subject("қолдайтын", plural=False)


@pytest.mark.parametrize(
    ("token", "base"), [("Касенов", True), ("КАСЕНОВ", True), ("Касенову", False), ("Kasenov", True)]
)
def test_base_form(token: str, base: bool) -> None:
    assert is_base_form(token, frozenset({"касенов"})) is base


@pytest.mark.parametrize(
    ("own", "others"),
    [
        ("Поддерживаю Касенова", "Касенов поддерживает народ"),
        ("Мы гордимся Касеновым", "Касенов гордится народом"),
        ("Қасеновты қолдаймыз", "Қасенов халықты қолдайды"),
        ("Қасеновқа сенемін", "Қасенов халыққа сенеді"),
    ],
)
def test_what_the_target_feels_is_no_stance(own: str, others: str) -> None:
    assert scores(own)["kasenov"] > 0.5
    assert abs(scores(others)["kasenov"]) < 0.1


@pytest.mark.parametrize(
    ("said", "reported"),
    [
        ("Жасанов предатель", "Касенов заявил, что Жасанов предатель"),
        ("Жасанов — вор и предатель", "«Жасанов — вор и предатель», — заявил Касенов"),
        ("Жасанов продался за должность", "Депутат Касенов: «Жасанов продался за должность»"),
        ("Жасанов сатқын", "«Жасанов халықты сатқан сатқын», — деді Қасенов"),
        ("Жасанов сатқын", "Қасенов Жасановты сатқын деді"),
    ],
)
def test_what_another_says_is_not_the_authors(said: str, reported: str) -> None:
    assert scores(said)["zhasanov"] < -0.5
    assert abs(scores(reported)["zhasanov"]) < 0.25
    assert abs(scores(reported)["kasenov"]) < 0.25


@pytest.mark.parametrize(
    "text", ["Я говорю, что Касенов предатель", "Қасенов сатқын деп ойлаймын", "Все говорят, что Касенов вор"]
)
def test_what_the_author_says_is_the_authors(text: str) -> None:
    assert scores(text)["kasenov"] < -0.5


@pytest.mark.parametrize("text", ["Касенов предатель?", "Разве Касенов не предатель?", "Қасенов сатқын емес пе?"])
def test_a_question_says_less_and_its_negation_nothing(text: str) -> None:
    assert scores("Касенов предатель")["kasenov"] < scores(text)["kasenov"] < -0.2


def test_emoji_are_phrases_of_both_languages() -> None:
    assert scores("Касенов 🤡🤡")["kasenov"] < -0.5
    assert scores("Қасеновқа 👏👏")["kasenov"] > 0.5
    assert scores("Молодец Касенов 😂")["kasenov"] < scores("Молодец Касенов")["kasenov"]
