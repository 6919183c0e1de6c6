"""Sections of events and of the detectors of shifts."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from pydantic import Field

from narratives.config.base import Duration, Section


class Event(Section):
    """Something that happened, to which shifts are related."""

    name: str = Field(min_length=1)
    """Name as the report shows it."""
    date: date | datetime
    """When, in the study's zone; a day means its midnight."""
    publisher: str | None = None
    """The target that published something then, where the event is a publication."""
    act: str | None = None
    """The target that people do then, where it is an act (a vote, a strike); pushes for or against it lead up to it."""


class Reversal(Section):
    """The coordinated reversal test."""

    enabled: bool = True
    """Run this test."""
    theta: float = Field(default=0.2, gt=0, le=1)
    """An account flips when its mean stance goes from at least +theta to at most −theta."""
    min_posts: int = Field(default=2, ge=1)
    """Posts on the target that an account needs on each side of the date."""
    span: Duration | None = None
    """How much time on each side counts; all of it if not given."""
    lag: Duration = timedelta(days=21)
    """How long after an event a change point may lie and still be related to it."""
    permutations: int = Field(default=2_000, ge=99)
    """Permutations of each null model."""
    bootstrap: int = Field(default=1_000, ge=99)
    """Bootstrap samples (over accounts) of each interval."""


class Revival(Section):
    """The test of dormant narratives that a cohort switches on again."""

    enabled: bool = True
    """Run this test."""
    dormant: Duration = timedelta(days=14)
    """How long a narrative is dormant before it is revived; whole days."""
    share: float = Field(default=0.1, gt=0, lt=1)
    """Dormant: at most this share of its earlier peak, and of what follows, in accounts a day."""
    opening: Duration = timedelta(days=3)
    """The first posts of the revived narrative: those within this time; whole days. The peak is of as long a time."""
    min_accounts: int = Field(default=5, ge=2)
    """Account-days that the opening and the earlier peak hold at least."""
    permutations: int = Field(default=2_000, ge=99)
    """Draws of the null model of times."""
    bootstrap: int = Field(default=1_000, ge=99)
    """Bootstrap samples (over accounts) of each interval."""


class Deflection(Reversal):
    """The test of blame that moves from one target to another.

    It is a reversal on the axis from blaming one target (−1) to blaming the other (+1), and has its settings.
    """

    hostile: float = Field(default=0.3, gt=0, le=1)
    """A post is hostile when its score is at most minus this."""
    majority: float = Field(default=0.5, gt=0, lt=1)
    """Share of the blame of the two that moves at least."""


class Amplification(Section):
    """The test of support that is mostly the volume of one cohort."""

    enabled: bool = True
    """Run this test."""
    favor: float = Field(default=0.3, gt=0, le=1)
    """A post is favourable when its score is at least this."""
    majority: float = Field(default=0.5, gt=0, lt=1)
    """Share of a target's favourable posts that a cohort makes at least; half of it is enough for a row."""
    permutations: int = Field(default=2_000, ge=99)
    """Permutations of the null model."""
    bootstrap: int = Field(default=1_000, ge=99)
    """Bootstrap samples (over accounts) of each interval."""


class Convergence(Section):
    """The test of two cohorts of opposite camps that attack one target at one time."""

    enabled: bool = True
    """Run this test."""
    hostile: float = Field(default=0.3, gt=0, le=1)
    """A post is hostile when its score is at most minus this."""
    window: Duration = timedelta(days=3)
    """Length of an attack; whole days."""
    permutations: int = Field(default=2_000, ge=99)
    """Permutations of each null model."""
    bootstrap: int = Field(default=1_000, ge=99)
    """Bootstrap samples (over accounts) of each interval."""


class FrameReuse(Section):
    """The test of one frame that a cohort puts on several targets."""

    enabled: bool = True
    """Run this test."""
    similarity: float = Field(default=0.7, gt=0, le=1)
    """Least Jaccard similarity of character 4-grams of two normalised texts, their targets masked, of one frame."""
    min_chars: int = Field(default=20, ge=1)
    """Shorter texts (after normalisation, without the target) are no frame."""
    permutations: int = Field(default=2_000, ge=99)
    """Permutations of the null model."""
    bootstrap: int = Field(default=1_000, ge=99)
    """Bootstrap samples (over accounts) of each interval."""


class CrossPlatform(Section):
    """The test of texts that a cohort brings to several platforms at once."""

    enabled: bool = True
    """Run this test."""
    window: Duration = timedelta(days=1)
    """How long after its first post, anywhere, a text still counts as the same wave."""
    min_chars: int = Field(default=20, ge=1)
    """Shorter texts are no evidence: greetings repeat by themselves."""
    permutations: int = Field(default=2_000, ge=99)
    """Permutations of each null model."""
    bootstrap: int = Field(default=1_000, ge=99)
    """Bootstrap samples (over texts) of each interval."""


