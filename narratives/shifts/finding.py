"""What a detector of shifts hands over: one tested population, its figures, and how to judge them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pandas as pd

Details = dict[str, object]


@dataclass(frozen=True)
class Judgement:
    """A verdict with the sentences that lead to it and those that could make it wrong."""

    verdict: str
    reasons: list[str]
    caveats: list[str]


@dataclass(frozen=True)
class Finding:
    """One test of a study.

    Attributes
    ----------
    kind
        What was tested.
    targets, cohort
        On whom; of whom (None is everybody).
    date, date_low, date_high
        Estimated moment with its 95 % interval.
    statistic, effect, effect_low, effect_high
        As in the `findings` table; `statistic_name` and `effect_name` say what they are, with their unit.
    p
        Of the claim.
    any_p
        Of the null that nothing happened at all; decides whether there is a row.
    large
        What happened is large enough for a row.
    event
        Event that the test is about; None leaves it to the date.
    rank, dates
        Placebo rank and number of admissible dates; None where there is no control to compare with.
    details
        Further figures, JSON types only.
    evidence
        post_ids.
    judge
        From the q of the claim to the judgement.
    """

    kind: str
    targets: list[str]
    cohort: str | None
    date: pd.Timestamp
    date_low: pd.Timestamp
    date_high: pd.Timestamp
    statistic_name: str
    statistic: float
    effect_name: str
    effect: float
    effect_low: float
    effect_high: float
    p: float
    any_p: float
    judge: Callable[[float], Judgement]
    large: bool = True
    event: str | None = None
    rank: int | None = None
    dates: int | None = None
    details: Mapping[str, object] = field(default_factory=dict)
    evidence: list[str] = field(default_factory=list)
