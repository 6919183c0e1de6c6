"""From the figures of a test to its verdict, in plain sentences."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import pandas as pd

from narratives.shifts.controls import Comparison
from narratives.shifts.finding import Judgement
from narratives.shifts.switching import Timing
from narratives.shifts.turning import Turning

MIN_FLIPPED = 3
PLACEBO_SHARE = 0.1
FEW_TEXTS = 10


@dataclass(frozen=True)
class Figures:
    """All that a verdict rests on, for one population (`cohort` is None for everybody else) at one date."""

    target: str
    cohort: str | None
    day: pd.Timestamp
    direction: int
    alpha: float
    theta: float
    change_p: float
    effect_interval: tuple[float, float]
    who: Comparison | None
    when: Timing | None
    turned: Turning
    parts: dict[str, float]
    volume: dict[str, float]
    texts: tuple[int, int]

    @property
    def p(self) -> float:
        """Of the claim: the larger of who and when for a cohort, else that of any common change."""
        if self.cohort is None:
            return self.change_p
        return max(1.0 if part is None else part.p for part in (self.who, self.when))

    @property
    def any_p(self) -> float:
        """Of the null that nothing happened: any common change, or a difference to the controls."""
        return self.change_p if self.who is None else min(1.0, 2 * min(self.change_p, self.who.p))

    @property
    def composition(self) -> float:
        """Part of the change that accounts made which came or went."""
        return self.parts["arrivals"] + self.parts["departures"]

    @property
    def replaced(self) -> bool:
        """Accounts that came and went made most of the change, and most of those before fell silent on the target."""
        counts = self.turned.counts()
        silent = counts["vanished"] * 2 > counts["all"] - counts["appeared"]
        return silent and abs(self.composition) > abs(self.parts["within"])

    @property
    def controls_turned(self) -> bool:
        """Controls changed in the same direction, beyond chance, at least half as far."""
        if self.who is None:
            return False
        beyond = min(self.direction * self.who.change_low, self.direction * self.who.change_high) > 0
        return beyond and 2 * self.direction * self.who.change >= abs(self.parts["total"])

    def holds(self, q: float) -> bool:
        """Whether the claim holds: q ≤ alpha, a change of at least theta, placebo rank within the first tenth."""
        who, large = self.who, abs(self.parts["total"]) >= self.theta
        return q <= self.alpha and large and who is not None and who.rank <= max(1.0, PLACEBO_SHARE * who.dates)

    def details(self) -> dict[str, object]:
        """Return the figures as JSON types."""
        return {
            "accounts": self.turned.counts(),
            "change_p": self.change_p,
            "stance_parts": self.parts,
            "volume": self.volume,
            "who": None if self.who is None else asdict(self.who),
            "when": None if self.when is None else self.when.summary(),
            "texts_before": self.texts[0],
            "texts_after": self.texts[1],
        }


def judge(figures: Figures, q: float) -> Judgement:
    """Return the verdict on a change that is there, `q` being that of its claim.

    In this order: *replacement*, if accounts that came and went made most of the change and most of those before fell
    silent; *organic shift*, for everybody, or if a cohort's controls turned at least half as far; *coordinated
    reversal* or *coordinated turn*, if the claim holds (q ≤ alpha, change of at least theta, placebo rank within the
    first tenth): a reversal if at least three accounts flipped, as many as joined from no stance, and more of
    those that held the opposite stance than outside the cohort (p ≤ alpha); else *inconclusive*.
    """
    reasons = _what(figures)
    if figures.cohort is not None:
        side = "at most" if q <= figures.alpha else "above"
        together = f"Both parts together: q = {q:.3g}, {side} {figures.alpha:g}."
        reasons += [*_who(figures), _when(figures.when), together]
    if figures.replaced:
        verdict = "replacement"
    elif figures.cohort is None or figures.controls_turned:
        verdict = "organic shift"
    elif figures.holds(q):
        verdict = "coordinated reversal" if _flipped(figures) else "coordinated turn"
    else:
        verdict = "inconclusive"
    return Judgement(verdict, reasons, _caveats(figures))


def _flipped(figures: Figures) -> bool:
    counts = figures.turned.counts()
    more = figures.who is not None and figures.who.flip_p <= figures.alpha
    return more and counts["flipped"] >= max(MIN_FLIPPED, counts["joined"])


def _what(figures: Figures) -> list[str]:
    counts, parts, volume = figures.turned.counts(), figures.parts, figures.volume
    low, high = figures.effect_interval
    who = "accounts outside coordinated cohorts" if figures.cohort is None else f"cohort {figures.cohort}"
    return [
        f"Mean stance of {who} towards {figures.target} changed by {parts['total']:+.2f} (95 % interval {low:+.2f} to "
        f"{high:+.2f}) on {figures.day:%Y-%m-%d}.",
        f"Of {counts['tested']} accounts with enough posts on both sides, {counts['flipped']} went from the opposite "
        f"stance and {counts['joined']} from none; {counts['appeared']} spoke of the target only after the date "
        f"({counts['new']} of them had posted nothing before), {counts['vanished']} only before.",
        f"Accounts on both sides made {parts['within']:+.2f} of the change, accounts that came or went "
        f"{figures.composition:+.2f}.",
        f"Posts on the target went from {volume['per_day_before']:.3g} to {volume['per_day_after']:.3g} a day.",
    ]


def _who(figures: Figures) -> list[str]:
    who = figures.who
    if who is None:
        return ["Too few accounts outside the cohort are as active on the target: who turned cannot be compared."]
    return [
        f"Of {who.held} accounts of the cohort that held the opposite stance before, {who.flipped} flipped; of "
        f"{who.others_held} outside it {who.others_flipped} did (p = {who.flip_p:.3g}).",
        f"The mean stance of {who.controls} matched controls changed by {who.change:+.2f} (95 % interval "
        f"{who.change_low:+.2f} to {who.change_high:+.2f}). Cohort against controls: p = {who.p:.3g}.",
        f"The contrast at this date ranks {who.rank} of {who.dates} admissible dates.",
    ]


def _when(when: Timing | None) -> str:
    if when is None or pd.isna(when.spread):
        return "Too few accounts turned, by their own posts alone, for their times to be compared."
    return (
        f"{len(when.times)} accounts turned within {when.spread:.1f} days of their median (median deviation); at "
        f"random moments among their own posts it would be {when.expected:.1f} days (p = {when.p:.3g})."
    )


def _caveats(figures: Figures) -> list[str]:
    caveats = [
        "Acting together is not acting on orders: the test cannot tell a campaign from people who agree.",
        "Errors of the stance scores that changed with the date would look like a change of stance.",
    ]
    if min(figures.texts) < FEW_TEXTS:
        caveats.append(
            f"Few distinct texts: {figures.texts[0]} before and {figures.texts[1]} after. "
            "Copies of one text share its stance error."
        )
    if figures.cohort is None:
        caveats.append("Nobody is left to compare with: news that reached everybody and a change of topic look alike.")
    elif figures.who is not None and figures.who.merged:
        caveats.append("Few accounts outside stood like the cohort and are as active: its controls differ from it.")
    elif figures.who is not None and figures.who.controls < 2 * figures.who.members:
        caveats.append(f"Only {figures.who.controls} controls for {figures.who.members} accounts of the cohort.")
    if abs(figures.composition) > abs(figures.parts["within"]):
        caveats.append("Most of the change comes from accounts that were seen on one side of the date only.")
    return caveats
