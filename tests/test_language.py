from __future__ import annotations

import re
from pathlib import Path

import langdetect
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langdetect import detector_factory
from sklearn.metrics import f1_score

from narratives.language import detect, detect_language, language_spans
from narratives.language.naming import name_language
from narratives.language.scores import read
from narratives.language.words import split_words
from narratives.text import HANDLE, URL

LABELS = Path(__file__).parent / "data" / "language_labels.csv"
OURS = ["ru", "kk", "kk-Latn", "kk-ru-letters", "mixed", "none"]


def lang_of(text: str) -> str:
    return str(detect_language([text])["lang"].iloc[0])


@pytest.fixture(scope="module")
def labelled() -> pd.DataFrame:
    return pd.read_csv(LABELS, dtype=str)


def test_labelled_posts_reach_their_targets(labelled: pd.DataFrame) -> None:
    found = detect_language(labelled["text"].tolist())["lang"]
    found = found.where(found.isin(OURS), "other")
    assert f1_score(labelled["lang"], found, average="macro") >= 0.95
    assert (f1_score(labelled["lang"], found, average=None, labels=[*OURS, "other"]) >= 0.88).all()


def test_kazakh_share_of_labelled_posts(labelled: pd.DataFrame) -> None:
    share = detect_language(labelled["text"].tolist())["kk_share"]
    by_label = share.groupby(labelled["lang"]).mean()
    assert by_label[["kk", "kk-Latn", "kk-ru-letters"]].min() > 0.95
    assert by_label[["ru", "none", "other"]].max() < 0.05
    assert 0.25 < by_label["mixed"] < 0.75


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Вчера мы всей семьёй ездили на озеро и ловили рыбу", "ru"),
        ("Кеше біз отбасымызбен көлге барып, балық ауладық", "kk"),
        ("казакстан жаксы ел", "kk-ru-letters"),
        ("бугин тан атты", "kk-ru-letters"),
        ("men ony jaqsy kóremin", "kk-Latn"),  # 2018
        ("ko'shede ju'ru qorqynyshty", "kk-Latn"),  # 2017
        ("Jañalyqtardy oqydyñyz ba, bauyrym?", "kk-Latn"),  # 2021
        ("qazaqstan halqyna baqyt tileimin", "kk-Latn"),  # informal
        ("Сегодня на работу бармаймын, шаршадым уже", "mixed"),
        ("Ми всі чекаємо на ваш приїзд, бо дуже скучили", "uk"),
        ("Бүгүн айылда той болду, баары көңүлдүү", "ky"),
        ("Безнең авылда бүген сабантуй була", "tt"),
        ("Беҙҙең ауылда бөгөн ҙур байрам", "ba"),
        ("Men ertaga qishloqqa boraman, sen ham kelasanmi?", "uz"),
        ("Good morning everyone, have a great day", "en"),
        ("Η κυβέρνηση ανακοίνωσε νέα μέτρα σήμερα", "el"),
        ("ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ", "und"),  # Cherokee: langdetect has no such language
    ],
)
def test_language(text: str, expected: str) -> None:
    assert lang_of(text) == expected


@pytest.mark.parametrize(
    "text", ["", " \n", "😂👍", "https://t.co/abc", "@someone", "12:30 — 100 %", "[id42|Анна], 👍", "\u200b"]
)
def test_without_words_is_none(text: str) -> None:
    row = detect_language([text]).iloc[0]
    assert (row["lang"], row["kk_share"], row["confidence"]) == ("none", 0.0, 1.0)


def test_share_of_a_mixed_post_is_its_share_of_kazakh_words() -> None:
    row = detect_language(["Балалар мектепке барды, а родители остались дома"]).iloc[0]
    assert row["lang"] == "mixed"
    assert row["kk_share"] == pytest.approx(3 / 7)


def test_one_name_does_not_make_a_post_mixed() -> None:
    assert lang_of("Победу в конкурсе одержала команда Жетісу из нашего города") == "ru"
    assert lang_of("Жиналысқа Сергеев пен Иванова келмеді, басқалары қатысты") == "kk"


def test_words_of_both_languages_do_not_make_a_post_mixed() -> None:
    assert lang_of("Аким области обещал каждому аулу юрту и пять тысяч тенге") == "ru"
    assert lang_of("Бұл фильм туралы интернетте қызу пікірталас басталды") == "kk"


def test_ukrainian_i_and_tatar_letters_do_not_make_kazakh() -> None:
    texts = [
        "Вітаю всіх зі святом, здоров'я вам та миру",
        "Рәхмәт сезгә, сәламәт булыгыз",
        "Баярлалаа, сайхан амраарай",
    ]
    assert detect_language(texts)["lang"].tolist() == ["uk", "tt", "mn"]


