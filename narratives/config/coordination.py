"""Sections of the traces of coordination."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from narratives.config.base import Duration, Section


class NearCopyTrace(Section):
    """Trace: two accounts post nearly the same text within a time window."""

    enabled: bool = True
    """Use this trace."""
    window: Duration = timedelta(days=1)
    """Longest time between two copies that count as one action."""
    similarity: float = Field(default=0.8, gt=0, le=1)
    """Least Jaccard similarity of character 5-grams of two normalised texts."""
    min_chars: int = Field(default=20, ge=1)
    """Shorter texts (after normalisation) are no evidence: greetings repeat by themselves."""


class NarrativeTrace(Section):
    """Trace: two accounts post in the same narrative within minutes."""

    enabled: bool = True
    """Use this trace."""
    window: Duration = timedelta(minutes=10)
    """Longest time between two posts that count as one action."""


class Coordination(Section):
    """Which accounts act together, beyond what their activity explains."""

    near_copy: NearCopyTrace = NearCopyTrace()
    """The near-copy trace."""
    same_narrative: NarrativeTrace = NarrativeTrace()
    """The same-narrative-within-minutes trace."""
    alpha: float = Field(default=0.05, gt=0, lt=1)
    """False discovery rate over all account pairs of a trace (Benjamini–Hochberg)."""
    min_shared: int = Field(default=3, ge=1)
    """Least number of shared actions of an edge."""
    min_cohort: int = Field(default=4, ge=2)
    """Least number of accounts of a cohort."""
    resolution: float = Field(default=1.0, gt=0)
    """Leiden resolution; larger gives smaller cohorts."""
    max_group: int = Field(default=2_000, ge=2)
    """An action shared by more accounts than this is public, no sign of coordination; it is counted and left out."""
