"""One line in two languages is one action, where the study asks for it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from narratives import load_encoder
from narratives.config import Coordination
from narratives.coordination import detect_coordination
from narratives.coordination.translations import ROWS, translations
from narratives.embed import Vectors
from tests.coordination.planted import Corpus, words

DAY = 86_400_000_000


def vectors(values: np.ndarray) -> Vectors:
    unit = values / np.linalg.norm(values, axis=1, keepdims=True)
    return Vectors(pd.Index([f"t{i:05d}" for i in range(len(values))]), unit.astype(np.float32), "drawn")


def texts(times: list[float], langs: list[str]) -> pd.DataFrame:
    keys = [f"t{i:05d}" for i in range(len(times))]
    return pd.DataFrame({"key": range(len(times)), "text_key": keys, "lang": langs, "time": np.array(times) * DAY})


def test_the_nearest_of_both_within_the_window_are_one() -> None:
    """t0 and t3 are nearest; t1 is nearer to t3 than to any other, which is not nearest to it; t2 comes days later."""
    drawn = vectors(np.array([[1.0, 0.1, 0], [1, 0.4, 0], [0, 0, 1], [1, 0.1, 0.1], [0, 0.1, 1]]))
    table = texts([0, 0, 9, 0.5, 0.5], ["kk", "kk-Latn", "kk", "ru", "ru"])
    assert translations(table, drawn, 0.5, DAY).to_dict() == {0: 3}
    assert translations(table, drawn, 0.5, 20 * DAY).to_dict() == {0: 3, 2: 4}
    assert translations(table.assign(lang="kk"), drawn, 0.5, DAY).empty


def test_blocks_find_what_one_matrix_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("narratives.coordination.translations.COLUMNS", 700)
    rng = np.random.default_rng(0)
    n = ROWS + 500
    drawn = vectors(rng.normal(size=(2 * n, 8)))
    table = texts([*rng.uniform(0, 30, 2 * n)], ["kk"] * n + ["ru"] * n)
    cosine = drawn.values[:n] @ drawn.values[n:].T
    time = table["time"].to_numpy()
    cosine[np.abs(time[:n, None] - time[n:]) > DAY] = -1
    forth, back = cosine.argmax(axis=1), cosine.argmax(axis=0)
    own = np.arange(n)
    expected = {int(i): int(n + forth[i]) for i in own[(back[forth] == own) & (cosine.max(axis=1) >= 0.8)]}
    assert len(expected) > 100
    assert translations(table, drawn, 0.8, DAY).to_dict() == expected


@pytest.mark.parametrize(("translated", "together"), [(0.9, True), (None, False)])
def test_a_cohort_with_lines_in_two_languages_is_one(translated: float | None, together: bool) -> None:
    corpus = Corpus(np.random.default_rng(4)).habits()
    for start in corpus.rng.uniform(0, 60 * 86_400, 8):
        lines = [" ".join(words(corpus.rng, 12)) for _ in range(2)]
        corpus.rows += [(a, start + float(corpus.rng.uniform(0, 600)), 0, lines[a % 2]) for a in range(12)]
    posts, membership = corpus.tables()
    keys = posts["text_key"].drop_duplicates()
    value = dict(zip(keys, corpus.rng.normal(size=(len(keys), 32)), strict=True))
    lines = keys[keys.map(posts["text_key"].value_counts()) > 2]
    value |= {second: value[first] for first, second in zip(lines[::2], lines[1::2], strict=True)}
    drawn = np.array([value[key] for key in sorted(value)])
    unit = (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)
    odd = posts["author_id"].str[1:].astype(int) % 2
    section = Coordination.model_validate({
        "near_copy": {"translations": translated}, "same_narrative": {"enabled": False},
    })  # fmt: skip
    found = detect_coordination(
        posts.assign(lang=np.where(odd, "kk", "ru")), membership, section, seed=0,
        vectors=Vectors(pd.Index(sorted(value)), unit, "drawn"),
    )  # fmt: skip
    assert found.cohorts["cohort_id"].nunique() == (1 if together else 2)
    assert set(found.cohorts["author_id"]) == {f"a{i:03d}" for i in range(12)}


def test_the_built_in_encoder_knows_a_line_in_the_other_language() -> None:
    lines = [
        "Кандидат обманул всех, кто ему поверил", "Үміткер өзіне сенгендердің бәрін алдады",
        "Завтра в городе отключат горячую воду", "Ертең қалада ыстық су өшіріледі",
        "Все на выборы, каждый голос важен", "Бәріміз сайлауға барайық, әр дауыс маңызды",
    ]  # fmt: skip
    values = np.asarray(load_encoder("builtin").encode(lines))
    table = texts([0.1 * i for i in range(6)], ["ru", "kk"] * 3)
    assert translations(table, vectors(values), 0.4, DAY).to_dict() == {1: 0, 3: 2, 5: 4}
