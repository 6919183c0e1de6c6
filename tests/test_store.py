import json

import pandas as pd
import pytest

from narratives.errors import ArtifactError
from narratives.files import write_atomically
from narratives.store import Store, key_of

WINDOWS = pd.DataFrame(
    {
        "window_id": [0],
        "start": pd.to_datetime(["2022-01-01"], utc=True).as_unit("us"),
        "end": pd.to_datetime(["2022-01-08"], utc=True).as_unit("us"),
        "n_posts": [3],
        "partial": [False],
    }
)


def test_saved_stage_is_current_until_its_file_changes(tmp_path):
    store = Store(tmp_path)
    store.save("windows", "k", {"windows": WINDOWS}, ["windows"], {"seconds": 1})
    again = Store(tmp_path)
    assert again.is_current("windows", "k")
    assert not again.is_current("windows", "other")
    pd.testing.assert_frame_equal(again.read("windows"), WINDOWS)
    again.path("windows").write_bytes(b"damaged")
    assert not again.is_current("windows", "k")
    again.path("windows").unlink()
    assert not again.is_current("windows", "k")


def test_hash_is_of_content(tmp_path):
    one, two = Store(tmp_path / "a"), Store(tmp_path / "b")
    for store in (one, two):
        store.save("windows", "k", {"windows": WINDOWS}, ["windows"], {})
    assert one.hash_of("windows") == two.hash_of("windows")
    with pytest.raises(ArtifactError, match="no finished stage has made the table 'posts'"):
        one.hash_of("posts")


def test_missing_table_names_those_there_are(tmp_path):
    Store(tmp_path).save("windows", "k", {"windows": WINDOWS}, ["windows"], {})
    with pytest.raises(ArtifactError, match="no table 'posts'. Tables here: windows"):
        Store(tmp_path).read("posts")


@pytest.mark.parametrize("text", ["{", "[]", "{}"])
def test_foreign_manifest_is_refused(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(ArtifactError, match="is not the manifest of a run"):
        Store(tmp_path)


def test_newer_format_is_refused(tmp_path):
    (tmp_path / "manifest.json").write_text(json.dumps({"format": 99, "stages": {}}))
    with pytest.raises(ArtifactError, match="has format 99"):
        Store(tmp_path)


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.json"
    write_atomically(path, b"old")
    with pytest.raises(TypeError):
        write_atomically(path, "not bytes")
    assert path.read_bytes() == b"old"


def test_key_does_not_depend_on_the_order_of_a_mapping():
    assert key_of([{"a": 1, "b": 2}]) == key_of([{"b": 2, "a": 1}])
    assert key_of(["a"]) != key_of(["b"])
