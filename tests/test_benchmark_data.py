from pathlib import Path

import pandas as pd
import pytest

STANCES = Path(__file__).parents[1] / "benchmarks" / "data" / "stance_posts.csv"

MENTIONS = STANCES.with_name("mention_posts.csv")


@pytest.fixture(scope="module")
def rows():
    return pd.read_csv(STANCES, keep_default_na=False)


def test_stance_rows_are_many_and_half_of_them_in_each_language(rows):
    assert len(rows) >= 1000
    assert rows["lang"].value_counts(normalize=True).round(2).to_dict() == {"ru": 0.5, "kk": 0.5}
    assert rows.groupby(["lang", "kind"])["split"].nunique().tolist() == [2] * 14


def test_stance_labels_are_valid_and_each_target_of_a_post_has_one(rows):
    assert set(rows["label"]) == set(rows["second"]) == {"favor", "against", "none"}
    assert set(rows["target_id"]) == {"kasenov", "zhasanov", "seitova", "party", "voting"}
    assert not rows.duplicated(["post_id", "target_id"]).any()


def test_stance_posts_are_distinct_and_in_one_split(rows):
    assert set(rows["split"]) == {"dev", "test"}
    posts = rows[["post_id", "lang", "kind", "split", "text"]].drop_duplicates()
    assert posts["post_id"].is_unique
    assert posts["text"].str.casefold().is_unique


def test_mention_posts_are_many_distinct_and_a_third_of_them_without_a_mention():
    posts = pd.read_csv(MENTIONS, keep_default_na=False)
    assert posts["marked"].is_unique
    assert posts.groupby("lang").size().min() >= 300
    assert 0.25 < (~posts["marked"].str.contains(r"[", regex=False)).mean() < 0.4
