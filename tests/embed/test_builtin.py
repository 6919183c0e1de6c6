"""The encoder that comes with the package, on sentences written for these tests."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from narratives import load_encoder
from narratives.embed import APART, BUILTIN
from narratives.morphology import skeleton

CLAIMS = Path(__file__).parents[2] / "benchmarks" / "data" / "claims.csv"
PAIRS = [
    (
        "Паводок смыл мост через реку, три села отрезаны от района",
        "Су тасқыны өзен көпірін шайып кетті, үш ауылдың ауданмен байланысы үзілді",
    ),
    (
        "Врачи районной больницы третий месяц не получают зарплату",
        "Аудандық аурухана дәрігерлері үш айдан бері жалақы алмай отыр",
    ),
    (
        "Сборная по боксу привезла с чемпионата пять золотых медалей",
        "Бокстан құрама команда чемпионаттан бес алтын медаль алып келді",
    ),
    ("Цены на хлеб и мясо за неделю выросли в полтора раза", "Нан мен еттің бағасы бір аптада бір жарым есе өсті"),
    ("Избирательная комиссия зарегистрировала четырёх кандидатов", "Сайлау комиссиясы төрт кандидатты тіркеді"),
    ("В школе не хватает учителей математики и физики", "Мектепте математика мен физика мұғалімдері жетіспейді"),
]  # fmt: skip
KAZAKH = [kk for _, kk in PAIRS]
LETTERS = "аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя"


FOLDING = Tokenizer.from_file(str(BUILTIN / "tokenizer.json")).normalizer


def fold(text):
    return FOLDING.normalize_str(text)


@pytest.fixture(scope="module")
def encoder():
    return load_encoder()


@pytest.fixture(scope="module")
def proper(encoder):
    return encoder.encode(KAZAKH)


def test_rows_are_unit_float32(encoder, proper):
    assert encoder.name == "builtin"
    assert proper.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(proper, axis=1), 1, atol=1e-5)


def test_a_sentence_is_nearest_to_its_translation(encoder, proper):
    cosine = encoder.encode([ru for ru, _ in PAIRS]) @ proper.T
    assert cosine.argmax(axis=0).tolist() == cosine.argmax(axis=1).tolist() == list(range(len(PAIRS)))


def test_a_number_tells_like_sentences_apart(encoder):
    ru = ["Проезд подорожал на 45 тенге", "Проезд подорожал на 90 тенге", "Завод построят в 2027 году"]
    kk = ["Жолақы 45 теңгеге қымбаттады", "Жолақы 90 теңгеге қымбаттады", "Зауыт 2027 жылы салынады"]
    cosine = encoder.encode(ru) @ encoder.encode(kk).T
    assert cosine.argmax(axis=0).tolist() == cosine.argmax(axis=1).tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("spelling", "text"),
    [
        ("Latin of 2017", "Saylay' komissiyasy to'rt kandidatty tirkedi"),
        ("Latin of 2018", "Saılaý komıssııasy tórt kandıdatty tirkedi"),
        ("Latin of 2021", "Sailau komissiiasy tört kandidatty tirkedi"),
        ("Russian letters", "Сайлау комиссиясы торт кандидатты тиркеди"),
        ("digits and signs", "С@йлау к0миссиясы төрт кандидатты тіркеді"),
        ("an accent set apart", "Сайлау комиссиясы то\u0308рт кандидатты тіркеді".replace("о\u0308", "ө")),
        ("letters between zero-width ones", "Сай\u200bлау комис\u200bсиясы төрт кан\u200bдидатты тіркеді"),
        ("mixed with Russian", "Сайлау комиссиясы зарегистрировала четырёх кандидатов"),
    ],
)
def test_other_spellings_lie_near_the_proper_one(encoder, proper, spelling, text):
    cosine = (encoder.encode([text]) @ proper.T)[0]
    assert cosine.argmax() == 4
    assert cosine[4] > 0.6


@given(st.text(LETTERS, min_size=1))
def test_its_tokenizer_folds_cyrillic_words_as_mentions_are_folded(word):
    assert fold(word) == fold(word.upper()) == skeleton(word)


@pytest.mark.parametrize(
    ("latin", "cyrillic"),
    [
        ("shyg'ys", "шығыс"),
        ("s'yg'ys", "шығыс"),
        ("şyğys", "шығыс"),
        ("shyǵys", "шығыс"),
        ("jaqsy", "жақсы"),
        ("zhaqsy", "жақсы"),
        ("jańalyq", "жаңалық"),
        ("Qazaqstan", "Қазақстан"),
        ("mektepke", "мектепке"),
        ("ko\u0308she", "көше"),
    ],
)
def test_its_tokenizer_folds_latin_kazakh_into_cyrillic(latin, cyrillic):
    assert fold(latin) == fold(cyrillic)


@pytest.mark.parametrize(
    ("signs", "letters"),
    [
        ("6@л@л@р", "балалар"),
        ("6алдыр4@н", "балдырчан"),
        ("қ@6ырға", "қабырға"),
        ("м0л0к0", "молоко"),
        ("з@6@стовк@", "забастовка"),
        ("п0з0р", "позор"),
        ("т0пт@р", "топтар"),
    ],
)
def test_its_tokenizer_folds_digits_and_signs_in_words_into_letters(signs, letters):
    assert fold(signs) == fold(signs.upper()) == fold(letters)


@pytest.mark.parametrize(
    "text",
    ["30км", "6млрд", "40лет", "п6", "су30", "2030", "3д", "0,6%", "6августа", "4часа", "3его", "м3", "30х40", "№ 640"],
)
def test_its_tokenizer_leaves_numbers_alone(text):
    assert fold(text) == text


def test_its_tokenizer_leaves_an_address_of_email_alone():
    assert "@" in fold("почта: someone@mail.ru")


@given(texts=st.lists(st.text(APART) | st.text(f"{APART}0346@aşшы’\u0306", max_size=20)))
def test_a_table_normalizes_as_the_tokenizer(encoder, texts):
    embedding = encoder.model[0]
    found = embedding.preprocess(texts)
    right = [embedding.tokenizer.encode(text, add_special_tokens=False).ids for text in texts]
    assert found["input_ids"].tolist() == [token for ids in right for token in ids]
    assert found["offsets"].tolist() == [sum(map(len, right[:place])) for place in range(len(right))]


@pytest.mark.parametrize("lang", ["ru", "kk"])
def test_posts_lie_by_claim_not_by_name(encoder, lang):
    posts = pd.read_csv(CLAIMS).query("lang == @lang")
    claim = posts["claim"].to_numpy(dtype=object)
    vectors = encoder.encode(posts["text"].tolist())
    cosine = vectors @ vectors.T
    np.fill_diagonal(cosine, -1)
    assert (claim[cosine.argmax(axis=1)] == claim).mean() > 0.9


def test_links_handles_and_emoji_do_not_count(encoder):
    bare, dressed = encoder.encode(
        ["Цены на хлеб выросли", "@someone Цены на хлеб выросли 😀 https://example.kz/news/24"]
    )
    assert bare @ dressed > 0.98


def test_text_without_words_is_a_zero_row(encoder):
    assert not encoder.encode(["", "😀😀", "https://example.kz/a"]).any()
    assert encoder.encode([]).shape == (0, 384)


def test_a_row_does_not_depend_on_the_others(encoder, proper):
    alone = np.vstack([encoder.encode([text]) for text in reversed(KAZAKH)])[::-1]
    np.testing.assert_allclose(alone, proper, atol=1e-6)


def test_it_is_small_and_any_sentence_transformers_loads_it(encoder, proper):
    from sentence_transformers import SentenceTransformer

    assert sum(file.stat().st_size for file in BUILTIN.rglob("*") if file.is_file()) < 40e6
    np.testing.assert_allclose(SentenceTransformer(str(BUILTIN), device="cpu").encode(KAZAKH), proper, atol=1e-6)


def test_it_asks_nobody():
    """A process whose every connection fails encodes all the same."""
    script = (
        "import socket\n"
        "def refuse(*_): raise OSError('no network in this test')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "import narratives\n"
        "print(narratives.load_encoder().encode(['Сайлау']).shape)\n"
    )
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("HF_", "TRANSFORMERS_"))}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=False)
    assert done.stdout.strip() == "(1, 384)", done.stderr
