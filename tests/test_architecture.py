"""The import direction of DESIGN: a stage never imports a later one, and only the pipeline knows the order."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "narratives"
SHARED = {"errors", "text", "tables", "config", "engine", "files", "morphology", "copies"}
ORDER = [
    "ingest", "language", "embed", "windows", "groups", "cluster", "track", "stance", "coordination", "matters",
    "shifts", "report",
]  # fmt: skip
# Stages that are built on the data structures of an earlier one.
ALLOWED = {
    "cluster": {"embed", "windows"},
    "track": {"embed"},
    "stance": {"embed", "language"},
    "ingest": {"simulation"},
    "coordination": {"embed"},
    "matters": {"cluster", "embed"},
    "shifts": {"groups"},
}


def imports_of(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "narratives":
            names = (
                [node.module] if node.module != "narratives" else [f"narratives.{alias.name}" for alias in node.names]
            )
            yield from (name.split(".")[1] for name in names)
        elif isinstance(node, ast.Import):
            yield from (a.name.split(".")[1] for a in node.names if a.name.startswith("narratives."))


def files_of(stage):
    folder = PACKAGE / stage
    return sorted(folder.rglob("*.py")) if folder.is_dir() else [PACKAGE / f"{stage}.py"]


@pytest.mark.parametrize("stage", ORDER)
def test_a_stage_imports_nothing_later(stage):
    later = set(ORDER[ORDER.index(stage) + 1 :]) | {
        "pipeline",
        "cli",
        "explore",
        "result",
        "store",
        "progress",
        "summary",
    }
    found = {name for path in files_of(stage) for name in imports_of(path)}
    assert not found & later


@pytest.mark.parametrize("stage", ORDER)
def test_a_stage_imports_only_what_it_is_built_on(stage):
    found = {name for path in files_of(stage) for name in imports_of(path)} - {stage}
    assert found <= SHARED | ALLOWED.get(stage, set())


@pytest.mark.parametrize("name", ["errors", "text", "tables"])
def test_the_bottom_imports_no_stage(name):
    assert set(imports_of(PACKAGE / f"{name}.py")) <= {"errors", "config"}


def test_no_pickle_no_unsafe_yaml_no_remote_code():
    for path in PACKAGE.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        assert "import pickle" not in source, path
        assert "yaml.load(" not in source, path
        assert "trust_remote_code=True" not in source, path
