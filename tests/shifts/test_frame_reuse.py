from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from narratives.config.shifts import FrameReuse
from narratives.shifts import detect_shifts
from narratives.shifts.crowd import make_crowd
from narratives.shifts.frame_reuse import find_frame_reuse
from narratives.shifts.frames import framed_posts
from narratives.stance import find_mentions
from tests.shifts import lines

DAYS = 60
STUDY = lines.study("frame_reuse")
COHORT = {"C01": range(16)}
WORDS = np.array([
    "дорога", "школа", "вода", "зима", "рынок", "сосед", "автобус", "цены", "ремонт", "двор", "погода", "хлеб", "суд",
    "газ", "свет", "район", "парк", "поезд", "река", "банк", "мектеп", "көше", "базар", "дүкен", "қыс", "жаз", "көктем",
    "су", "нан", "жол", "көрші", "аула", "саябақ", "пойыз", "өзен", "қала", "ауыл", "дәрігер", "тас", "үй",
])  # fmt: skip
RUSSIAN = "{} давно ставленник старого дворца и распродаёт нашу землю чужим"
KAZAKH = "{} ескі сарайдың адамы ғой, жерімізді шетелге сатып жатыр"
NEUTRAL = "{} сегодня провёл рабочую встречу с жителями города и области"
SPELL = {"x": 5.0, "y": 25.0, "z": 45.0}


def corpus(kind, seed, accounts=200, strength=0.5):
    """Accounts write of three targets in words of their own; `kind` says who puts a frame on which targets.

    `strength` is the chance that an account puts a frame on a target.
    """
    rng = np.random.default_rng(seed)
    posts = lines.daily_posts(rng, accounts, DAYS, rate=0.25)
    n = len(posts)
    posts["target"] = rng.choice(list("xyz"), n)
    posts["text"] = [
        " ".join([lines.NAMES[target], *rng.choice(WORDS, 8)]) for target in posts["target"]
    ]  # fmt: skip
    posts["score"] = np.where(rng.random(n) < 0.5, -0.7, 0.7)
    crowd = {"club": range(60), "idiom": range(accounts), "null": range(accounts), "loud": [3]}
    who = crowd.get(kind, range(16))
    targets = "x" if kind == "one target" else "xyz"
    templates = {"template": [NEUTRAL]}.get(kind, [RUSSIAN, KAZAKH])
    rows = []
    for account in who:
        for target in targets:
            for template in templates:
                if kind == "loud" or rng.random() < strength:
                    later = 0 if kind in {"idiom", "null"} else SPELL[target]
                    day = later + rng.uniform(0, DAYS - 1 - later if not later else 5)
                    score = 0.0 if kind == "template" else -0.7
                    rows.append((account, day, target, template.format(lines.NAMES[target]), score))
    more = pd.DataFrame(rows, columns=["account", "day", "target", "text", "score"])
    return lines.frames(pd.concat([posts, more], ignore_index=True), COHORT)


def verdicts(kind, seeds):
    return [detect_shifts(corpus(kind, seed), STUDY)["verdict"].tolist() for seed in seeds]


def test_frames_forget_the_target_and_keep_the_rest():
    frames = corpus("cohort", 1)
    posts = framed_posts(frames, make_crowd(frames, STUDY), FrameReuse())
    texts = frames["posts"].set_index("post_id").loc[posts["post_id"], "text"]
    mine = posts[texts.str.contains("дворца").to_numpy()]
    assert len(set(mine["frame"])) == 1
    assert set(mine["target_id"]) == set("xyz")
    assert mine["masked"].str.startswith("… давно").all()
    own = posts[~texts.str.contains("дворца|сарай").to_numpy()]
    assert own["frame"].nunique() > 0.98 * len(own)


