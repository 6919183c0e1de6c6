"""The whole line: outputs, reuse, resume, reproducibility."""

import json
import shutil
from dataclasses import replace

import pandas as pd
import pytest
import yaml

import narratives
from narratives import pipeline, tables
from narratives.errors import ArtifactError

OUTPUTS = {"report.html", "timeline.png", "findings.json", "summary.json", "manifest.json", "study.resolved.yaml"}


class Recorder:
    """Remembers which stages ran and which were reused."""

    def __init__(self):
        self.ran, self.reused = [], []

    def start(self, stage, total=None):
        pass

    def advance(self, steps):
        pass

    def finish(self, stage, *, reused):
        (self.reused if reused else self.ran).append(stage)


@pytest.fixture
def copied(small_run, tmp_path):
    """A copy of the small run and its corpus, to be changed."""
    shutil.copytree(small_run.folder.parent, tmp_path / "copy")
    return tmp_path / "copy"


def rerun(folder, **changes):
    path = folder / "corpus" / "study.yaml"
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    for section, values in changes.items():
        data[section] = {**data.get(section, {}), **values} if isinstance(values, dict) else values
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    seen = Recorder()
    return narratives.run(path, folder / "run", progress=seen), seen


def test_outputs(small_run):
    assert {path.name for path in small_run.folder.iterdir() if path.is_file()} == OUTPUTS
    made = {path.stem for path in (small_run.folder / "tables").iterdir()}
    assert made == set(tables.SCHEMAS) | {"vectors"}
    assert small_run.summary["texts_cut"] == 0


def test_every_post_is_accounted_for(small_run):
    counts = small_run.summary["counts"]
    corpus = pd.read_csv(small_run.folder.parent / "corpus" / "posts.csv")
    assert counts["posts"] + counts["rejected rows"] == len(corpus)
    assert len(small_run.membership) == counts["posts"]
    assert small_run.windows["n_posts"].sum() == counts["posts"]


def test_findings_json_has_what_scripts_need(small_run):
    findings = json.loads((small_run.folder / "findings.json").read_text(encoding="utf-8"))
    assert findings
    wanted = {"kind", "targets", "date", "interval", "statistic", "effect", "effect_interval", "p", "q"}
    wanted |= {"placebo_rank", "verdict", "reasons", "cohort", "evidence"}
    for finding in findings:
        assert wanted <= set(finding)
        assert finding["interval"][0] <= finding["date"] <= finding["interval"][1]
        assert finding["effect_interval"][0] <= finding["effect"] <= finding["effect_interval"][1]
        assert set(finding["evidence"]) <= set(small_run.tables["posts"]["post_id"])


def test_planted_reversal_is_found(small_run):
    verdicts = small_run.findings["verdict"].tolist()
    assert "coordinated reversal" in verdicts


def test_second_run_reuses_everything(copied):
    _, seen = rerun(copied)
    assert seen.ran == ["report"]


@pytest.mark.parametrize(
    ("changes", "first"),
    [
        ({"shifts": {"alpha": 0.04}}, "shifts"),
        ({"coordination": {"min_shared": 4}}, "coordination"),
        ({"tracking": {"threshold": 0.5}}, "track"),
    ],
)
def test_a_changed_section_recomputes_only_what_follows(copied, changes, first):
    _, seen = rerun(copied, **changes)
    assert seen.ran[0] == first
    assert {"ingest", "language", "embed", "cluster"} <= set(seen.reused)


def test_a_damaged_table_is_made_again(copied, small_run):
    (copied / "run" / "tables" / "tracks.parquet").write_bytes(b"damaged")
    again, seen = rerun(copied)
    assert seen.ran == ["track", "report"]
    pd.testing.assert_frame_equal(again.tracks, small_run.tracks)


