"""What planned lives promise: unambiguous steps, one event per change, people who stay, noise that is noise."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import yaml

from narratives.config import Study
from narratives.errors import ConfigError
from narratives.simulation import simulate
from narratives.simulation.circles import BACKGROUND
from narratives.simulation.grammar import grammar, load
from narratives.simulation.lives import RESIZED, THEMES, plan
from narratives.text import words
from narratives.track import transitions as tracker

SEEDS = range(40)


def plans():
    return [plan(weeks, np.random.default_rng(seed)) for seed in SEEDS for weeks in (12, 15)]


@pytest.fixture(scope="module")
def posts(lives):
    start = pd.Timestamp(lives.study["time"]["start"], tz="Asia/Almaty")
    joined = lives.posts.merge(lives.truth_posts, on="post_id")
    return joined.assign(week=(joined["created_at"] - start) // pd.Timedelta(days=7))


def test_growth_is_what_the_tracker_calls_so():
    assert RESIZED == tracker.RESIZED


def test_no_step_is_ambiguous():
    for cells, _ in plans():
        for _, life in pd.DataFrame(cells).groupby("narrative"):
            for before, after in pairwise(life.itertuples()):
                ratio = max(after.posts / before.posts, before.posts / after.posts)
                assert after.week - before.week > 1 or ratio < 1.4 or ratio > 1.85


def test_every_kind_happens_and_none_too_late_to_be_told():
    for cells, events in plans():
        last = max(cell.week for cell in cells)
        kinds = pd.Series([event.kind for event in events]).value_counts().to_dict()
        assert kinds == {"birth": 4, "growth": 2, "shrinkage": 3, "split": 3, "merge": 2, "death": 3, "revival": 2}
        for event in events:
            assert event.week >= 1
            assert event.kind != "death" or event.week + 2 <= last
            assert event.kind not in ("growth", "shrinkage", "revival") or event.sources == event.targets


def test_identity_after_splits_and_mergers():
    for cells, events in plans():
        size = {(cell.narrative, cell.week): cell.posts for cell in cells}
        for event in events:
            if event.kind == "split":
                (parent,), (kept, fresh) = event.sources, event.targets
                assert kept == parent
                assert size[kept, event.week] > size[fresh, event.week]
                assert (fresh, event.week - 1) not in size
            if event.kind == "merge":
                (large, small), (product,) = event.sources, event.targets
                assert product == large
                assert size[large, event.week - 1] > size[small, event.week - 1]
                assert (small, event.week) not in size


def test_seeds_give_other_lives_to_other_narratives():
    grown = {event.targets for _, events in plans() for event in events if event.kind == "growth"}
    assert len(grown) == 7


def test_posts_are_as_planned(lives, posts):
    assert set(posts["week"]) == set(range(12))
    assert (posts["narrative"] == BACKGROUND).mean() == pytest.approx(0.4, abs=0.005)
    assert posts["narrative"].nunique() - 1 == len(THEMES) + 3
    sizes = pd.crosstab(posts["narrative"], posts["week"])
    for _, event in lives.truth_events.query("kind in ('growth', 'shrinkage')").iterrows():
        row, week = sizes.loc[event["sources"]], event["window_id"]
        assert (row[week] / row[week - 1] > 1.5) == (event["kind"] == "growth")
    dates = pd.to_datetime(lives.truth_events["date"]) - pd.Timestamp(lives.study["time"]["start"])
    assert (dates.dt.days == 7 * lives.truth_events["window_id"]).all()


def test_narratives_have_copies_and_the_background_has_hardly_any(posts):
    for narrative, low, high in ((False, 0.15, 0.35), (True, 0.0, 0.02)):
        part = posts[(posts["narrative"] == BACKGROUND) == narrative]
        key = part["week"].astype(str) + part["text"].map(lambda text: " ".join(words(text)))
        assert low <= key.duplicated().mean() < high


def test_background_lines_come_rarely(posts):
    """A line of the background comes about twice a week and language: too rarely for a cluster."""
    week = posts[(posts["narrative"] == BACKGROUND) & (posts["week"] == 5)]
    for side in ("ru", "kk"):
        assert (week["lang"] == side).sum() / len(grammar(side).symbols["bg"]) < 2.6


def test_people_stay_with_their_narratives(posts):
    for narrative in ("dam", "stadium"):
        weeks = [set(part["author_id"]) for _, part in posts[posts["narrative"] == narrative].groupby("week")]
        others = set(posts.loc[posts["narrative"] == "wells", "author_id"])
        kept = np.mean([len(a & b) / min(len(a), len(b)) for a, b in pairwise(weeks)])
        assert kept > 0.4
        assert kept > np.mean([len(a & others) / len(a) for a in weeks]) + 0.15


def test_a_drifting_narrative_changes_its_words(posts):
    weeks = {
        week: {word for text in part["text"] for word in words(text) if len(word) > 4}
        for week, part in posts.query("narrative == 'dam' and lang == 'ru'").groupby("week")
    }

    def shared(a, b):
        return len(weeks[a] & weeks[b]) / min(len(weeks[a]), len(weeks[b]))

    assert np.mean([shared(week, week + 1) for week in range(11)]) > 0.6
    assert shared(0, 11) < 0.35


@pytest.mark.parametrize("side", ["ru", "kk"])
def test_every_theme_has_a_dozen_claims(side):
    symbols = grammar(side).symbols
    for theme in THEMES:
        parts = [name for name in symbols if name == theme or name.startswith(theme + ".")]
        claims = sum(len(symbols[name]) for name in parts if "\n" in str(load(f"lives_{side}")[name]))
        assert claims >= 12, theme


def test_the_same_seed_gives_the_same_lives(lives):
    again = simulate("lives", seed=5)
    for name in ("posts", "accounts", "truth_posts", "truth_accounts", "truth_events"):
        pd.testing.assert_frame_equal(getattr(lives, name), getattr(again, name))


def test_the_study_has_a_window_a_week(lives, tmp_path):
    lives.write(tmp_path)
    study = Study.model_validate(yaml.safe_load((tmp_path / "study.yaml").read_text(encoding="utf-8")))
    assert (study.time.end - study.time.start).days == 12 * 7
    assert study.windows.length.days == 7
    back = pd.read_csv(tmp_path / "truth" / "events.csv", dtype={"window_id": "int64"}, keep_default_na=False)
    pd.testing.assert_frame_equal(back.astype(lives.truth_events.dtypes), lives.truth_events)


def test_too_few_weeks():
    with pytest.raises(ConfigError, match="8 weeks are too few for the lives of narratives: take 12 or more"):
        simulate("lives", weeks=8)
