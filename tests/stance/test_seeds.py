"""Stance by seeds: what a phrase says, of whom, and what denial, contrast, irony and quotation leave of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narratives.config import Phrases, Stance, Target
from narratives.errors import ConfigError, DataError
from narratives.stance import score_stance
from narratives.stance.lexicon import load_cues
from narratives.stance.seeds import Evidence, logits, softmax
from narratives.stance.tone import Tone

LABELLED = Path(__file__).parents[1] / "data" / "stance_labelled.csv"
TARGETS = [
    Target(id="kasenov", name="Касенов", aliases=Phrases(kk=("Қасенов",))),
    Target(id="zhasanov", name="Жасанов"),
]
CHANCES = ["favor", "against", "none"]


def scores(text: str, **options: object) -> dict[str, float]:
    """Return the score of each target in `text`."""
    stances = score_stance(pd.DataFrame({"text": [text]}), TARGETS, **options)  # type: ignore[arg-type]
    return dict(zip(stances["target_id"], stances["score"], strict=True))


@pytest.mark.parametrize(("lang", "least"), [("ru", 0.9), ("kk", 0.95)])
def test_labelled_posts(lang: str, least: float) -> None:
    rows = pd.read_csv(LABELLED).query("lang == @lang")
    stances = score_stance(rows.drop_duplicates("post_id")[["post_id", "text"]], TARGETS)
    both = rows.merge(stances, on=["post_id", "target_id"], how="left", validate="1:1")
    assert both["score"].notna().all()
    assert (both[CHANCES].idxmax(axis=1) == both["label"]).mean() >= least


@pytest.mark.parametrize("side", ["ru", "kk"])
@pytest.mark.parametrize("kind", ["praise", "accusation"])
def test_the_lexicon_is_large_and_says_nothing_twice(side: str, kind: str) -> None:
    texts = [cue.phrase.text for cue in load_cues(Stance(), []) if (cue.side, cue.kind) == (side, kind)]
    assert len(texts) == len(set(texts)) >= 120


@pytest.mark.parametrize(
    "text", ["Касенов", "Касенов выступит завтра в Алматы", "Қасенов ертең Алматыға келеді", "Qasenov erteñ keledi"]
)
def test_a_headline_that_names_the_target_has_no_stance(text: str) -> None:
    assert abs(scores(text)["kasenov"]) < 0.15


@pytest.mark.parametrize(
    ("text", "kasenov", "zhasanov"),
    [
        ("Касенов герой, а Жасанов предатель", 1, -1),
        ("Касенов — предатель. Жасанов — герой!", -1, 1),
        ("И Касенов, и Жасанов — воры", -1, -1),
        ("Қасенов батыр, ал Жасанов сатқын", 1, -1),
        ("Қасенов пен Жасанов сатылып кетті", -1, -1),
        ("Жасанов выступил, продажный Касенов молчал", -1, 0),
    ],
)
def test_a_phrase_counts_for_its_own_target(text: str, kasenov: int, zhasanov: int) -> None:
    got = scores(text)
    signs = {name: int(abs(score) > 0.2 and np.sign(score)) for name, score in got.items()}
    assert signs == {"kasenov": kasenov, "zhasanov": zhasanov}


@pytest.mark.parametrize(
    ("plain", "denied"),
    [
        ("Касенов герой", "Касенов не герой"),
        ("Касенов наш лидер", "Касенов никакой не наш лидер"),
        ("Қасенов батыр", "Қасенов батыр емес"),
        ("Қасеновқа сенемін", "Қасеновқа сенбеймін"),
        ("Қасенов адал", "Қасенов адал емес"),
    ],
)
def test_denied_praise_is_accusation(plain: str, denied: str) -> None:
    assert scores(plain)["kasenov"] > 0.3
    assert scores(denied)["kasenov"] < -0.2


@pytest.mark.parametrize("text", ["Касенов не предатель", "Қасенов сатқын емес", "Қасенов халықты сатпады"])
def test_denied_accusation_is_weak_praise(text: str) -> None:
    assert 0 < scores(text)["kasenov"] < 0.7


def test_the_clause_after_a_contrast_weighs_more() -> None:
    assert scores("Касенов умный, но предатель")["kasenov"] < -0.5
    assert scores("Қасенов ақылды, бірақ сатқын")["kasenov"] < -0.5
    assert scores("Касенов трус, но герой")["kasenov"] > 0.3


def test_irony_and_quotation_take_praise_back() -> None:
    straight = scores("Касенов герой")["kasenov"]
    assert scores("Касенов «герой», ага, конечно")["kasenov"] < 0 < straight
    assert abs(scores("Касенов ответил тем, кто назвал его «предателем»")["kasenov"]) < 0.2


@pytest.mark.parametrize(
    "spellings",
    [
        ("Қасенов сатқын", "Касенов саткын", "Qasenov satqyn", "Qasenov satkyn"),
        ("Қасенов халықтың үміті", "Касенов халыктын умити", "Qasenov halyqtyń úmiti"),
        ("Касенов предатель", "Kasenov predatel"),
    ],
)
def test_every_script_scores_alike(spellings: tuple[str, ...]) -> None:
    assert len({scores(text)["kasenov"] for text in spellings}) == 1


def test_own_phrases_count_and_only_for_their_target() -> None:
    targets = [TARGETS[0].model_copy(update={"accusation": Phrases(ru=("мамонт",))}), TARGETS[1]]
    posts = pd.DataFrame({"text": ["Касенова мамонтом зовут", "Жасанова мамонтом зовут", "Жасанов слонов любит"]})
    section = Stance(accusation=Phrases(ru=("слон",)), builtin_lexicon=False)
    got = score_stance(posts, targets, section=section).set_index("post_id")["score"]
    assert got["0"] < -0.5
    assert got["1"] == 0
    assert got["2"] < -0.5


def test_own_phrases_outdo_the_lexicon_for_their_target_alone() -> None:
    targets = [TARGETS[0].model_copy(update={"accusation": Phrases(ru=("батыр",))}), TARGETS[1]]
    posts = pd.DataFrame({"text": ["Касенов батыр", "Жасанов батыр"]})
    got = score_stance(posts, targets)["score"].tolist()
    assert got[0] < -0.5
    assert got[1] > 0.5


@pytest.mark.parametrize(
    "text",
    ["Иванов предатель, а Касенов выступит завтра", "Касенов сказал, что Петров вор", "Касенова купила пару туфель"],
)
def test_what_is_said_of_others_is_no_stance(text: str) -> None:
    assert abs(scores(text)["kasenov"]) < 0.3


def test_own_kazakh_phrases_inflect() -> None:
    section = Stance(accusation=Phrases(kk=("сатылып кетті", "қу түлкі")), builtin_lexicon=False)
    for text in ("Қасенов сатылып кеткен", "Қасенов сатылып кетеді", "Қасенов қу түлкілердің бірі"):
        assert scores(text, section=section)["kasenov"] < -0.5


def test_the_builtin_lexicon_can_be_left_out() -> None:
    assert scores("Касенов герой", section=Stance(builtin_lexicon=False)) == {"kasenov": 0.0}


def test_targets_may_be_mappings_and_ids_the_index() -> None:
    posts = pd.DataFrame({"text": ["Касенов герой", "ничего"]}, index=[7, 8])
    got = score_stance(posts, [{"id": "kasenov", "name": "Касенов"}])
    assert got["post_id"].tolist() == ["7"]
    assert got["method"].tolist() == ["seeds"]


def test_wrong_calls_say_what_is_wrong() -> None:
    posts = pd.DataFrame({"text": ["Касенов"]})
    with pytest.raises(ConfigError, match="no stance backend 'seed'; choose one of: few_shot, nli, seeds. Did"):
        score_stance(posts, TARGETS, backend="seed")
    with pytest.raises(ConfigError, match="nmae"):
        score_stance(posts, [{"id": "kasenov", "nmae": "Касенов"}])
    with pytest.raises(DataError, match="column 'text'; there are: body"):
        score_stance(posts.rename(columns={"text": "body"}), TARGETS)


def test_no_mention_gives_an_empty_table() -> None:
    assert score_stance(pd.DataFrame({"text": ["ничего"]}), TARGETS).empty


EVIDENCE = st.lists(st.tuples(st.floats(0, 6), st.floats(0, 6), st.floats(-4, 4)), min_size=1, max_size=9)


@given(EVIDENCE)
def test_probabilities_sum_to_one_and_follow_the_evidence(evidence: list[tuple[float, float, float]]) -> None:
    praise, accusation, tone = np.array(evidence).T

    def probabilities(praise: np.ndarray, accusation: np.ndarray, tone: np.ndarray) -> np.ndarray:
        return softmax(logits(Evidence(praise, accusation, tone, np.empty((len(praise), 0)))))

    chances = probabilities(praise, accusation, tone)
    assert np.allclose(chances.sum(axis=1), 1)
    swapped = probabilities(accusation, praise, -tone)
    np.testing.assert_allclose(swapped[:, [1, 0, 2]], chances)
    assert (probabilities(praise + 1, accusation, tone)[:, 0] > chances[:, 0]).all()
    assert (probabilities(praise, accusation, tone + 2)[:, 0] >= chances[:, 0]).all()


def test_tone_reads_words_that_the_lexicon_lacks() -> None:
    tone = Tone(load_cues(Stance(), []))
    praise = tone.of(tone.read(["чудесный заботливый мастер", "ғажап данышпан кісі", "gazhap danyshpan kisi"]))
    accusation = tone.of(tone.read(["гадкий вонючий гад", "албасты сайтан", "пәтуасыз әзәзіл"]))
    assert praise.min() > 0.1
    assert accusation.max() < -0.1
    assert Tone([]).of(tone.read(["слово"])).tolist() == [0.0]


PARTS = ["Касенов герой", "Жасанов вор", "Қасенов — сатқын!", "не", "но", "«лидер»", "бірақ", "емес", "#Касенов", "😀"]


@settings(deadline=None, max_examples=12)
@given(st.lists(st.sampled_from(PARTS), min_size=1, max_size=6))
def test_row_order_and_other_rows_do_not_matter(parts: list[str]) -> None:
    texts = ["Касенов герой", " ".join(parts) + " Касенов", ", ".join(parts) + "\nҚасенов", "Жасанов не вор"]
    posts = pd.DataFrame({"post_id": list("abcd"), "text": texts})
    stances = score_stance(posts, TARGETS)
    assert np.allclose(stances[CHANCES].sum(axis=1), 1)
    pd.testing.assert_frame_equal(score_stance(posts.iloc[::-1], TARGETS), stances)
    one = score_stance(posts.iloc[1:2], TARGETS)
    pd.testing.assert_frame_equal(one, stances[stances["post_id"] == "b"].reset_index(drop=True))
