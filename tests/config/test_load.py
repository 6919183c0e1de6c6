from datetime import UTC, datetime, timedelta

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from narratives.config import Study
from narratives.config.load import dump_study, expand, load_study
from narratives.errors import ConfigError

MINIMAL = "name: x\nsources:\n  - path: posts.csv\n"


def write(tmp_path, text):
    path = tmp_path / "study.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_minimal_study_has_defaults_and_its_folder(tmp_path):
    study = load_study(write(tmp_path, MINIMAL))
    assert study.encoder.name == "builtin"
    assert study.windows.length == timedelta(days=7)
    assert study.folder == tmp_path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (MINIMAL + "window: {}\n", r"study.yaml:4: unknown key 'window'\. Did you mean 'windows'\?"),
        (MINIMAL + "windows:\n  length: 7\n", r":5: windows.length: write a positive length of time .*\(got 7\)"),
        (MINIMAL + "time: {zone: Asia/Almati}\n", r":4: time.zone: unknown time zone\. Did you mean 'Asia/Almaty'"),
        ("name: x\nsources:\n  - path: a.csv\n    colums: {}\n", r":4: unknown key 'sources\[0\].colums'.*'columns'"),
        ("name: x\nsources:\n  - format: simulated\n    week: 3\n", r":4: unknown key 'sources\[0\].week'.*'weeks'"),
        ("name: x\n", r":1: the key 'sources' is missing"),
        (MINIMAL + "clustering: {reduce_to: 0}\n", r":4: clustering.reduce_to: .*greater than or equal to 2 \(got 0\)"),
        (MINIMAL + "name: y\n", r":4: the key 'name' stands twice"),
        (MINIMAL + "targets: [{id: A B, name: Я}]\n", r":4: targets\[0\].id: .*\(got 'A B'\)"),
        (MINIMAL + "events: [{name: a, date: soon}]\n", r":4: events\[0\].date"),
        (MINIMAL + "time: {start: 2020-01-02, end: 2020-01-01}\n", "must lie before end"),
        (MINIMAL + "windows: {anchor: vote}\nevents: [{name: votes, date: 2020-01-01}]\n", "Did you mean 'votes'"),
        (MINIMAL + "windows: {kind: sliding}\n", r":4: windows: `kind: sliding` needs `step`, as in `step: 1d`"),
        (MINIMAL + "windows: {kind: adaptive}\n", ":4: windows: `kind: adaptive` needs `posts`, as in `posts: 1000`"),
        (MINIMAL + "windows: {step: 1d}\n", "`step` is for `kind: sliding` only, and the kind is fixed"),
        (MINIMAL + "windows: {kind: sliding, step: 1d, posts: 9}\n", "`posts` is for `kind: adaptive` only"),
        (MINIMAL + "windows: {kind: sliding, length: 2d, step: 48h}\n", r"step \(2d\) must be less than length \(2d\)"),
        (
            MINIMAL + "windows: {kind: rolling}\n",
            r":4: windows.kind: .*'fixed', 'sliding' or 'adaptive' \(got 'rolling'\)",
        ),
        (MINIMAL + "seed: [\n", "is not valid YAML"),
        ("- a\n", "a study is a mapping"),
        ("", "a study is a mapping"),
    ],
)
def test_error_names_line_key_value_and_fix(tmp_path, text, message):
    with pytest.raises(ConfigError, match=message):
        load_study(write(tmp_path, text))


def test_every_fault_is_listed(tmp_path):
    with pytest.raises(ConfigError) as caught:
        load_study(write(tmp_path, MINIMAL + "seed: -1\nwindow: {}\n"))
    assert len(str(caught.value).splitlines()) == 2


def test_missing_file_and_wrong_encoding(tmp_path):
    with pytest.raises(ConfigError, match="there is no such study file"):
        load_study(tmp_path / "none.yaml")
    (tmp_path / "study.yaml").write_bytes("name: Жасанов".encode("cp1251"))
    with pytest.raises(ConfigError, match="is not UTF-8"):
        load_study(tmp_path / "study.yaml")


def test_yaml_tags_make_no_objects(tmp_path):
    with pytest.raises(ConfigError, match="not valid YAML"):
        load_study(write(tmp_path, MINIMAL + "report: !!python/object/apply:os.system [ls]\n"))


def test_variables_expand_in_source_paths_only(tmp_path, monkeypatch):
    monkeypatch.setenv("CORPORA", "/data")
    assert str(expand("${CORPORA}/a.csv", tmp_path)) == "/data/a.csv"
    assert expand("a.csv", tmp_path) == tmp_path / "a.csv"
    with pytest.raises(ConfigError, match="NOWHERE_TO_BE_FOUND, which is not set"):
        expand("${NOWHERE_TO_BE_FOUND}/a.csv", tmp_path)


def test_dates_are_of_the_studys_zone():
    study = Study.model_validate(
        {
            "name": "x",
            "sources": [{"path": "a.csv"}],
            "time": {"zone": "Asia/Almaty"},
            "events": [{"name": "vote", "date": "2022-11-20"}],
        }
    )
    assert study.event_time("vote") == datetime(2022, 11, 19, 18, tzinfo=UTC)


def test_resolved_study_round_trips(tmp_path):
    windows = "{kind: sliding, length: 36h, step: 90min, anchor: vote}"
    text = MINIMAL + f"events: [{{name: vote, date: 2022-11-20 20:00}}]\nwindows: {windows}\n"
    study = load_study(write(tmp_path, text))
    assert load_study(write(tmp_path, dump_study(study))) == study


@given(st.integers(1, 10_000), st.sampled_from(["s", "min", "h", "d"]))
def test_durations_round_trip(number, unit):
    study = Study.model_validate(
        {"name": "x", "sources": [{"path": "a.csv"}], "windows": {"length": f"{number}{unit}"}}
    )
    again = Study.model_validate(yaml.safe_load(dump_study(study)))
    assert again.windows.length == study.windows.length


def test_sections_are_frozen(tmp_path):
    study = load_study(write(tmp_path, MINIMAL))
    with pytest.raises(ValueError, match="frozen"):
        study.seed = 1
