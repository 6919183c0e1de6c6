import numpy as np
import pytest
from matplotlib.image import imread

from narratives import tables
from narratives.report.plots import draw_timeline, printable, stance_color
from narratives.report.summarize import summarize
from tests.report import planted


def picture(tmp_path, frames, study):
    path = tmp_path / "timeline.png"
    path.write_bytes(draw_timeline(summarize(frames, study), "Қазақша $title$ 😀"))
    return imread(path)


def test_picture_holds_both_ends_of_the_stance_scale(tmp_path):
    image = picture(tmp_path, planted.frames(), planted.study())[:, :, :3]
    assert image.shape[1] == 1980
    for score in (0.8, -0.8):
        wanted = np.array([int(stance_color(score)[i : i + 2], 16) / 255 for i in (1, 3, 5)])
        assert (np.abs(image - wanted).max(axis=2) < 0.02).sum() > 1_000


def test_same_numbers_same_bytes():
    data = summarize(planted.frames(), planted.study())
    assert draw_timeline(data, "x") == draw_timeline(data, "x")


@pytest.mark.parametrize("missing", ["findings", "stances", "tracks"])
def test_empty_tables_still_draw(tmp_path, missing):
    frames = planted.frames()
    frames[missing] = tables.empty(missing)
    if missing == "stances":
        frames["findings"] = tables.empty("findings")
    assert picture(tmp_path, frames, planted.study()).size


def test_overlapping_and_unequal_windows_draw(tmp_path):
    for windows in ({"kind": "sliding", "length": "7d", "step": "1d"}, {"kind": "adaptive", "posts": 6}):
        study = planted.study(windows=windows)
        assert picture(tmp_path, planted.overlapping(planted.frames()), study).shape[1] == 1980


def test_ends_of_the_scale_differ_in_greyscale():
    grey = [sum(w * int(stance_color(s)[i : i + 2], 16) for w, i in ((0.3, 1), (0.59, 3), (0.11, 5))) for s in (-1, 1)]
    assert abs(grey[0] - grey[1]) > 50


def test_text_is_made_printable():
    assert printable("a\U0001fae8$b\n c") == r"a\$b c"
    assert printable("ә" * 100, 10) == "ә" * 9 + "…"
