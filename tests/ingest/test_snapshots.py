import pandas as pd
import pytest

from narratives.config import Study
from narratives.errors import ConfigError
from narratives.ingest import ingest

HEADER = "post_id,author_id,created_at,text\n"
FIRST = (
    "1,anna,2022-11-01T10:00Z,first\n2,anna,2022-11-05T10:00Z,stays\n3,anna,2022-11-06T10:00Z,goes\n"
    "4,bek,2022-11-05T10:00Z,bek was not collected again\n5,dana,2022-11-01T10:00Z,too old for the second snapshot\n"
)
SECOND = "2,anna,2022-11-05T10:00Z,stays and is edited\n6,anna,2022-11-21T10:00Z,new\n7,dana,2022-11-21T10:00Z,new\n"
THIRD = "6,anna,2022-11-21T10:00Z,new\n2,anna,2022-11-05T10:00Z,stays\n7,dana,2022-11-21T10:00Z,new\n"


def came(folder, *snapshots, **more):
    """Ingest CSVs with the day on which each was taken; the files' order is that of `snapshots`."""
    sources = []
    for number, (taken, rows) in enumerate(snapshots):
        (folder / f"{number}.csv").write_text(HEADER + rows, encoding="utf-8")
        sources.append({"path": f"{number}.csv", "taken": taken} | more)
    study = Study.model_validate({"name": "x", "sources": sources, "time": {"zone": "Asia/Almaty"}})
    study._folder = folder
    return ingest(study, folder / "corpus")


@pytest.mark.parametrize("step", [1, -1])
def test_what_a_later_snapshot_covers_and_lacks_is_gone(tmp_path, step):
    found = came(tmp_path, *[("2022-11-10", FIRST), ("2022-12-01", SECOND), ("2022-12-20", THIRD)][::step])
    table = found.deletions.set_index("post_id")
    assert table["gone_by"].notna().to_dict() == {"2": False, "3": True, "6": False, "7": False}
    assert table.loc["3", "seen_at"] == pd.Timestamp("2022-11-09 18:00", tz="UTC")  # midnight in Almaty, then UTC+6
    assert table.loc["3", "gone_by"] == pd.Timestamp("2022-11-30 18:00", tz="UTC")
    assert table.loc["2", "seen_at"] == pd.Timestamp("2022-12-19 18:00", tz="UTC")
    assert found.posts["post_id"].tolist() == ["1", "5", "2", "4", "3", "6", "7"]
    assert found.posts.set_index("post_id").loc["2", "text"] == "stays"  # as it was first seen
    assert found.rejects.empty


def test_nothing_gone(tmp_path):
    found = came(tmp_path, ("2022-11-10", FIRST[:33]), ("2022-12-01", FIRST[:33]))
    assert found.deletions["gone_by"].isna().tolist() == [True]
    assert [file.get("seen_again") for file in found.files] == [0, 1]


def test_an_older_time_filled_in_later_covers_nothing_of_now(tmp_path):
    assert came(tmp_path, ("2022-11-10", FIRST), ("2022-12-01", "9,anna,2022-10-01T10:00Z,old\n")).deletions.empty


def test_an_id_that_two_accounts_use_is_compared_for_each(tmp_path):
    both = "1,anna,2022-11-01T10:00Z,first\n1,bek,2022-11-02T10:00Z,first\n0,anna,2022-10-30T10:00Z,older\n"
    later = both.split("\n", 1)[1] + "6,anna,2022-11-21T10:00Z,new\n"
    found = came(tmp_path, ("2022-11-10", both), ("2022-12-01", later))
    assert found.deletions.set_index("post_id")["gone_by"].notna().to_dict() == {"0": False, "1": True}
    assert found.rejects["reason"].tolist() == ["post_id used before"]


def test_a_post_that_comes_back_is_not_gone(tmp_path):
    missing = SECOND.split("\n", 1)[1] + "8,anna,2022-11-04T10:00Z,old\n"
    found = came(tmp_path, ("2022-11-10", FIRST), ("2022-12-01", missing), ("2022-12-20", THIRD + missing[-30:]))
    assert "2" not in set(found.deletions.dropna(subset="gone_by")["post_id"])


def test_one_snapshot_says_nothing_of_deletions(tmp_path):
    assert came(tmp_path, ("2022-11-10", FIRST)).deletions.empty
    undated = came(tmp_path, (None, FIRST), (None, SECOND))
    assert undated.deletions.empty
    assert undated.rejects["reason"].tolist() == ["post_id used before"]


def test_twice_in_one_snapshot_is_still_refused(tmp_path):
    found = came(tmp_path, ("2022-11-10", FIRST + FIRST[: FIRST.index("\n") + 1]), ("2022-12-01", SECOND))
    assert found.rejects["reason"].tolist() == ["post_id used before"]


def test_snapshots_need_ids_of_posts(tmp_path):
    with pytest.raises((ConfigError, ValueError), match="needs a column for post_id"):
        came(tmp_path, ("2022-11-10", FIRST), columns={"post_id": None})
