import json
from datetime import UTC, datetime

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narratives.config import Study
from narratives.errors import DataError
from narratives.ingest import ingest

HEADER = "post_id,author_id,created_at,text\n"


def study_of(folder, *sources, **more):
    study = Study.model_validate({"name": "x", "sources": list(sources) or [{"path": "posts.csv"}], **more})
    study._folder = folder
    return study


def read(folder, data, source=None, **more):
    path = folder / (source or {"path": "posts.csv"})["path"]
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return ingest(study_of(folder, source or {"path": "posts.csv"}, **more), folder / "corpus")


def test_plain_csv(tmp_path):
    came = read(tmp_path, HEADER + "1,anna,2022-11-20T10:00:00+06:00,Сәлем әлем\n")
    assert came.posts.loc[0, "created_at"] == datetime(2022, 11, 20, 4, tzinfo=UTC)
    assert came.posts.loc[0, "text"] == "Сәлем әлем"
    assert came.rejects.empty
    assert came.files == [{"file": "posts.csv", "read": "utf-8-sig, delimiter ','", "rows": 1, "posts": 1}]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_detected(tmp_path, delimiter):
    line = delimiter.join(["1", "anna", "2022-11-20T10:00Z", '"привет, мир; снова|да"'])
    came = read(tmp_path, HEADER.replace(",", delimiter) + line + "\n")
    assert came.posts["text"].tolist() == ["привет, мир; снова|да"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1251"])
def test_encoding_is_detected(tmp_path, encoding):
    text = "Сегодня в городе прошли выборы и люди долго стояли в очереди"
    rows = "".join(f"{n},anna,2022-11-20T10:00Z,{text} {n}\n" for n in range(30))
    came = read(tmp_path, (HEADER + rows).encode(encoding))
    assert came.posts["text"].str.startswith(text).all()
    assert len(came.posts) == 30


def test_declared_encoding_holds_kazakh_letters(tmp_path):
    data = (HEADER + "1,anna,2022-11-20T10:00Z,Қазақстан халқы\n").encode("ptcp154")
    came = read(tmp_path, data, {"path": "posts.csv", "encoding": "ptcp154"})
    assert came.posts["text"].tolist() == ["Қазақстан халқы"]


def test_a_damaged_row_is_refused_alone(tmp_path):
    good = "".join(f"{n},anna,2022-11-20T10:00Z,текст {n}\n" for n in range(200)).encode()
    came = read(tmp_path, HEADER.encode() + good + b"200,anna,2022-11-20T10:00Z,\xff\xfe\xfa\n")
    assert len(came.posts) == 200
    assert came.rejects["reason"].tolist() == ["text holds bytes that are not its encoding's"]
    assert came.rejects["row"].tolist() == [201]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2,,2022-11-20T10:00Z,text", "no author_id"),
        (",anna,2022-11-20T10:00Z,text", "no post_id"),
        ("2,anna,2022-11-20T10:00Z,  ", "empty text"),
        ("2,anna,20 ноября,text", "time cannot be read"),
        ("2,anna,2022-02-30T10:00Z,text", "time cannot be read"),
        ("2,anna,,text", "time cannot be read"),
        ("2,anna,2022-11-20 10:00,text", "time without a zone (set `timezone:` of the source)"),
        ("2,anna,2022-11-20T10:00Z,text,more", "has 5 fields, the header has 4"),
        ("2,anna", "has 2 fields, the header has 4"),
        ("2,anna,2022-11-20T10:00Z," + "я" * 1_000_000, "text longer than max_text_chars (20000)"),
        ('2,anna,2022-11-20T10:00Z,"a"b', "broken quotes: ',' expected after '\"'"),
        ("," * 1_000_000, "has 1000001 fields, the header has 4"),
    ],
)
def test_row_is_refused_with_its_reason(tmp_path, row, reason):
    came = read(tmp_path, HEADER + "1,anna,2022-11-20T10:00Z,good\n" + row + "\n3,anna,2022-11-20T10:00Z,good\n")
    assert came.posts["post_id"].tolist() == ["1", "3"]
    assert came.rejects[["source", "row", "reason"]].values.tolist() == [["posts.csv", 2, reason]]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file is empty"),
        (b"\n\n", "the file is empty"),
        (HEADER, "there is a header and no row"),
        ("id,author_id,created_at,text\n1,a,2022-11-20T10:00Z,x\n", "no column 'post_id'.*Columns here: id, author_id"),
        ("post_id,author,created_at,text\n", "no column 'author_id' for author_id. Did you mean 'author'"),
        (HEADER + '1,anna,2022-11-20T10:00Z,"never closed\n2,b,c,d\n', "row 1: a quote is opened and never closed"),
        (HEADER + "1,anna,yesterday,x\n2,anna,today,y\n", r"none of 2 rows can be used: time cannot be read \(2\)"),
        ("," * 10_000_000, "no column 'post_id'"),
    ],
)
def test_file_that_cannot_be_used(tmp_path, data, message):
    with pytest.raises(DataError, match=message):
        read(tmp_path, data)


