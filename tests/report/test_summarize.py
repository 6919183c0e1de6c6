from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from narratives.report.summarize import in_words, summarize
from tests.report import planted


def test_streams_hold_posts_stance_and_accounts():
    streams = summarize(planted.frames(), planted.study()).streams
    assert streams.posts.tolist() == [[3, 3, 3], [3, 3, 3]]
    np.testing.assert_allclose(streams.stance["zh"], [[0.8, -0.8, 0.0], [0.2, 0.2, 0.2]])
    assert streams.accounts["zh"].tolist() == [[3, 3, 3], [3, 3, 3]]
    assert (streams.left_out, streams.share) == (0, 1.0)


def test_series_are_of_the_cohort_and_of_the_others():
    cohort, others = summarize(planted.frames(), planted.study()).series
    assert (cohort.group, others.group) == ("C01", "accounts of no cohort")
    np.testing.assert_allclose(cohort.mean, [0.8, -0.8, 0.0])
    np.testing.assert_allclose(others.mean, [0.2, 0.2, 0.2])
    assert cohort.accounts.tolist() == [3, 3, 3]


def test_main_target_is_that_of_the_coordinated_finding():
    study = planted.study(targets=[{"id": "aa", "name": "Басқа"}, {"id": "zh", "name": "Жасанов"}])
    assert summarize(planted.frames(), study).target == "zh"
    assert summarize(planted.frames(finding=False), planted.study(targets=[])).target == "zh"


def test_what_is_not_drawn_is_counted():
    streams = summarize(planted.frames(), planted.study(report={"tracks": 1})).streams
    assert (len(streams.tracks), streams.left_out, streams.share) == (1, 1, 0.5)


SLIDING = {"kind": "sliding", "length": "7d", "step": "4d"}


def test_a_post_of_two_windows_counts_once_in_totals():
    made = planted.overlapping(planted.frames())
    streams = summarize(made, planted.study(windows=SLIDING, report={"tracks": 1})).streams
    assert streams.posts.tolist() == [[3, 3, 3, 3]]
    assert streams.share == 0.5
    assert streams.overall.loc[("zh", "T001"), "n_accounts"] == 3
    assert streams.overall.loc[("zh", "T001"), "mean"] == pytest.approx(0)


def test_overlapping_windows_are_drawn_side_by_side():
    drawn = summarize(planted.overlapping(planted.frames()), planted.study(windows=SLIDING)).windows
    assert drawn["right"].iloc[:-1].tolist() == drawn["left"].iloc[1:].tolist()
    assert (drawn["left"] < drawn["middle"]).all()
    assert (drawn["middle"] < drawn["right"]).all()
    assert drawn["left"].iloc[3] == drawn["end"].iloc[2] - pd.Timedelta(days=1.5)
    assert drawn["left"].iloc[0] == drawn["start"].iloc[0]


def test_unequal_windows_are_compared_by_posts_per_day():
    made = planted.frames()
    made["windows"].loc[1, "end"] = made["windows"].loc[2, "start"] = planted.START + pd.Timedelta(days=8)
    data = summarize(made, planted.study(windows={"kind": "adaptive", "posts": 6}))
    np.testing.assert_allclose(data.streams.rate[0], [3 / 7, 3.0, 3 / 13])
    assert data.per_day
    assert data.cut == "windows of at least 6 posts, 1 day to 13 days long"


def test_thin_windows_are_the_empty_and_the_partly_covered_ones():
    made = planted.frames()
    made["windows"].loc[0, "n_posts"] = 0
    assert summarize(made, planted.study()).thin["window_id"].tolist() == [0, 2]


@pytest.mark.parametrize(
    ("length", "words"),
    [({"days": 7}, "7 days"), ({"days": 1}, "1 day"), ({"hours": 36}, "1.5 days"), ({"seconds": 90}, "1.5 minutes")],
)
def test_lengths_in_words(length, words):
    assert in_words(timedelta(**length)) == words
