"""The interview's corpus: every order is carried out in its days, amid people who speak of the same."""

import pandas as pd
import pytest

from narratives.errors import ConfigError
from narratives.simulation import simulate
from narratives.simulation.grammar import load

ELECTION = pd.Timestamp("2025-09-14", tz="Asia/Almaty")
GROUPS = ["K1", "K2", "K3"]


@pytest.fixture(scope="module")
def posts(told):
    """Posts with their group, narrative and stances, and the day from the election (float)."""
    truth = told.truth_posts.groupby("post_id").agg(narrative=("narrative", "first"), target=("target_id", set))
    whole = told.posts.merge(told.truth_accounts, on="author_id").merge(truth, on="post_id")
    return whole.assign(day=(whole["created_at"] - ELECTION) / pd.Timedelta(days=1))


def of(posts, group, narrative, target=None):
    mine = posts[posts["cohort_id"].eq(group) & posts["narrative"].eq(narrative)]
    return mine if target is None else mine[[target in found for found in mine["target"]]]


def test_three_groups_among_honest_people(told):
    assert told.truth_accounts["cohort_id"].value_counts().to_dict() == {"K1": 24, "K2": 12, "K3": 16}
    assert told.truth_accounts["cohort_id"].isna().sum() > 240


@pytest.mark.parametrize("order", [o for o in load("interview")["orders"] if o["kind"] not in ("before", "after")])
def test_orders_are_carried_out_in_their_days_by_most(order, posts):
    kind = load("world")["kinds"][order["kind"]]
    mine = of(posts, order["group"], kind["narrative"])
    inside = mine[mine["day"].between(order["from"], order["to"] + 1.2)]
    assert inside["author_id"].nunique() > 0.7 * posts.loc[posts["cohort_id"] == order["group"], "author_id"].nunique()


def test_the_smear_sleeps_until_the_protests(posts):
    days = of(posts, "K1", "pipes")["day"]
    assert not days.between(-42, 28).any()
    assert (days > 28).sum() > 50
    assert posts[posts["cohort_id"].isna() & posts["narrative"].eq("pipes")]["author_id"].nunique() > 20


def test_two_hostile_camps_attack_one_man_in_the_same_days(posts):
    for group in ("K1", "K2"):
        attacks = of(posts, group, "founder", "sarymoldin").query("day > 0")
        assert attacks["day"].between(37, 46).all()
        assert len(attacks) > 20
    assert not len(of(posts, "K2", "praise"))


def test_one_frame_on_three_men_in_turn(posts):
    first = [of(posts, "K1", "frame", target)["day"].min() for target in ("zhasanov", "kordabaev", "sarymoldin")]
    assert first == sorted(first)
    assert len(set(map(round, first))) == 3


def test_the_critic_is_swarmed_and_answers_insults_instead(told, posts):
    insults = posts[posts["narrative"].eq("insult") & posts["cohort_id"].eq("K1")]
    answered = insults.merge(told.posts[["post_id", "author_id"]], left_on="reply_to", right_on="post_id")
    assert len(set(answered["author_id_y"])) == 1
    assert len(answered) > 0.95 * len(insults) > 40
    victim = answered["author_id_y"].iloc[0]
    assert pd.isna(told.truth_accounts.set_index("author_id").loc[victim, "cohort_id"])
    mine = posts[posts["author_id"].eq(victim)]
    burst = mine[mine["day"].between(23.6, 25)]
    assert burst["narrative"].eq("insult").mean() > 0.7
    assert mine[mine["day"].between(0, 23)]["narrative"].eq("tariff").sum() > 15


def test_the_farm_is_silent_after_the_expose_and_comes_back(posts):
    farm = posts[posts["cohort_id"].eq("K1")]
    assert not farm["day"].between(49, 56.9).any()
    assert farm[farm["day"] > 57]["author_id"].nunique() > 16
    others = posts[posts["cohort_id"].isna()]["day"]
    assert others.between(49, 57).sum() > 0.7 * others.between(40, 48).sum()


def test_fresh_accounts_are_made_within_hours_and_have_no_face(told):
    accounts = told.accounts.merge(told.truth_accounts, on="author_id")
    fresh, rest = accounts[accounts["cohort_id"] == "K3"], accounts[accounts["cohort_id"].isna()]
    assert fresh["created_at"].max() - fresh["created_at"].min() < pd.Timedelta(hours=31)
    assert not fresh["has_photo"].any()
    assert fresh["followers"].max() < 4
    assert rest["has_photo"].mean() > 0.7
    assert rest["followers"].median() > 50


def test_lines_reach_the_platforms_one_after_another(posts):
    farm = of(posts, "K1", "publisher").query("day >= 45")
    first = farm.sort_values("day").groupby("platform")["day"].min() * 24
    assert first["telegram"] < first["vk"] < first["threads"]


def test_one_of_each_is_in_the_truth(told):
    planted = told.truth_findings.query("not incidental")
    assert planted["kind"].is_unique
    assert len(planted) == 12
    assert set(told.truth_findings["cohort_id"]) <= set(GROUPS)


def test_what_the_rivals_do_besides_is_in_the_truth(told):
    rivals = told.truth_findings.query("incidental and cohort_id == 'K2'")
    assert sorted(rivals["verdict"]) == ["coordinated amplification", "coordinated spread"]


def test_it_needs_its_weeks():
    with pytest.raises(ConfigError, match="10 weeks are too few for the interview: take 18 or more"):
        simulate("interview", weeks=10)


def test_one_shift_alone_has_its_orders_and_what_comes_along() -> None:
    corpus = simulate("interview", only=["frame_reuse"], seed=2)
    kinds = set(corpus.truth_posts["narrative"])
    assert "frame" in kinds
    mine = corpus.truth_posts.merge(corpus.posts).merge(corpus.truth_accounts)
    assert "turnout" not in set(mine.loc[mine["cohort_id"] == "K1", "narrative"])
    assert corpus.truth_findings["kind"].tolist() == ["coordinated frame reuse"]
    everything = simulate("interview", seed=2)
    assert everything.truth_findings["incidental"].value_counts().to_dict() == {False: 12, True: 3}
    assert len(everything.posts) > len(corpus.posts)


def test_strength_is_the_share_of_tasks_done() -> None:
    def frames(strength: float) -> int:
        corpus = simulate("interview", only=["frame_reuse"], strength=strength, seed=2)
        return int((corpus.truth_posts.drop_duplicates("post_id")["narrative"] == "frame").sum())

    assert 0.3 < frames(0.5) / frames(1.0) < 0.7


def test_what_the_interview_does_not_tell_of_cannot_be_planted() -> None:
    with pytest.raises(ConfigError, match="tells of no 'revivall'; .* Did you mean 'revival'"):
        simulate("interview", only=["revivall"])
    with pytest.raises(ConfigError, match="the scenario is 'honest'"):
        simulate("honest", only=["revival"])