class CounterCampaign(Section):
    """The test of attacks by a cohort on a publisher right after its publication."""

    enabled: bool = True
    """Run this test."""
    hostile: float = Field(default=0.3, gt=0, le=1)
    """A post is hostile when its score is at most minus this."""
    lag: Duration = timedelta(days=3)
    """How long after the publication an attack answers it; whole days."""
    permutations: int = Field(default=2_000, ge=99)
    """Draws of each null model."""
    bootstrap: int = Field(default=1_000, ge=99)
    """Bootstrap samples (over accounts) of each interval."""


class Mobilisation(Section):
    """The test of pushes by a cohort for or against an act that is about to take place."""

    enabled: bool = True
    """Run this test."""
    clear: float = Field(default=0.3, gt=0, le=1)
    """A post is for the act when its score is at least this, against it when it is at most minus this."""
    window: Duration = timedelta(days=14)
    """How long before the act a push may lie; whole days."""
    permutations: int = Field(default=2_000, ge=99)
    """Draws of each null model."""
    bootstrap: int = Field(default=1_000, ge=99)
    """Bootstrap samples (over accounts) of each interval."""


class PileOn(Section):
    """The test of bursts of hostile replies at one account."""

    enabled: bool = True
    """Run this test."""
    hostile: float = Field(default=0.3, gt=0, le=1)
    """A reply is hostile when its score is at most minus this."""
    window: Duration = timedelta(days=2)
    """Length of a burst."""
    around: Duration = timedelta(days=14)
    """How much time before and after a burst says what the victim usually posts."""
    min_accounts: int = Field(default=8, ge=4)
    """Accounts that answer the victim in a burst at least."""
    majority: float = Field(default=0.5, gt=0, lt=1)
    """Share of these accounts that are of one cohort at least, and of its replies that are hostile."""
    bootstrap: int = Field(default=1_000, ge=99)
    """Bootstrap samples (over accounts) of each interval."""


class Silence(Section):
    """The test of cohorts that fall silent together."""

    enabled: bool = True
    """Run this test."""
    shortest: Duration = timedelta(days=4)
    """Shortest silence; whole days. Twice, four times … as long ones are tried too, up to a third of all time."""
    share: float = Field(default=0.5, gt=0, lt=1)
    """Share of a cohort that is silent beyond its members' own gaps at least."""
    permutations: int = Field(default=2_000, ge=99)
    """Draws of each null model."""
    bootstrap: int = Field(default=1_000, ge=99)
    """Bootstrap samples (over accounts) of each interval."""


class Swarm(Section):
    """The test of cohorts of empty profiles that were made in one batch."""

    enabled: bool = True
    """Run this test."""
    burst: Duration = timedelta(days=2)
    """Within how long a time a batch of accounts is made."""
    young: Duration = timedelta(days=60)
    """Accounts made at most this long before the cohort is busiest, or after it, are young."""
    friends: int = Field(default=10, ge=0)
    """Followers and followed accounts together: at most so many are none."""
    share: float = Field(default=0.5, gt=0, lt=1)
    """Share of a cohort that has empty profiles, and that was made in one batch, at least."""
    bootstrap: int = Field(default=1_000, ge=99)
    """Bootstrap samples (over accounts) of each interval."""


class Shifts(Section):
    """Detectors of shifts."""

    alpha: float = Field(default=0.05, gt=0, lt=1)
    """False discovery rate over all tests of the study."""
    reversal: Reversal = Reversal()
    """The coordinated reversal test."""
    revival: Revival = Revival()
    """The test of dormant narratives that a cohort switches on again."""
    deflection: Deflection = Deflection()
    """The test of blame that moves from one target to another."""
    amplification: Amplification = Amplification()
    """The test of support that is mostly the volume of one cohort."""
    convergence: Convergence = Convergence()
    """The test of two cohorts of opposite camps that attack one target at one time."""
    frame_reuse: FrameReuse = FrameReuse()
    """The test of one frame that a cohort puts on several targets."""
    cross_platform: CrossPlatform = CrossPlatform()
    """The test of texts that a cohort brings to several platforms at once."""
    counter_campaign: CounterCampaign = CounterCampaign()
    """The test of attacks by a cohort on a publisher right after its publication."""
    mobilisation: Mobilisation = Mobilisation()
    """The test of pushes by a cohort for or against an act that is about to take place."""
    pile_on: PileOn = PileOn()
    """The test of bursts of hostile replies at one account."""
    silence: Silence = Silence()
    """The test of cohorts that fall silent together."""
    swarm: Swarm = Swarm()
    """The test of cohorts of empty profiles that were made in one batch."""