def test_missing_file_and_unknown_ending(tmp_path):
    with pytest.raises(DataError, match="there is no such file"):
        ingest(study_of(tmp_path), tmp_path)
    with pytest.raises(DataError, match="the ending tells no format"):
        read(tmp_path, "x", {"path": "posts.xlsx"})


def test_times(tmp_path):
    rows = ["2022-11-20 10:00:00", "20.11.2022 10:00", "1668938400", "1668938400000", "2022-11-20T10:00:00.5Z"]
    data = HEADER + "".join(f"{n},anna,{time},x\n" for n, time in enumerate(rows))
    came = read(tmp_path, data, {"path": "posts.csv", "timezone": "Asia/Almaty"})
    assert came.posts.set_index("post_id")["created_at"].to_dict() == {
        "0": pd.Timestamp("2022-11-20 04:00", tz="UTC"),
        "2": pd.Timestamp("2022-11-20 10:00", tz="UTC"),
        "3": pd.Timestamp("2022-11-20 10:00", tz="UTC"),
        "4": pd.Timestamp("2022-11-20 10:00:00.5", tz="UTC"),
    }
    declared = {"path": "posts.csv", "timezone": "Asia/Almaty", "time_format": "%d.%m.%Y %H:%M"}
    came = read(tmp_path, data, declared)
    assert came.posts["post_id"].tolist() == ["1"]
    assert came.posts["created_at"].tolist() == [pd.Timestamp("2022-11-20 04:00", tz="UTC")]


def test_local_time_that_stands_twice_or_never(tmp_path):
    rows = "1,a,2022-10-30 02:30,twice\n2,a,2022-03-27 02:30,never\n"
    came = read(tmp_path, HEADER + rows, {"path": "posts.csv", "timezone": "Europe/Berlin"})
    assert came.posts.set_index("post_id")["created_at"].to_dict() == {
        "1": pd.Timestamp("2022-10-30 00:30", tz="UTC"),
        "2": pd.Timestamp("2022-03-27 01:00", tz="UTC"),
    }


def test_duplicates_keep_the_earliest_whatever_the_order(tmp_path):
    rows = ["1,anna,2022-11-20T11:00Z,later\n", "1,anna,2022-11-20T10:00Z,first\n", "2,anna,2022-11-20T10:00Z,x\n"]
    for order in (rows, rows[::-1]):
        came = read(tmp_path, HEADER + "".join(order))
        assert came.posts["text"].tolist() == ["first", "x"]
        assert came.rejects["reason"].tolist() == ["post_id used before"]


def test_time_range_is_half_open_and_counted(tmp_path):
    rows = "1,a,2022-11-19T23:59:59Z,x\n2,a,2022-11-20T00:00Z,x\n3,a,2022-11-21T00:00Z,x\n"
    came = read(tmp_path, HEADER + rows, time={"start": "2022-11-20", "end": "2022-11-21"})
    assert came.posts["post_id"].tolist() == ["2"]
    assert came.rejects["reason"].tolist() == ["outside the study's time"] * 2


def test_emoji_and_links_are_posts(tmp_path):
    came = read(tmp_path, HEADER + "1,a,2022-11-20T10:00Z,😀😀\n2,a,2022-11-20T10:00Z,https://example.kz/a\n")
    assert len(came.posts) == 2


