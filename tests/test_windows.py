import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from narratives.config import Study
from narratives.windows import make_windows, place


def study_of(**sections):
    return Study.model_validate({"name": "x", "sources": [{"path": "a.csv"}], **sections})


def times(*moments):
    return pd.Series(pd.to_datetime(list(moments), utc=True)).astype("datetime64[us, UTC]")


def test_windows_start_at_local_midnight_and_cover_the_last_post():
    made = make_windows(times("2022-11-01T20:00Z", "2022-11-15T18:00Z"), study_of(time={"zone": "Asia/Almaty"}))
    assert made["start"].tolist() == [*times("2022-11-01T18:00Z", "2022-11-08T18:00Z", "2022-11-15T18:00Z")]
    assert made["n_posts"].tolist() == [1, 0, 1]


def test_one_window_starts_at_the_anchor():
    study = study_of(
        time={"zone": "Asia/Almaty"},
        events=[{"name": "vote", "date": "2022-11-20T20:00:00"}],
        windows={"anchor": "vote"},
    )
    made = make_windows(times("2022-11-01T00:00Z", "2022-12-15T00:00Z"), study)
    assert pd.Timestamp("2022-11-20T14:00Z") in made["start"].tolist()
    assert made["n_posts"].sum() == 2


def test_days_keep_to_midnight_where_clocks_change():
    made = make_windows(times("2022-10-25T00:00Z", "2022-11-08T00:00Z"), study_of(time={"zone": "Europe/Berlin"}))
    local = made["start"].dt.tz_convert("Europe/Berlin")
    assert (local.dt.hour == 0).all()
    assert (made["end"].iloc[0] - made["start"].iloc[0]) == pd.Timedelta(days=7, hours=1)


def test_configured_range_shows_empty_edge_windows():
    study = study_of(time={"start": "2022-11-01", "end": "2022-11-29"})
    made = make_windows(times("2022-11-10T00:00Z"), study)
    assert made["n_posts"].tolist() == [0, 1, 0, 0]
    assert made["end"].iloc[-1] == pd.Timestamp("2022-11-29", tz="UTC")


@pytest.mark.parametrize("length", ["1h", "36h", "7d"])
@given(moments=st.lists(st.datetimes(pd.Timestamp("2020-01-01"), pd.Timestamp("2020-03-01")), min_size=1, max_size=20))
def test_every_post_falls_into_exactly_one_window(length, moments):
    when = times(*moments)
    made = make_windows(when, study_of(windows={"length": length}, time={"zone": "Asia/Almaty"}))
    at = place(when, made["start"])
    assert (made["start"].to_numpy()[at] <= when.to_numpy()).all()
    assert (when.to_numpy() < made["end"].to_numpy()[at]).all()
    assert (made["start"].iloc[1:].to_numpy() == made["end"].iloc[:-1].to_numpy()).all()
    assert made["n_posts"].sum() == len(when)
    assert made["n_posts"].iloc[[0, -1]].min() > 0
