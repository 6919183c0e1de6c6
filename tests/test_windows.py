import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narratives.config import Study
from narratives.windows import make_windows, place

KINDS = {
    "days": {"length": "7d"},
    "hours": {"length": "36h"},
    "sliding days": {"kind": "sliding", "length": "7d", "step": "2d"},
    "sliding hours": {"kind": "sliding", "length": "30h", "step": "7h"},
    "adaptive": {"kind": "adaptive", "length": "1d", "posts": 4},
    "adaptive hours": {"kind": "adaptive", "length": "5h", "posts": 2},
}
# Istanbul put its winter time off from 25 October to 8 November 2015; Almaty moved an hour west on 1 March 2024; São
# Paulo skipped the midnight of 15 October 2017, and Apia all of 30 December 2011.
PLACES = {
    "Asia/Almaty": "2024-02-20",
    "Europe/Istanbul": "2015-10-15",
    "UTC": "2020-01-01",
    "America/Sao_Paulo": "2017-10-05",
    "Pacific/Apia": "2011-12-20",
}


def study_of(**sections):
    return Study.model_validate({"name": "x", "sources": [{"path": "a.csv"}], **sections})


def times(*moments):
    return pd.Series(pd.to_datetime(list(moments), utc=True)).astype("datetime64[us, UTC]")


@st.composite
def cases(draw):
    """Some posts about a change of clocks, and a study that cuts them, with or without an anchor."""
    zone = draw(st.sampled_from(sorted(PLACES)))
    hours = st.floats(0, 45 * 24, allow_nan=False)
    start = pd.Timestamp(PLACES[zone], tz="UTC")
    moments = [start + pd.Timedelta(hours=h) for h in sorted(draw(st.lists(hours, min_size=1, max_size=25)))]
    windows = dict(KINDS[draw(st.sampled_from(sorted(KINDS)))])
    events = []
    if draw(st.booleans()):
        moment = start.tz_localize(None) + pd.Timedelta(minutes=draw(st.integers(-10 * 24 * 60, 55 * 24 * 60)))
        events, windows["anchor"] = [{"name": "vote", "date": moment.to_pydatetime()}], "vote"
    return times(*moments), study_of(time={"zone": zone}, windows=windows, events=events)


def test_a_day_that_a_zone_skipped_is_in_no_window_twice():
    when = times("2011-12-29T12:00", "2011-12-30T10:00", "2011-12-30T10:30", "2011-12-30T12:00")
    made = make_windows(when, study_of(time={"zone": "Pacific/Apia"}, windows={"length": "1d"}))
    skip = pd.Timestamp("2011-12-30T10:00", tz="UTC")  # the 29th ends, and the 31st begins
    assert made["start"].tolist() == [skip - pd.Timedelta(days=1), skip]
    assert made["end"].tolist() == [skip, skip + pd.Timedelta(days=1)]
    assert made["n_posts"].tolist() == [1, 3]


@settings(deadline=None)
@given(cases())
def test_no_post_is_lost_and_no_time_is_skipped(case):
    when, study = case
    made = make_windows(when, study)
    position, window = place(when, made)
    held = pd.Series(position).value_counts().reindex(range(len(when)), fill_value=0)
    assert held.eq(1).all() if study.windows.kind != "sliding" else held.ge(1).all()
    assert (made["start"].to_numpy()[window] <= when.to_numpy()[position]).all()
    assert (when.to_numpy()[position] < made["end"].to_numpy()[window]).all()
    assert (made["start"] < made["end"]).all()
    assert made["start"].is_monotonic_increasing
    assert made["end"].is_monotonic_increasing
    nexts, ends = made["start"].iloc[1:].to_numpy(), made["end"].iloc[:-1].to_numpy()
    assert (nexts < ends).all() if study.windows.kind == "sliding" else (nexts == ends).all()
    assert made["n_posts"].tolist() == [((when >= w.start) & (when < w.end)).sum() for w in made.itertuples()]
    assert made["window_id"].tolist() == list(range(len(made)))


@settings(deadline=None)
@given(cases(), st.integers(1, 24))
def test_later_posts_change_no_window_but_the_last(case, number):
    when, study = case
    whole, prefix = make_windows(when, study), make_windows(when.iloc[:number], study)
    closed = len(prefix) - 1
    pd.testing.assert_frame_equal(whole.iloc[:closed], prefix.iloc[:closed])
    assert whole["start"].iloc[closed] == prefix["start"].iloc[closed]
    assert whole["end"].iloc[closed] >= prefix["end"].iloc[closed]


@settings(deadline=None)
@given(cases())
def test_a_window_starts_at_an_anchor_among_the_posts(case):
    when, study = case
    if study.windows.anchor is not None and study.windows.kind != "sliding":
        anchor, made = pd.Timestamp(study.event_time("vote")), make_windows(when, study)
        inside = made["start"].iloc[0] <= anchor < made["end"].iloc[-1]
        assert inside == made["start"].eq(anchor).any()


@settings(deadline=None)
@given(cases())
def test_an_adaptive_window_closes_as_soon_as_it_is_full(case):
    when, study = case
    if study.windows.kind == "adaptive":
        made = make_windows(when, study)
        anchor = study.event_time("vote") if study.windows.anchor else None
        closed = made.iloc[:-1]
        assert (closed["n_posts"].ge(study.windows.posts) | closed["end"].eq(anchor)).all()
        before = study.windows.length + pd.Timedelta(hours=25)  # a cell, however clocks and calendars change in it
        for window in made.itertuples():
            earlier = (when >= window.start) & (when < window.end - before)
            assert earlier.sum() < study.windows.posts