def test_links_handles_and_brands_do_not_count() -> None:
    text = "Instagram пен TikTok желісінде жазып жатыр https://example.kz/some/long/english/path @user_name"
    assert lang_of(text) == "kk"


def test_rows_keep_their_order_and_repeats(labelled: pd.DataFrame) -> None:
    texts = labelled["text"].tolist()[::9]
    once = detect_language(texts)
    order = np.random.default_rng(1).permutation(2 * len(texts))
    shuffled = detect_language([(texts + texts)[i] for i in order])
    pd.testing.assert_frame_equal(shuffled, pd.concat([once, once]).iloc[order].reset_index(drop=True))


def test_language_of_a_text_does_not_depend_on_the_others(labelled: pd.DataFrame) -> None:
    texts = labelled["text"].tolist()[::40]
    alone = pd.concat([detect_language([text]) for text in texts], ignore_index=True)
    pd.testing.assert_frame_equal(detect_language(texts), alone)


def test_no_texts_give_an_empty_table() -> None:
    table = detect_language([])
    assert table.empty
    assert list(table.columns) == ["lang", "kk_share", "confidence"]


def test_the_users_langdetect_is_left_alone() -> None:
    before = detector_factory._factory
    detect_language(["Dzień dobry wszystkim, co słychać?"])
    assert detector_factory._factory is before
    assert langdetect.DetectorFactory.seed is None


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(), max_size=5))
def test_any_text_gets_a_row_within_bounds(texts: list[str]) -> None:
    table = detect_language(texts)
    assert len(table) == len(texts)
    assert table["lang"].str.len().gt(0).all()
    assert ((table[["kk_share", "confidence"]] >= 0) & (table[["kk_share", "confidence"]] <= 1)).all(axis=None)


def written(texts: list[str]) -> list[str]:
    words = split_words(texts)
    return [texts[text][start:end] for text, start, end in zip(words.text, words.start, words.end, strict=True)]


def test_words_are_told_from_links_and_digits() -> None:
    texts = ["Ко'ше, сөз-сөз https://t.co/x 12", "", "@a b\nC"]
    words = split_words(texts)
    assert written(texts) == ["Ко'ше", "сөз", "сөз", "b", "C"]
    assert words.code.tolist() == [0, 1, 1, 2, 3]
    assert words.text.tolist() == [0, 0, 0, 2, 2]
    assert words.inside.tolist() == [False, True, True, False, False]
    assert words.capital.tolist() == [True, False, False, False, False]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("'сөз'' ’", ["сөз''"]),
        ("https://a.kz/б в", ["в"]),
        ("HTTPS://a.kz", []),
        ("www. www.a б", ["www", "б"]),
        ("почта a@b", ["почта", "a", "b"]),
        ("@a_1б @ в", ["в"]),
        ("[id42|Анна Б], [id42 в] [club1|г\nд]", ["id", "в", "club", "г", "д"]),
        ("го\u00adрод\u200b", ["го\u00adрод\u200b"]),
        ("и\u0306од Маха\u0301ль", ["и\u0306од", "Маха\u0301ль"]),
        ("\u0301а", ["а"]),
    ],
)
def test_words_as_written(text: str, expected: list[str]) -> None:
    assert written(["Да", text, "нет"]) == ["Да", *expected, "нет"]


def test_letters_with_combining_marks_are_the_same_words() -> None:
    assert split_words(["йод и\u0306од Йо\u00adд"]).code.tolist() == [0, 0, 0]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(st.sampled_from("аБ1_'’ .\n@[]|/:htpswi\u0306\u00ad😀")), max_size=4))
def test_words_are_what_the_patterns_say(texts: list[str]) -> None:
    bare = [re.sub("[\u00ad\u0300-\u036f]", "", text) for text in texts]
    plain = [HANDLE.sub(" ", URL.sub(" ", text)) for text in bare]
    expected = [word for text in plain for word in re.findall("[^\\W\\d_]+(?:['’][^\\W\\d_]*)*", text)]
    assert written(bare) == expected
    assert len(written(texts)) == len(expected)


