"""The backend `few_shot`: learns what no lexicon knows, from labels alone, and says how well."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from narratives import load_encoder, score_stance
from narratives.config import Stance, Target
from narratives.errors import ConfigError, DataError
from narratives.stance import Backend, Pair, load_backend
from narratives.stance.features import near_name, without_name
from narratives.stance.protocol import LABELS, Resources
from narratives.stance.quality import Calibrated

TARGETS = [Target(id="zh", name="Жасанов"), Target(id="kas", name="Касенов")]
# Words of praise and of accusation in a slang that no lexicon has, and words that say neither.
SLANG = {"favor": ["бублик", "крендель"], "against": ["винтик", "шуруп"], "none": ["трамвай", "вторник"]}
AROUND = ["сегодня в городе", "бүгін қалада", "вчера на площади", "кеше алаңда", "утром у дома", "таңертең үйде"]


def posts(n: int, seed: int) -> pd.DataFrame:
    """Return n posts that say of one of the targets that he is a bublik, a vintik or on a tram."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(n):
        label, target = LABELS[number % 3], TARGETS[rng.integers(2)]
        words = rng.choice(AROUND), target.name, rng.choice(SLANG[label]), rng.choice(AROUND), str(rng.integers(10**6))
        rows.append((" ".join(words), target.id, label))
    return pd.DataFrame(rows, columns=["text", "target_id", "label"])


def backend(folder: Path, labels: pd.DataFrame, **section: object) -> Backend:
    labels.to_csv(folder / "labels.csv", index=False)
    stance = Stance.model_validate({"backend": "few_shot", "labels": "labels.csv"} | section)
    return load_backend(Resources(stance, TARGETS, load_encoder, folder))


def said(learned: Backend, frame: pd.DataFrame) -> np.ndarray:
    chances = learned.score([Pair(t, i, ()) for t, i in zip(frame["text"], frame["target_id"], strict=True)])
    assert np.allclose(chances.sum(axis=1), 1)
    return np.array(LABELS)[chances.argmax(axis=1)]


def test_it_learns_from_sixty_labels_what_the_lexicon_does_not_know(tmp_path: Path) -> None:
    learned, unseen = backend(tmp_path, posts(60, 1)), posts(90, 2)
    assert (said(learned, unseen) == unseen["label"]).mean() > 0.9
    seeds = load_backend(Resources(Stance(), TARGETS, load_encoder))
    assert (said(seeds, unseen) == unseen["label"]).mean() < 0.5
    assert learned.quality is not None
    assert learned.quality.macro_f1 > 0.85
    assert learned.quality.labels == dict.fromkeys(LABELS, 20)
    assert len(learned.quality.curve) > 1


def test_labels_without_meaning_are_reported_as_such(tmp_path: Path) -> None:
    frame = posts(90, 3)
    frame["label"] = np.random.default_rng(0).permutation(frame["label"])
    quality = backend(tmp_path, frame).quality
    assert quality is not None
    assert quality.macro_f1 < 0.5
    assert quality.calibration_error < 0.2


def test_copies_do_not_inflate_the_figures(tmp_path: Path) -> None:
    frame = posts(60, 4)
    frame["label"] = np.random.default_rng(1).permutation(frame["label"])
    copies = pd.concat([frame, *(frame.assign(text=frame["text"] + mark) for mark in ("!", " 👍", "…", "!!"))])
    quality = backend(tmp_path, copies).quality
    assert quality is not None
    assert quality.macro_f1 < 0.5


def test_the_name_says_nothing(tmp_path: Path) -> None:
    frame = posts(60, 5)
    frame["target_id"] = np.where(frame["label"] == "favor", "zh", "kas")
    names = frame["target_id"].map({target.id: target.name for target in TARGETS})
    frame["text"] = [text.replace("Жасанов", name).replace("Касенов", name)
                     for text, name in zip(frame["text"], names, strict=True)]  # fmt: skip
    learned = backend(tmp_path, frame)
    one, other = "вчера Жасанов винтик у дома", "вчера Касенов винтик у дома"
    scores = learned.score([Pair(one, "zh", ((6, 13, "zh"),)), Pair(other, "kas", ((6, 13, "kas"),))])
    assert np.allclose(scores[0], scores[1], atol=1e-6)


def test_an_answer_that_nobody_gave_is_never_said(tmp_path: Path) -> None:
    frame = posts(90, 7).query("label != 'none'")
    learned, unseen = backend(tmp_path, frame), posts(90, 8).query("label != 'none'")
    assert (said(learned, unseen) == unseen["label"]).mean() > 0.9
    assert learned.quality is not None
    assert learned.quality.macro_f1 > 0.85
    with pytest.raises(ConfigError, match="holds distinct texts: 30 favor, 0 against, 0 none"):
        backend(tmp_path, posts(90, 7).query("label == 'favor'"))


@pytest.mark.parametrize("n", [0, 9, 15])
def test_too_few_labels_are_refused(tmp_path: Path, n: int) -> None:
    with pytest.raises(ConfigError, match="`few_shot` needs 20, of at least two answers, and 5 of each"):
        backend(tmp_path, posts(n, 1))


def test_labels_must_be_named_and_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"needs labels.*narratives label RUN_FOLDER"):
        load_backend(Resources(Stance(backend="few_shot"), TARGETS, load_encoder))
    with pytest.raises(DataError, match=r"there is no file .*none\.csv"):
        load_backend(Resources(Stance(backend="few_shot", labels="none.csv"), TARGETS, load_encoder, tmp_path))


def test_labels_calibrate_seeds_too(tmp_path: Path) -> None:
    frame = posts(60, 6)
    plain, scaled = load_backend(Resources(Stance(), TARGETS, load_encoder)), backend(tmp_path, frame, backend="seeds")
    assert isinstance(scaled, Calibrated)
    assert scaled.quality is not None
    assert scaled.quality.curve == {}
    praise = [Pair("Жасанов настоящий герой и патриот", "zh", ((0, 7, "zh"),))]
    assert not np.allclose(plain.score(praise), scaled.score(praise))
    assert plain.quality is None


def test_a_post_abstains_where_no_answer_is_probable_enough() -> None:
    frame = pd.DataFrame({"text": ["Жасанов настоящий герой, спасибо ему", "Жасанов и герой, и предатель"]})
    sure = score_stance(frame, TARGETS, section=Stance(min_confidence=0.6))
    assert sure["abstained"].tolist() == [False, True]
    assert not score_stance(frame, TARGETS)["abstained"].any()


def test_what_the_classifier_reads() -> None:
    pair = Pair("Вчера Жасанов и Касенов спорили, Жасанов ушёл", "zh", ((6, 13, "zh"), (16, 23, "kas"), (33, 40, "zh")))
    assert without_name(pair).split() == ["Вчера", "и", "Касенов", "спорили,", "ушёл"]
    assert near_name(pair) == "Вчера и Касенов спорили, Жасанов ушёл"
    assert near_name(Pair("Спасибо", "zh", ())) == "Спасибо"
