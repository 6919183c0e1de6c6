"""Labels: what any spreadsheet makes of the file, and which posts are asked about."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narratives.config import Target
from narratives.copies import normalise
from narratives.errors import DataError
from narratives.stance.labels import asked_before, read_labels, sample_pairs, write_sample

TARGETS = [Target(id="zh", name="Жасанов"), Target(id="kas", name="Касенов")]


def write(path: Path, content: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(content.encode(encoding))
    return path


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_any_separator_and_any_word_for_an_answer(tmp_path: Path, separator: str, encoding: str) -> None:
    answers = ["favor", "за", "Қолдайды", "+", "against", "−", "-", "қарсы", "none", "0", "бейтарап", ""]
    rows = [separator.join(["text", "target_id", "label", "note"])]
    rows += [separator.join([f"Жасанов {n}", "zh", answer, "x"]) for n, answer in enumerate(answers)]
    labels = read_labels(write(tmp_path / "labels.csv", "\r\n".join(rows), encoding), TARGETS)
    assert labels.table["label"].tolist() == ["favor"] * 4 + ["against"] * 4 + ["none"] * 3
    assert labels.blank == 1
    assert labels.codes.tolist() == [0] * 4 + [1] * 4 + [2] * 3


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("text,target,label\n", "no column 'target_id'; there are: text, target, label. Did you mean 'target'"),
        ("text,target_id,label\nа,zh,za\n", "labels.csv: row 1: label 'za' is no answer"),
        ("text,target_id,label\nа,zh,+\nб,zhh,+\n", "row 2: target_id 'zhh' is no target of the study. Did you mean"),
    ],
)
def test_a_wrong_file_is_refused_by_row(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_labels(write(tmp_path / "labels.csv", content), TARGETS)


def test_another_encoding_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "labels.csv", "text,target_id,label\nЖасанов,zh,за\n", "cp1251")
    with pytest.raises(DataError, match=r"is not UTF-8 \(byte 21\). Save it as 'CSV UTF-8'"):
        read_labels(path, TARGETS)


def test_pairs_know_where_the_targets_are(tmp_path: Path) -> None:
    path = write(tmp_path / "labels.csv", "text,target_id,label\nКасенов и Жасанов,zh,+\nСпасибо,zh,+\n")
    named, carried = read_labels(path, TARGETS).pairs(TARGETS)
    assert named.spans == ((0, 7, "kas"), (10, 17, "zh"))
    assert carried.spans == ()


def test_likes_of_a_text_stay_on_one_side_of_a_split(tmp_path: Path) -> None:
    path = write(tmp_path / "labels.csv", "text,target_id,label\nЖасанов!,zh,+\nжасанов,zh,+\nДругое,zh,0\n")
    first, second, third = read_labels(path, TARGETS).groups
    assert first == second != third


@settings(deadline=None, max_examples=50)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(str.strip), max_size=6))
def test_a_written_sample_comes_back(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    path = tmp_path_factory.mktemp("labels") / "labels.csv"
    texts = [*texts, "=1+1", "@zh жүр", 'Бірінші жол\nекінші; «үшінші», "төртінші"']
    write_sample(pd.DataFrame({"text": texts, "target_id": "zh"}), path)
    filled = pd.read_csv(path, dtype=str, keep_default_na=False).assign(label="за")
    assert not filled["text"].str.match(r"[=+\-@]").any()
    filled.to_csv(path, index=False)
    known = [text for text in texts if not (text[0] == "'" and text[1:2] in ("=", "+", "-", "@", "\t", "\r"))]
    assert set(known) <= set(read_labels(path, TARGETS).table["text"])


def test_what_a_file_holds_stays_byte_for_byte(tmp_path: Path) -> None:
    before = "note;text;label;target_id\r\nмоя заметка;Жасанов жақсы;за;zh\r\n;Касенов тоже;;kas"
    path = write(tmp_path / "labels.csv", before)
    write_sample(pd.DataFrame({"text": ["Жаңа; мәтін"], "target_id": ["kas"]}), path)
    assert path.read_text(encoding="utf-8").replace("\n", "\r\n") == before + '\r\n;"Жаңа; мәтін";;kas\r\n'
    assert asked_before(path, TARGETS) == {
        (normalise("Жасанов жақсы"), "zh"), (normalise("Касенов тоже"), "kas"), (normalise("Жаңа; мәтін"), "kas"),
    }  # fmt: skip


def pairs(n: int = 400) -> pd.DataFrame:
    """Return scored pairs: a tenth Kazakh, a twentieth on the rare target, most answers sure to be none."""
    rng = np.random.default_rng(0)
    favor = np.where(rng.random(n) < 0.1, rng.uniform(0.4, 0.6, n), 0.02)
    return pd.DataFrame({
        "text": [f"Жасанов мәтін {i} {rng.integers(10**9)}" for i in range(n)], "group": np.arange(n) // 2,
        "target_id": np.where(rng.random(n) < 0.05, "kas", "zh"), "lang": np.where(rng.random(n) < 0.1, "kk", "ru"),
        "created_at": pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(np.arange(n), unit="h"),
        "favor": favor, "against": 0.01, "none": 0.99 - favor,
    })  # fmt: skip


def test_a_sample_is_spread_and_asks_what_is_doubtful() -> None:
    sample, everything = sample_pairs(pairs(), 40), pairs()
    assert len(sample) == 40
    assert not sample.duplicated(["group", "target_id"]).any()
    for column, rare in (("lang", "kk"), ("target_id", "kas")):
        assert sample[column].eq(rare).mean() > 2 * everything[column].eq(rare).mean()
    assert sample["favor"].gt(0.3).mean() > 2 * everything["favor"].gt(0.3).mean()
    assert sample["favor"].lt(0.3).mean() > 0.3


def test_a_sample_does_not_depend_on_row_order_and_grows() -> None:
    shuffled = pairs().sample(frac=1, random_state=1)
    assert sample_pairs(shuffled, 40)["text"].tolist() == sample_pairs(pairs(), 40)["text"].tolist()
    assert sample_pairs(pairs(), 60)["text"].tolist()[:40] == sample_pairs(pairs(), 40)["text"].tolist()


def test_nothing_is_asked_twice() -> None:
    first = sample_pairs(pairs(), 40)
    asked = set(zip(first["text"].map(normalise), first["target_id"], strict=True))
    second = sample_pairs(pairs(), 40, asked=asked)
    assert set(first["text"]).isdisjoint(second["text"])
