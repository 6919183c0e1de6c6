import re

import pandas as pd
import pytest

from narratives import tables
from narratives.report.render import TEXT_SHOWN, render_page
from narratives.report.summarize import summarize
from tests.report import planted

HOSTILE = "<script>alert(1)</script> </title> javascript:alert(1) \u202eевс {{ 7*7 }} @c1 " + "я" * 1_000_000


def page(frames=None, study=None):
    frames, study = frames or planted.frames(), study or planted.study()
    return render_page(summarize(frames, study), frames, study, planted.SUMMARY, b"png")


def test_page_says_what_was_found():
    html = page()
    assert "coordinated reversal" in html
    assert "1 of 20" in html
    assert "-1.20 [-1.40, -1.00]" in html
    assert "Three of three accounts flipped." in html
    assert "Stance may be wrong." in html
    assert "Only the start is read of 1,234 texts" in html


def test_nothing_is_loaded_from_outside():
    html = page()
    assert not re.findall(r"""(?:src|href)=["'](?!data:|#)""", html)
    assert "default-src &#39;none&#39;" in html
    assert "unsafe" not in html
    assert not re.findall(r"\son\w+=", html)


def test_posts_cannot_break_out():
    html = page(planted.frames(texts=[HOSTILE] * 18))
    assert "<script>alert" not in html
    assert "49" not in re.findall(r"<blockquote.*?</blockquote>", html, re.DOTALL)[0]
    assert "\u202e" not in html
    assert len(html) < 400_000
    assert "я" * TEXT_SHOWN not in html


def test_accounts_are_pseudonyms_also_inside_posts():
    html = page(planted.frames(texts=["пост @c1 рахмет"] * 18))
    assert not re.findall(r">\s*c[012] ·", html)
    assert "@c1" not in html
    open_names = page(planted.frames(texts=["пост @c1 рахмет"] * 18), planted.study(report={"pseudonyms": False}))
    assert "@c1" in open_names
    assert "c0 ·" in open_names


def test_pseudonyms_are_stable_within_a_study_and_differ_between():
    assert page() == page()
    names = [set(re.findall(r"account [0-9a-f]{8}", page(study=planted.study(name=name)))) for name in ("one", "two")]
    assert len(names[0]) == len(names[1]) > 0
    assert not names[0] & names[1]


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("findings", "No shift passed the tests"),
        ("tracks", "No narrative was found"),
        ("cohorts", "No group of accounts"),
    ],
)
def test_empty_parts_say_so(missing, said):
    frames = planted.frames(finding=False)
    frames[missing] = tables.empty(missing)
    assert said in page(frames)


def test_never_says_who_is_behind():
    assert not re.findall(r"\b[Bb]ots?\b", page())


def test_empty_and_partial_windows_are_shown_and_say_so():
    made = planted.frames()
    made["windows"].loc[0, "n_posts"] = 0
    html = page(made)
    assert html.count('fill="url(#hatch)"') == 2
    assert "<td>no posts</td>" in html
    assert "<td>the data do not cover all of it</td>" in html
    assert "All 3 windows" in html


def test_unequal_windows_tell_posts_a_day_and_overlapping_ones_that_they_overlap():
    html = page(study=planted.study(windows={"kind": "adaptive", "posts": 6}))
    assert "thickness is posts per day" in html
    assert "3 posts (0.429 a day)" in html
    html = page(
        planted.overlapping(planted.frames()),
        planted.study(windows={"kind": "sliding", "length": "7d", "step": "1d"}),
    )
    assert "windows of 7 days, one every day" in html
    assert "a post is in several" in html
    assert "(n = 3, each account counted once)" in html


def test_many_findings_are_listed_and_marked_by_their_ids():
    frames = planted.frames()
    one = frames["findings"].iloc[0]
    wide = {"date_low": frames["posts"]["created_at"].min(), "date_high": frames["posts"]["created_at"].max()}
    more = [one.to_dict() | wide | {"finding_id": f"F{n:02d}", "verdict": "coordinated silence"} for n in range(2, 6)]
    frames["findings"] = pd.DataFrame([one.to_dict(), *more])
    data = summarize(frames, planted.study())
    assert data.coordinated["mark"].tolist() == ["F01", "F02", "F03", "F04", "F05"]
    assert data.coordinated["moment"].tolist()[1:] == [False] * 4
    html = page(frames)
    assert "5 coordinated shifts were found" in html
    assert all(f'href="#{name}"' in html for name in data.coordinated["mark"])