def test_windows_start_at_local_midnight_and_cover_the_last_post():
    made = make_windows(times("2022-11-01T20:00Z", "2022-11-15T18:00Z"), study_of(time={"zone": "Asia/Almaty"}))
    assert made["start"].tolist() == [*times("2022-11-01T18:00Z", "2022-11-08T18:00Z", "2022-11-15T18:00Z")]
    assert made["n_posts"].tolist() == [1, 0, 1]
    assert made["partial"].tolist() == [False, False, True]


@pytest.mark.parametrize("kind", KINDS)
def test_one_window_starts_at_election_night(kind):
    study = study_of(
        time={"zone": "Asia/Almaty"},
        events=[{"name": "vote", "date": "2025-09-14 20:00"}],
        windows={**KINDS[kind], "anchor": "vote"},
    )
    made = make_windows(times(*pd.date_range("2025-08-20T03:00Z", "2025-10-15T00:00Z", freq="5h")), study)
    assert pd.Timestamp("2025-09-14T15:00Z") in made["start"].tolist()


@pytest.mark.parametrize(
    ("zone", "first", "longer"),
    [("Europe/Istanbul", "2015-11-05T12:00Z", "2015-11-08"), ("Asia/Almaty", "2024-02-27T12:00Z", "2024-02-29")],
)
def test_days_keep_to_midnight_where_clocks_change(zone, first, longer):
    when = times(first, pd.Timestamp(first) + pd.Timedelta(days=9))
    made = make_windows(when, study_of(time={"zone": zone}, windows={"length": "1d"}))
    local = made["start"].dt.tz_convert(zone)
    assert (local.dt.hour == 0).all()
    hours = ((made["end"] - made["start"]) / pd.Timedelta(hours=1)).groupby(local.dt.strftime("%Y-%m-%d")).sum()
    assert hours[hours != 24].to_dict() == {longer: 25}


def test_a_skipped_midnight_moves_no_other_window():
    when = times("2017-10-15T12:00Z", "2017-10-18T12:00Z")
    made = make_windows(when, study_of(time={"zone": "America/Sao_Paulo"}, windows={"length": "1d"}))
    assert made["start"].dt.tz_convert("America/Sao_Paulo").dt.hour.tolist() == [1, 0, 0, 0]


def test_an_anchor_that_the_clocks_show_twice_or_never_is_still_a_border():
    for moment, utc in (("2024-02-29T23:30:00+05:00", "18:30"), ("2024-02-29T23:30:00", "17:30")):
        study = study_of(
            time={"zone": "Asia/Almaty"},
            events=[{"name": "vote", "date": moment}],
            windows={"length": "1d", "anchor": "vote"},
        )
        made = make_windows(times("2024-02-27T00:00Z", "2024-03-03T00:00Z"), study)
        assert pd.Timestamp(f"2024-02-29T{utc}Z") in made["start"].tolist()
    study = study_of(
        time={"zone": "Europe/Berlin"},
        events=[{"name": "vote", "date": "2022-03-27T02:30:00"}],
        windows={"length": "1d", "anchor": "vote"},
    )
    made = make_windows(times("2022-03-20T00:00Z", "2022-04-03T00:00Z"), study)
    assert pd.Timestamp("2022-03-27T01:30Z") in made["start"].tolist()


def test_configured_range_shows_empty_edge_windows():
    study = study_of(time={"start": "2022-11-01", "end": "2022-11-29"})
    made = make_windows(times("2022-11-10T00:00Z"), study)
    assert made["n_posts"].tolist() == [0, 1, 0, 0]
    assert made["end"].iloc[-1] == pd.Timestamp("2022-11-29", tz="UTC")
    assert not made["partial"].any()


def test_a_window_that_the_range_cuts_is_partial():
    study = study_of(time={"start": "2022-11-01", "end": "2022-11-20"})
    made = make_windows(times("2022-11-10T00:00Z"), study)
    assert made["partial"].tolist() == [False, False, True]
    sliding = study_of(
        time={"start": "2022-11-01", "end": "2022-11-17"}, windows={"kind": "sliding", "length": "7d", "step": "2d"}
    )
    made = make_windows(times("2022-11-10T00:00Z"), sliding)
    assert made["partial"].tolist() == [False] * 5 + [True]


def test_an_adaptive_window_is_as_long_as_its_posts_are_rare():
    quiet, busy = pd.date_range("2022-11-01", periods=8, freq="D"), pd.date_range("2022-11-09", periods=20, freq="2h")
    study = study_of(windows={"kind": "adaptive", "length": "1d", "posts": 8})
    made = make_windows(times(*quiet, *busy), study)
    assert made["n_posts"].tolist() == [8, 12, 8]
    assert ((made["end"] - made["start"]) / pd.Timedelta(days=1)).tolist() == [8, 1, 1]


def test_a_post_is_placed_in_every_window_that_holds_it():
    windows = pd.DataFrame({"start": times("2022-01-01", "2022-01-03"), "end": times("2022-01-05", "2022-01-07")})
    position, window = place(times("2022-01-04", "2022-01-05", "2022-01-01"), windows)
    assert position.tolist() == [0, 0, 1, 2]
    assert window.tolist() == [0, 1, 1, 0]
