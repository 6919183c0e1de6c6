from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from narratives.shifts.controls import Comparison
from narratives.shifts.switching import Timing
from narratives.shifts.turning import Turning
from narratives.shifts.verdict import Figures, judge

WHO = Comparison(
    p=0.001, flip_p=0.001, held=10, flipped=8, others_held=40, others_flipped=0, members=10, controls=100, strata=5,
    merged=0, change=0.0, change_low=-0.05, change_high=0.05, rank=1, dates=60,
)  # fmt: skip


def turned(*, flipped: int = 0, joined: int = 0, appeared: int = 0, vanished: int = 0) -> Turning:
    kinds = np.repeat(["flipped", "joined", "appeared", "vanished"], [flipped, joined, appeared, vanished])
    flags = {kind: kinds == kind for kind in ("flipped", "joined", "appeared", "vanished")}
    return Turning(
        tested=flags["flipped"] | flags["joined"],
        held=flags["flipped"],
        new=flags["appeared"],
        clarity=np.ones(len(kinds)),
        **flags,
    )


def parts(*, within: float = 0.0, arrivals: float = 0.0, departures: float = 0.0) -> dict[str, float]:
    total = within + arrivals + departures
    return {"total": total, "within": within, "arrivals": arrivals, "departures": departures}


def turning_controls(low: float, high: float) -> Comparison:
    return replace(WHO, change=(low + high) / 2, change_low=low, change_high=high)


FIGURES = Figures(
    target="Икс", cohort="C01", day=pd.Timestamp("2026-02-09", tz="UTC"), direction=-1, alpha=0.05, theta=0.2,
    change_p=0.001, effect_interval=(-1.1, -0.9), who=WHO,
    when=Timing(np.arange(10), np.full(10, 35.0), 1.0, 13.0, 0.001), turned=turned(flipped=9, joined=1),
    parts=parts(within=-1.0), volume={"per_day_before": 2.0, "per_day_after": 3.0}, texts=(90, 90),
)  # fmt: skip
CASES = {
    "all holds": ({}, "coordinated reversal"),
    "nobody had held the opposite": ({"turned": turned(joined=10)}, "coordinated turn"),
    "controls flip as much": ({"who": replace(WHO, flip_p=0.3)}, "coordinated turn"),
    "controls turned half as far": ({"who": turning_controls(-0.6, -0.4)}, "organic shift"),
    "controls turned, perhaps": ({"who": turning_controls(-1.1, 0.1)}, "coordinated reversal"),
    "many dates look like it": ({"who": replace(WHO, rank=7)}, "inconclusive"),
    "too small": ({"parts": parts(within=-0.19)}, "inconclusive"),
    "no controls": ({"who": None}, "inconclusive"),
    "others came": (
        {"parts": parts(arrivals=-0.6, departures=-0.4), "turned": turned(appeared=6, vanished=6)}, "replacement",
    ),
    "others joined and nobody left": (
        {"parts": parts(within=-0.4, arrivals=-0.6), "turned": turned(flipped=4, appeared=6)}, "coordinated reversal",
    ),
    "everybody": ({"cohort": None, "who": None, "when": None}, "organic shift"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_verdict(case):
    changed, verdict = CASES[case]
    assert judge(replace(FIGURES, **changed), 0.01).verdict == verdict


def test_a_claim_above_alpha_is_inconclusive_and_says_so():
    judgement = judge(FIGURES, 0.06)
    assert judgement.verdict == "inconclusive"
    assert "Both parts together: q = 0.06, above 0.05." in judgement.reasons


def test_the_claim_is_as_strong_as_its_weaker_part():
    assert FIGURES.p == 0.001
    assert replace(FIGURES, who=replace(WHO, p=0.2)).p == 0.2
    assert replace(FIGURES, who=None).p == 1.0
    assert replace(FIGURES, cohort=None, who=None, when=None, change_p=0.03).p == 0.03


def test_few_texts_and_few_controls_are_caveats():
    assert len(judge(FIGURES, 0.01).caveats) == 2
    weak = judge(replace(FIGURES, texts=(3, 40), who=replace(WHO, controls=15)), 0.01).caveats
    assert any("Few distinct texts: 3 before and 40 after" in caveat for caveat in weak)
    assert any("Only 15 controls for 10 accounts" in caveat for caveat in weak)
    merged = judge(replace(FIGURES, who=replace(WHO, merged=1)), 0.01).caveats
    assert any("its controls differ" in caveat for caveat in merged)