def test_a_stage_that_makes_a_further_table_runs_again(copied, monkeypatch):
    fewer = tuple(
        replace(stage, outputs=("mentions", "stances")) if stage.name == "stance" else stage
        for stage in pipeline.STAGES
    )
    with monkeypatch.context() as older:
        older.setattr(pipeline, "STAGES", fewer)
        with pytest.raises(ArtifactError, match="replies"):
            rerun(copied)
    _, seen = rerun(copied)
    assert "stance" in seen.ran
    assert {"ingest", "cluster"} <= set(seen.reused)


def test_shuffled_input_and_two_workers_give_the_same_tables(copied, small_run):
    path = copied / "corpus" / "posts.csv"
    posts = pd.read_csv(path, dtype=str, keep_default_na=False)
    posts.sample(frac=1, random_state=5).to_csv(path, index=False)
    again, seen = rerun(copied, engine={"workers": 2})
    assert seen.ran[0] == "ingest"
    for name in tables.SCHEMAS:
        pd.testing.assert_frame_equal(again.tables[name], small_run.tables[name], obj=name)


def test_overlapping_windows_count_each_post_once(copied):
    windows = {"kind": "sliding", "length": "14d", "step": "5d", "anchor": "election"}
    done, seen = rerun(copied, windows=windows)
    assert seen.ran[0] == "windows"
    counts = done.summary["counts"]
    assert len(done.membership) == done.windows["n_posts"].sum() > 2 * counts["posts"]
    assert set(done.membership["post_id"]) == set(done.tables["posts"]["post_id"])
    assert sum(done.summary["membership"].values()) == counts["posts"]
    assert 0 < done.summary["coverage"] <= 1
    assert done.tracks["n_posts"].max() < counts["posts"]
    assert "coordinated reversal" in done.findings["verdict"].tolist()


def test_what_comes_later_changes_nothing_before(copied, small_run):
    end = small_run.windows["start"].dt.tz_convert("Asia/Almaty").iloc[6].date()
    part, _ = rerun(copied, time={"end": end})
    assert len(part.windows) == 6
    for name in ("clusters", "membership"):
        whole = small_run.tables[name]
        seen = whole[whole["window_id"] < 6].reset_index(drop=True)
        pd.testing.assert_frame_equal(part.tables[name], seen, obj=name)
    lives = small_run.tracks.set_index("track_id")["clusters"]
    before = lives.map(lambda clusters: [name for name in clusters if int(name.split("-")[0]) < 6])
    assert part.tracks.set_index("track_id")["clusters"].map(list).to_dict() == before[before.map(bool)].to_dict()


def test_every_text_has_a_group_and_every_group_its_posts(small_run):
    assert set(small_run.text_groups["text_key"]) == set(small_run.tables["posts"]["text_key"])
    assert small_run.groups["n_posts"].sum() == len(small_run.tables["posts"])
    assert set(small_run.text_groups["group_id"]) == set(small_run.groups["group_id"])
    assert small_run.summary["counts"]["groups of copies"] == len(small_run.groups)


def test_narratives_hold_both_languages(small_run):
    assert small_run.summary["language_split"]["index"] < 0.5
    assert not any("parted by language" in warning for warning in small_run.summary["warnings"])


def test_a_labeler_names_narratives_and_another_names_them_anew(copied, small_run):
    path = copied / "corpus" / "study.yaml"

    def first(keywords, samples):
        return "named: " + keywords[0]

    def second(keywords, samples):
        return "other"

    named = narratives.run(path, copied / "run", labeler=first).clusters
    assert named["label"].str.startswith("named: ").all()
    pd.testing.assert_frame_equal(named.drop(columns="label"), small_run.clusters.drop(columns="label"))
    assert set(narratives.run(path, copied / "run", labeler=second).clusters["label"]) == {"other"}


def test_report_can_be_written_again(copied):
    (copied / "run" / "report.html").unlink()
    assert narratives.result.render(copied / "run").report.is_file()