def test_inflected_names_in_both_languages_are_masked_whole():
    said = {
        "x": ["Верить Саринову нельзя, он человек старого дворца", "Сариновтың сөзіне сенуге болмайды, ескі сарайдікі"],
        "y": ["Верить Дегтеву нельзя, он человек старого дворца!", "Дегтевтің сөзіне сенуге болмайды, ескі сарайдікі"],
        "z": ["Верить Жолтаеву нельзя: он человек старого дворца", "Жолтаевтың сөзіне сенуге болмайды, ескі сарайдікі"],
    }
    texts = [text for pair in said.values() for text in pair]
    frames = lines.frames(pd.DataFrame({"account": 0, "day": np.arange(6.0), "text": texts}), {})
    named = frames | {"mentions": find_mentions(frames["posts"], STUDY.targets)}
    posts = framed_posts(named, make_crowd(named, STUDY), FrameReuse())
    assert posts["target_id"].tolist() == ["x", "x", "y", "y", "z", "z"]
    assert posts["masked"].iloc[:2].tolist() == [
        "Верить … нельзя, он человек старого дворца", "… сөзіне сенуге болмайды, ескі сарайдікі",
    ]  # fmt: skip
    assert len(set(posts["frame"].iloc[::2])) == len(set(posts["frame"].iloc[1::2])) == 1
    assert len(set(posts["frame"])) == 2


def test_posts_that_name_two_targets_and_reposts_are_no_frames():
    frames = corpus("cohort", 1)
    both = frames["mentions"].iloc[[0]].assign(target_id="z" if frames["mentions"]["target_id"].iloc[0] != "z" else "x")
    named = frames | {"mentions": pd.concat([frames["mentions"], both])}
    repost = frames["posts"]["post_id"].iloc[5]
    named["posts"] = frames["posts"].assign(is_repost=frames["posts"]["post_id"] == repost)
    posts = framed_posts(named, make_crowd(named, STUDY), FrameReuse())
    assert not {repost, both["post_id"].iloc[0]} & set(posts["post_id"])


def test_a_frame_that_a_cohort_puts_on_three_targets_is_found():
    assert sum(v == ["coordinated frame reuse"] for v in verdicts("cohort", range(8))) >= 7


def test_the_finding_tells_the_sequence_of_targets_and_shows_it():
    frames = corpus("cohort", 1)
    row = detect_shifts(frames, STUDY).iloc[0]
    details = json.loads(row["details"])
    assert row["targets"] == ["x", "y", "z"]
    assert 25 <= (row["date"] - lines.START) / pd.Timedelta(days=1) <= 30
    assert row["effect_low"] <= row["effect"] <= row["effect_high"]
    assert row["effect_low"] > 0.5
    assert len(details["frames"]) == 2
    posts = frames["posts"].set_index("post_id").loc[row["evidence"]]
    assert len(posts) <= 20
    assert posts["text"].str.contains("дворца|сарай").all()
    assert posts["author_id"].le("a0015").all()


def test_an_idiom_that_everybody_uses_of_everybody_is_none():
    found = [finding for seed in range(6) for finding in find_frame_reuse(corpus("idiom", seed), STUDY)]
    assert {finding.judge(finding.p).verdict for finding in found} == {"common idiom"}


def test_a_saying_of_a_wider_circle_is_no_claim():
    found = {verdict for found in verdicts("club", range(8)) for verdict in found}
    assert not any(verdict.startswith("coordinated") for verdict in found)


@pytest.mark.parametrize("kind", ["one target", "loud"])
def test_copies_on_one_target_and_a_loud_account_are_no_reuse(kind):
    assert verdicts(kind, range(6)) == [[]] * 6


def test_a_neutral_template_is_no_claim():
    assert {v for found in verdicts("template", range(6)) for v in found} == {"shared template"}


def test_p_holds_its_level_where_everybody_reuses_alike():
    p = np.array([f.p for seed in range(60) for f in find_frame_reuse(corpus("null", seed, accounts=80), STUDY)])
    assert len(p) == 60
    assert np.mean(p <= 0.05) <= 0.12
    assert np.mean(p <= 0.5) == pytest.approx(0.5, abs=0.2)


def test_row_order_never_matters():
    frames, rng = corpus("cohort", 2), np.random.default_rng(5)
    mixed = {name: part.iloc[rng.permutation(len(part))] for name, part in frames.items()}
    assert_frame_equal(detect_shifts(mixed, STUDY), detect_shifts(frames, STUDY))
