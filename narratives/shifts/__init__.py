"""Shifts: what changed, when, by whom, and how sure that is."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from narratives import tables
from narratives.config import Study
from narratives.shifts.amplification import find_amplifications
from narratives.shifts.convergence import find_convergences
from narratives.shifts.counter_campaign import find_counter_campaigns
from narratives.shifts.cross_platform import find_cross_platform
from narratives.shifts.deflection import find_deflections
from narratives.shifts.finding import Finding, Judgement
from narratives.shifts.frame_reuse import find_frame_reuse
from narratives.shifts.mobilisation import find_mobilisations
from narratives.shifts.pile_on import find_pile_ons
from narratives.shifts.reversal import find_reversals
from narratives.shifts.revival import find_revivals
from narratives.shifts.statistics import benjamini_hochberg

__all__ = ["detect_shifts"]

Frames = Mapping[str, pd.DataFrame]
Detector = Callable[[Frames, Study], list[Finding]]
DETECTORS: dict[str, Detector] = {
    "reversal": find_reversals,
    "revival": find_revivals,
    "deflection": find_deflections,
    "amplification": find_amplifications,
    "convergence": find_convergences,
    "frame_reuse": find_frame_reuse,
    "cross_platform": find_cross_platform,
    "counter_campaign": find_counter_campaigns,
    "mobilisation": find_mobilisations,
    "pile_on": find_pile_ons,
}
BEFORE_EVENT = pd.Timedelta(days=1)


def detect_shifts(frames: Frames, study: Study) -> pd.DataFrame:
    """Return the `findings` table of all enabled detectors.

    Parameters
    ----------
    frames
        The tables that the detectors read, by name; rows may be in any order.
    study
        Its sections `shifts`, `targets`, `events`, `time` and `seed` are used.

    Returns
    -------
    DataFrame
        Coordinated verdicts first and inconclusive ones last, then by q, which is Benjamini-Hochberg over all tests of
        the study, those without a row included. A test has a row if the null that nothing happened at all is rejected
        (Benjamini-Hochberg over all tests at `shifts.alpha`) and what happened is large enough for its detector. No
        event is needed for a row: unless the detector names one, an event is named where the date lies from a day
        before it to `lag` after it, the nearest one if several do.
    """
    found = [
        finding
        for name, detector in DETECTORS.items()
        if getattr(study.shifts, name).enabled
        for finding in detector(frames, study)
    ]
    if not found:
        return tables.empty("findings")
    claims = benjamini_hochberg(np.array([finding.p for finding in found]))
    anything = benjamini_hochberg(np.array([finding.any_p for finding in found]))
    judged = [
        (finding, float(q), finding.judge(float(q)))
        for finding, q, any_q in zip(found, claims, anything, strict=True)
        if any_q <= study.shifts.alpha and finding.large
    ]
    judged.sort(key=_strongest_first)
    rows = [_row(f"F{n:02d}", *parts, study) for n, parts in enumerate(judged, start=1)]
    return tables.check("findings", pd.DataFrame(rows))


def _strongest_first(judged: tuple[Finding, float, Judgement]) -> tuple[bool, bool, float, float, str, list[str], str]:
    finding, q, judgement = judged
    verdict, strength = judgement.verdict, -abs(finding.effect)
    coordinated = verdict.startswith("coordinated")
    return (
        not coordinated, verdict == "inconclusive", q, strength, finding.kind, finding.targets, finding.cohort or ""
    )  # fmt: skip


def _row(finding_id: str, finding: Finding, q: float, judgement: Judgement, study: Study) -> dict[str, object]:
    return {
        "finding_id": finding_id,
        "kind": finding.kind, "verdict": judgement.verdict, "targets": finding.targets, "cohort": finding.cohort,
        "event": finding.event or _event(finding.date, study), "date": finding.date, "date_low": finding.date_low,
        "date_high": finding.date_high, "statistic_name": finding.statistic_name, "statistic": finding.statistic,
        "effect_name": finding.effect_name, "effect": finding.effect,
        "effect_low": finding.effect_low, "effect_high": finding.effect_high, "p": finding.p, "q": q,
        "placebo_rank": finding.rank, "placebo_dates": finding.dates, "details": json.dumps(_plain(finding.details)),
        "reasons": judgement.reasons, "caveats": judgement.caveats, "evidence": finding.evidence,
    }  # fmt: skip


def _event(date: pd.Timestamp, study: Study) -> str | None:
    """Return the event nearest to `date` of those from which it lies no more than a day before or `lag` after."""
    times = {event.name: pd.Timestamp(study.event_time(event.name)) for event in study.events}
    near = [n for n, t in times.items() if t - BEFORE_EVENT <= date <= t + study.shifts.reversal.lag]
    return min(near, key=lambda name: (abs(times[name] - date), name), default=None)


def _plain(value: object) -> object:
    """Return `value` with six digits and nulls for what is not a number, which JSON has no word for."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value