@pytest.fixture
def tiny(tmp_path):
    """Write a few posts and run them."""

    def run(rows, **sections):
        frame = pd.DataFrame(rows, columns=["post_id", "author_id", "created_at", "text"])
        frame.to_csv(tmp_path / "posts.csv", index=False)
        study = {"name": "tiny", "sources": [{"path": "posts.csv"}], **sections}
        (tmp_path / "study.yaml").write_text(yaml.safe_dump(study, allow_unicode=True), encoding="utf-8")
        return narratives.run(tmp_path / "study.yaml", tmp_path / "run")

    return run


TARGET = {"targets": [{"id": "x", "name": "Жасанов"}]}


@pytest.mark.parametrize(
    ("rows", "sections", "warning"),
    [
        ([("1", "a", "2022-11-20T10:00Z", "Жасанов приехал")], TARGET, "All posts are of one account"),
        ([("1", "a", "2022-11-20T10:00Z", "😀😀😀"), ("2", "b", "2022-11-20T10:00Z", "https://example.kz/1")], TARGET,
         "No post names the target 'Жасанов'"),
        ([("1", "a", "2022-11-20T10:00Z", "дождь"), ("2", "b", "2022-12-20T10:00Z", "снег")], {},
         "The study names no targets"),
        ([("1", "a", "2022-11-20T10:00Z", "Жасанов"), ("2", "b", "2022-11-20T11:00Z", "Жасанов")],
         {**TARGET, "events": [{"name": "vote", "date": "2030-01-01"}]}, "The event 'vote' (2030-01-01) lies outside"),
        ([("1", "a", "2022-11-20T10:00Z", "Жасанов"), ("2", "b", "2022-11-20T11:00Z", "Жасанов")], TARGET,
         "All posts fall into one window"),
    ],
)  # fmt: skip
def test_little_input_runs_through_with_a_warning(tiny, rows, sections, warning):
    done = tiny(rows, **sections)
    assert any(found.startswith(warning) for found in done.summary["warnings"])
    assert done.report.is_file()
    assert done.timeline.is_file()
    assert done.findings.empty


def test_labels_are_asked_filled_and_learned_from(copied, small_run):
    run, path = narratives.load(copied / "run"), copied / "corpus" / "labels.csv"
    assert run.label(path, 120) == 120
    asked = pd.read_csv(path, dtype=str)
    posts = run.tables["posts"].drop_duplicates("text")[["post_id", "text"]]
    truth = pd.read_csv(copied / "corpus" / "truth" / "posts.csv", dtype=str, keep_default_na=False)
    known = asked[["text", "target_id"]].merge(posts, how="left").merge(truth, on=["post_id", "target_id"], how="left")
    asked["label"] = known["stance"].fillna("none")
    asked.to_csv(path, index=False)
    learned, seen = rerun(copied, stance={"backend": "few_shot", "labels": "labels.csv", "min_confidence": 0.5})
    assert seen.ran[0] == "stance"
    assert {"cluster", "track", "coordination"} <= set(seen.reused)
    quality = learned.summary["stance"]["quality"]
    assert sum(quality["labels"].values()) == 120
    assert 0.4 < quality["macro_f1"] < 1
    page = learned.report.read_text(encoding="utf-8")
    assert "Stance on 120 labelled posts" in page
    assert page.count("<circle") >= 10
    abstained = learned.stances["abstained"]
    assert 0 < abstained.sum() == learned.summary["stance"]["abstained"] < len(abstained)
    assert learned.account_stances["n_posts"].sum() == (~abstained).sum()
    path.write_text(path.read_text(encoding="utf-8").replace("against", "none", 5), encoding="utf-8")
    assert rerun(copied)[1].ran[0] == "stance"


def test_a_run_without_labels_says_that_stance_is_unchecked(small_run):
    assert small_run.summary["stance"]["quality"] is None
    assert "how often stance is right on these posts is not known" in small_run.report.read_text(encoding="utf-8")
