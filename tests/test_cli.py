import json
import subprocess
import sys

import networkx as nx
import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

from narratives.cli import app
from narratives.config.load import load_study
from narratives.errors import NarrativesError

runner = CliRunner()


def call(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "narratives.cli", *map(str, arguments)], capture_output=True, text=True, check=False
    )


def test_verbs():
    shown = runner.invoke(app, ["--help"]).output
    for verb in ("run", "check", "init", "schema", "simulate", "evaluate", "label", "network", "report"):
        assert verb in shown


def test_init_writes_a_valid_study_once(tmp_path):
    path = tmp_path / "study.yaml"
    assert runner.invoke(app, ["init", str(path)]).exit_code == 0
    assert load_study(path).targets[0].name == "Ерасыл Жасанов"
    with pytest.raises(NarrativesError, match="is there already"):
        runner.invoke(app, ["init", str(path)], catch_exceptions=False)


def test_schema_describes_every_section():
    made = json.loads(runner.invoke(app, ["schema"]).output)
    assert set(yaml.safe_load("{sources: 1, windows: 1, targets: 1, engine: 1}")) <= set(made["properties"])
    assert made["$defs"]["Windows"]["properties"]["length"]["description"].startswith("Length of a window")
    assert made["additionalProperties"] is False


def test_check_counts_posts_and_rejects(tmp_path):
    (tmp_path / "posts.csv").write_text(
        "post_id,author_id,created_at,text\n1,a,2022-11-20T10:00Z,x\n2,a,soon,x\n", encoding="utf-8"
    )
    (tmp_path / "study.yaml").write_text("name: x\nsources: [{path: posts.csv}]\n")
    done = runner.invoke(app, ["check", str(tmp_path / "study.yaml"), "--json"])
    assert json.loads(done.output) | {"files": None} == {
        "study": "x", "files": None, "posts": 1, "accounts": 1, "rejects": {"time cannot be read": 1},
        "first_post": "2022-11-20T10:00:00+00:00", "last_post": "2022-11-20T10:00:00+00:00",
    }  # fmt: skip


def test_errors_have_exit_codes_and_no_traceback(tmp_path):
    (tmp_path / "study.yaml").write_text("name: x\nsource: []\n")
    wrong = call("run", tmp_path / "study.yaml")
    assert wrong.returncode == 1
    assert "study.yaml:2: unknown key 'source'" in wrong.stderr
    assert "Traceback" not in wrong.stderr
    assert call("walk").returncode == 2
    assert call("evaluate", tmp_path).returncode == 1


def test_run_evaluate_and_json(small_run, tmp_path):
    corpus = small_run.folder.parent / "corpus"
    done = call("run", corpus / "study.yaml", "--out", small_run.folder, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["counts"]["posts"] == len(small_run.tables["posts"])
    scores = call("evaluate", small_run.folder, corpus, "--json")
    assert scores.returncode == 0, scores.stderr
    assert isinstance(json.loads(scores.stdout), dict)


def test_simulate_writes_a_study_that_checks(tmp_path):
    made = call("simulate", tmp_path / "c", "--accounts", 40, "--cohort", 6, "--weeks", 4)
    assert made.returncode == 0, made.stderr
    assert call("check", tmp_path / "c" / "study.yaml").returncode == 0
    wrong = call("simulate", tmp_path / "d", "--scenario", "reversl")
    assert wrong.returncode == 1
    assert "reversal" in wrong.stderr


def test_label_writes_posts_and_goes_on_where_it_stopped(small_run, tmp_path):
    path = tmp_path / "labels.csv"
    for total in (7, 12):
        done = runner.invoke(app, ["label", str(small_run.folder), "--out", str(path), "-n", str(total - 7 or 7)])
        assert done.exit_code == 0
        assert len(pd.read_csv(path).drop_duplicates(["text", "target_id"])) == total
    assert "5 posts to label" in done.output


@pytest.mark.parametrize("name", ["network.gexf", "network.graphml"])
def test_network_opens_elsewhere_with_cohorts_and_figures_of_each_trace(small_run, tmp_path, name):
    path = tmp_path / name
    done = runner.invoke(app, ["network", str(small_run.folder), "--out", str(path)])
    assert done.exit_code == 0
    read = nx.read_gexf(path) if path.suffix == ".gexf" else nx.read_graphml(path)
    edges, cohorts = small_run.tables["edges"], small_run.tables["cohorts"]
    assert read.number_of_edges() == len(edges.drop_duplicates(["source", "target"]))
    of = {node: data["cohort"] for node, data in read.nodes(data=True) if data["cohort"]}
    assert of == cohorts.set_index("author_id")["cohort_id"].to_dict()
    first = edges.iloc[0]
    edge = read.edges[first["source"], first["target"]]
    assert edge[f"{first['trace']}_shared"] == first["shared"]
    assert edge[f"{first['trace']}_q"] == pytest.approx(first["q"])


def test_network_refuses_another_ending(small_run, tmp_path):
    with pytest.raises(NarrativesError, match=r"a network is a \.gexf or \.graphml file"):
        small_run.network(tmp_path / "network.csv")