def test_languages_do_not_depend_on_batches(labelled: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = labelled["text"].tolist()[::3]
    at_once = detect_language(texts)
    monkeypatch.setattr(detect, "BATCH", 100)
    pd.testing.assert_frame_equal(detect_language(texts), at_once)


def spans_of(text: str) -> list[tuple[str, str]]:
    spans = language_spans([text])
    return [(row.lang, text[row.start : row.end]) for row in spans.itertuples()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Вчера мы ездили на озеро, ловили рыбу!", [("ru", "Вчера мы ездили на озеро, ловили рыбу")]),
        (
            "Балалар мектепке барды, а родители остались дома",
            [("kk", "Балалар мектепке барды"), ("ru", "а родители остались дома")],
        ),
        (
            "Сегодня на работу бармаймын, шаршадым уже 😀",
            [("ru", "Сегодня на работу"), ("kk", "бармаймын, шаршадым"), ("ru", "уже")],
        ),
        (
            "Это слова, ал депутаттың сөзі осындай. Вот и думайте сами",
            [("ru", "Это слова"), ("kk", "ал депутаттың сөзі осындай"), ("ru", "Вот и думайте сами")],
        ),
        (
            "Мен поликлиникаға бардым, а там очередь как всегда",
            [("kk", "Мен поликлиникаға бардым"), ("ru", "а там очередь как всегда")],
        ),
        ("😀 https://example.kz/a", []),
        ("Good morning everyone, have a great day", [("en", "Good morning everyone, have a great day")]),
    ],
)
def test_spans(text: str, expected: list[tuple[str, str]]) -> None:
    assert spans_of(text) == expected


def test_spans_of_many_texts_are_in_order_and_do_not_overlap(
    labelled: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = labelled["text"].tolist()
    spans = language_spans(texts)
    assert spans["text"].is_monotonic_increasing
    after = spans.groupby("text")["end"].shift()
    assert ((spans["start"] > after) | after.isna()).all()
    found = detect_language(texts)["lang"]
    langs = spans.groupby("text")["lang"].agg(list)
    for number, lang in found.items():
        own = langs.get(number, [])
        assert len(own) > 1 if lang == "mixed" else own == ([] if lang == "none" else [lang])
    monkeypatch.setattr(detect, "BATCH", 100)
    pd.testing.assert_frame_equal(language_spans(texts), spans)


def test_offsets_of_spans_count_characters_as_written() -> None:
    text = "и\u0306од 😀 го\u00adрод стоит, ал бала\u200bлар мектепке барды"
    assert spans_of(text)[0][1] == "и\u0306од 😀 го\u00adрод стоит"
    assert spans_of(text)[1][1] == "ал бала\u200bлар мектепке барды"


def test_no_texts_have_no_spans() -> None:
    assert language_spans([]).empty
    assert list(language_spans([])) == ["text", "start", "end", "lang"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(), max_size=5))
def test_spans_of_any_text_lie_within_it(texts: list[str]) -> None:
    spans = language_spans(texts)
    lengths = np.array([len(text) for text in texts], dtype=int)[spans["text"].to_numpy(dtype=int)]
    assert ((spans["start"] >= 0) & (spans["start"] < spans["end"]) & (spans["end"] <= lengths)).all()


@pytest.mark.parametrize(
    ("word", "side"),
    [
        ("депутаттың", 1),
        ("депутатпен", 1),
        ("поликлиникаға", 1),
        ("магазинге", 1),
        ("школага", 1),
        ("больницадан", 1),
        ("учительге", 1),
        ("директорлар", 1),
        ("проблемасы", 1),
        ("депутатами", -1),
        ("учительница", -1),
        ("команда", 0),
        ("математика", 0),
    ],
)
def test_a_kazakh_suffix_makes_a_russian_stem_kazakh(word: str, side: int) -> None:
    assert np.sign(np.round(read([word]).lean[0], 1)) == side


@pytest.mark.parametrize(
    "text",
    [
        "Химия, физика, математика и биология на этих отделениях преподаются на английском языке",
        "Президент Нурсултан Назарбаев принял в Акорде акима Мангистауской области Алика Айдарбаева",
        "За три года в Москве построят 300 км автодорог",
        "Гора Эверест (Джомолунгма, Сагарматха) находится на границе Непала и Тибета, Китай",
        "Шведская газета Aftonbladet сообщила, что JAS 39C Gripen разбился около 9:30 (0230 UTC)",
    ],
)
def test_formal_russian_full_of_names_is_russian(text: str) -> None:
    assert lang_of(text) == "ru"


@pytest.mark.parametrize(
    "text",
    [
        "Ол психологияны эксперимент арқылы зерттеуге арналған лаборатория ашты (1879)",
        "Компьютерлік томография, МРТ және ПЭТ – медициналық визуализация әдістері",
        "АҚШ президенті Дональд Трамп Twitter желісінде Ресей мен Украина туралы жазды",
        "Əкім бүгін ауылға келiп, ɵте жақсы айтты",  # Latin look-alikes of ә, і, ө
    ],
)
def test_formal_kazakh_full_of_loans_is_kazakh(text: str) -> None:
    assert lang_of(text) == "kk"


def test_the_name_of_another_language_does_not_change() -> None:
    text = "Dzień dobry wszystkim, co słychać?"
    assert len({name_language(text, "Latn") for _ in range(5)}) == 1
    assert name_language(text, "Latn")[0] == "pl"
    assert name_language("123", "other") == ("und", 0.0)