def test_jsonl_with_nested_keys_and_bad_lines(tmp_path):
    good = {"id": 7, "from": {"id": 12}, "date": 1668938400, "text": "Сәлем"}
    lines = [json.dumps(good), "{broken", "[1]", "", json.dumps({**good, "id": 8, "text": None})]
    columns = {"post_id": "id", "author_id": "from.id", "created_at": "date"}
    came = read(tmp_path, "\n".join(lines), {"path": "posts.jsonl", "columns": columns})
    assert came.posts[["post_id", "author_id", "text"]].values.tolist() == [["7", "12", "Сәлем"]]
    assert came.rejects["row"].tolist() == [2, 3, 5]
    assert came.rejects["reason"].str.split(":").str[0].tolist() == [
        "is not JSON",
        "is not a JSON object",
        "empty text",
    ]


def test_jsonl_without_a_key(tmp_path):
    with pytest.raises(DataError, match="no column 'author_id' for author_id. Did you mean 'author'"):
        read(tmp_path, '{"post_id": 1, "author": 2, "created_at": 3, "text": "x"}', {"path": "posts.jsonl"})
    with pytest.raises(DataError, match="the file is empty"):
        read(tmp_path, "", {"path": "posts.jsonl"})


def test_half_a_surrogate_pair_is_refused(tmp_path):
    line = '{"post_id": "1", "author_id": "a", "created_at": 1668938400, "text": "x \\ud83d"}'
    good = '{"post_id": "2", "author_id": "a", "created_at": 1668938400, "text": "x"}'
    came = read(tmp_path, line + "\n" + good, {"path": "posts.jsonl"})
    assert came.rejects["reason"].tolist() == ["text holds bytes that are not its encoding's"]


def test_parquet_types(tmp_path):
    frame = pd.DataFrame(
        {
            "author_id": [1, 2],
            "created_at": pd.to_datetime(["2022-11-20 10:00", "2022-11-20 11:00"]),
            "text": ["a", "b"],
            "rt": ["0", "1"],
        }
    )
    frame.to_parquet(tmp_path / "posts.parquet")
    source = {"path": "posts.parquet", "columns": {"post_id": None, "is_repost": "rt"}, "timezone": "UTC"}
    came = ingest(study_of(tmp_path, source), tmp_path)
    assert came.posts["post_id"].tolist() == ["posts.parquet:1", "posts.parquet:2"]
    assert came.posts["author_id"].tolist() == ["1", "2"]
    assert came.posts["is_repost"].tolist() == [False, True]


def test_not_parquet(tmp_path):
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        read(tmp_path, "text", {"path": "posts.parquet"})


def test_several_files_by_pattern(tmp_path):
    for name in ("b.csv", "a.csv"):
        (tmp_path / name).write_text(HEADER + f"{name},anna,2022-11-20T10:00Z,x\n")
    came = ingest(study_of(tmp_path, {"path": "*.csv"}), tmp_path)
    assert came.posts["post_id"].tolist() == ["a.csv", "b.csv"]


def test_accounts_keep_what_can_be_read(tmp_path):
    (tmp_path / "accounts.csv").write_text(
        "author_id,followers,has_photo\nanna,12,yes\nberik,many,0\n,1,1\ncarl,3.5,maybe\n", encoding="utf-8"
    )
    columns = {"followers": "followers", "has_photo": "has_photo"}
    came = read(
        tmp_path, HEADER + "1,anna,2022-11-20T10:00Z,x\n", accounts=[{"path": "accounts.csv", "columns": columns}]
    )
    assert came.accounts["author_id"].tolist() == ["anna", "berik", "carl"]
    assert came.accounts["followers"].isna().tolist() == [False, True, True]
    assert came.accounts["has_photo"].tolist()[:2] == [True, False]
    assert sorted(came.rejects["reason"]) == [
        "followers cannot be read (field left empty)",
        "followers cannot be read (field left empty)",
        "has_photo cannot be read (field left empty)",
        "no author_id",
    ]


@settings(max_examples=30, deadline=None)
@given(rows=st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5), st.text(max_size=12), st.text(max_size=20))))
def test_rows_are_conserved(tmp_path_factory, rows):
    """Every row of a file is a post or a reject."""
    folder = tmp_path_factory.mktemp("rows")
    frame = pd.DataFrame(rows, columns=["post_id", "author_id", "created_at", "text"])
    frame = pd.concat([frame, pd.DataFrame([["ok", "a", "2022-11-20T10:00Z", "x"]], columns=frame.columns)])
    frame.to_json(folder / "posts.jsonl", orient="records", lines=True)
    came = ingest(study_of(folder, {"path": "posts.jsonl"}), folder)
    assert len(came.posts) + len(came.rejects) == len(frame)
