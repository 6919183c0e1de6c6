"""Base forms: Russian cases, Kazakh suffix chains with harmony, and one skeleton for every script."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narratives.morphology import harmony, is_content, is_person, kazakh_stem, lemma, negates, russian_forms, skeleton

KAZAKH_WORD = st.text("аәбвгғдежзийкқлмнңоөпрстуұүфхһшыі", min_size=1, max_size=14)


@pytest.mark.parametrize(
    ("word", "base"),
    [
        ("предателей", "предатель"),
        ("Касеновым", "касенов"),
        ("касенова", "касенов"),
        ("Касенов", "касенов"),
        ("людям", "человек"),
        ("үмітімізді", "үміт"),
        ("сатқындардың", "сатқын"),
        ("халқымыздан", "халық"),
        ("тірегі", "тірек"),
        ("Қасеновқа", "қасенов"),
        ("qasenovqa", "qasenovqa"),
    ],
)
def test_lemma_is_the_base_form(word: str, base: str) -> None:
    assert lemma(word) == base


def test_lemma_reads_kazakh_without_kazakh_letters_when_told() -> None:
    assert lemma("адамдарды", language="kk") == "адам"


@pytest.mark.parametrize("word", ["қазақстан", "сатқын", "үлкен", "мүмкін", "қалай"])
def test_stem_leaves_words_whole_that_only_look_suffixed(word: str) -> None:
    assert kazakh_stem(word) == word


@pytest.mark.parametrize(
    ("stem", "chains"),
    [
        ("Жасанов", "тың қа ты та тан пен тар тардың шылар тай тағы сыз тікі"),
        ("Серік", "тің ке ті те тен пен тер тердің шілер тей тегі сіз тікі"),
        ("Айгүл", "дің ге ді де ден мен дер"),
        ("Ержанова", "ның ға ны да дан мен лар сы"),
        ("Қожан", "ның ға ды да нан мен дар"),
        ("Тоқаев", "тың қа"),
        ("Медеев", "тің ке"),
    ],
)
def test_suffixes_follow_harmony_and_assimilation(stem: str, chains: str) -> None:
    assert [rest for rest in chains.split() if negates(stem, rest) is not False] == []


@pytest.mark.parametrize(
    ("stem", "rest"),
    [("Жасанов", "ке"), ("Жасанов", "тің"), ("Касенов", "ға"), ("Қожан", "тан"), ("Серік", "қа"), ("Ержанова", "тың"),
     ("Касенов", "ич"), ("Касенов", "қатың"), ("Касенов", "тыңдар")],
)  # fmt: skip
def test_wrong_suffixes_are_refused(stem: str, rest: str) -> None:
    assert negates(stem, rest) is None


@pytest.mark.parametrize(
    ("stem", "rest", "denied"),
    [("сат", "ты", False), ("сат", "пады", True), ("сен", "беймін", True), ("сен", "емін", False),
     ("алда", "мады", True), ("алда", "йды", False), ("қолда", "маймыз", True), ("сатыл", "ған", False),
     ("сат", "пайтын", True), ("сат", "пас", True)],
)  # fmt: skip
def test_verbs_show_their_negation(stem: str, rest: str, *, denied: bool) -> None:
    assert negates(stem, rest, start="verb") is denied


@pytest.mark.parametrize(
    ("stem", "way"),
    [("Жасанов", "b"), ("Касенов", "bf"), ("Серік", "f"), ("Тоқаев", "b"), ("Әли", "bf"), ("Игорь", "bf")],
)
def test_harmony_goes_by_the_last_vowel(stem: str, way: str) -> None:
    assert harmony(stem) == way


@pytest.mark.parametrize(
    "spellings",
    [("Қасенов", "Касенов", "Qasenov", "Kasenov", "КАСЕНОВ", "Каcенов", "Kasenоv"), ("Сулуева", "Suluyeva", "Suluevа"),
     ("Жасановтың", "Jasanovtyñ", "Zhasanovtyng"),
     ("көшбасшы", "кошбасшы", "kóshbasshy", "köşbasşy"), ("предатель", "predatel"), ("үміт", "умит", "ümit")],
)  # fmt: skip
def test_skeleton_is_one_for_all_spellings(spellings: tuple[str, ...]) -> None:
    assert len({skeleton(word) for word in spellings}) == 1


@given(KAZAKH_WORD)
def test_skeleton_is_idempotent(word: str) -> None:
    assert skeleton(skeleton(word)) == skeleton(word)


@given(KAZAKH_WORD)
def test_stem_is_no_longer_than_the_word_by_more_than_a_restored_vowel(word: str) -> None:
    assert 0 < len(kazakh_stem(word)) <= len(word) + 1


def test_russian_forms_of_an_invented_surname() -> None:
    forms = russian_forms("Касенов")
    assert {"касенова", "касенову", "касеновым", "касенове", "касеновых", "касеновский", "касеновцы"} <= forms
    assert not {"касеновой", "касен", "касенович", "касеново"} & forms
    assert {"ержановой", "ержанову"} <= russian_forms("Ержанова")
    assert not {"ержанов", "ержановым"} & russian_forms("Ержанова")


def test_given_names_in_in_decline_as_given_names() -> None:
    assert {"константином", "константину"} <= russian_forms("Константин")
    assert {"мариной", "марине"} <= russian_forms("Марина")


@pytest.mark.parametrize("word", ["Иванов", "Петрова", "Серик", "Байсеитову"])
def test_persons_are_told_by_their_names(word: str) -> None:
    assert is_person(word)
    assert not is_person(word.lower())


@pytest.mark.parametrize("word", ["Герой", "Казахстана", "Надежда", "Сатқын", "Бүгін", "Президент", "Халықтың"])
def test_other_words_are_no_persons(word: str) -> None:
    assert not is_person(word)


def test_a_betrayer_is_not_a_devoted_man() -> None:
    assert "предал" in russian_forms("предать")
    assert "преданный" not in russian_forms("предать")


def test_function_words_are_dropped_in_both_languages() -> None:
    function = ["и", "не", "он", "который", "был", "там", "және", "бірақ", "оның", "емес", "туралы"]
    assert [word for word in function if is_content(word)] == []
    content = ["предатель", "выборы", "касенов", "сатқын", "халықтың", "сайлау"]
    assert [word for word in content if not is_content(word)] == []


@pytest.mark.parametrize("word", ["шы" * 10_000, "ғлардың" * 3_000, "а" * 20_000, "по-" * 5_000 + "а", "ов" * 10_000])
def test_a_hostile_word_takes_no_time(word: str) -> None:
    before = time.process_time()
    assert lemma(word, language="kk")
    assert lemma(word)
    is_content(word)
    assert time.process_time() - before < 2


def test_thirty_thousand_new_words_take_seconds() -> None:
    endings = ["", "тың", "дар", "ға", "а", "у", "ом", "ами", "ский", "лық"]
    words = [f"{a}{b}{c}{d}" for a in "бгдклмнпрст" for b in "аоуые" for c in "влмнрстқғң" for d in endings]
    before = time.process_time()
    for word in words:
        lemma(word)
        is_content(word)
    assert (time.process_time() - before) / len(words) < 10 / 30_000
