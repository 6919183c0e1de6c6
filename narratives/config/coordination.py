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
    quick: Duration | None = timedelta(minutes=15)
    """The same for the trace `quick_copy`, in which copies at once are tested apart from slow ones; none if not set."""
    similarity: float = Field(default=0.8, gt=0, le=1)
    """Least Jaccard similarity of character 5-grams of two normalised texts."""
    min_chars: int = Field(default=20, ge=1)
    """Shorter texts (after normalisation) are no evidence: greetings repeat by themselves."""
    translations: float | None = Field(default=None, gt=0, le=1)
    """Cosine from which a Kazakh and a Russian text within `window`, each other's nearest, are one; none if not set."""


class NarrativeTrace(Section):
    """Trace: two accounts post in the same narrative within minutes."""

    enabled: bool = True
    """Use this trace."""
    window: Duration = timedelta(minutes=10)
    """Longest time between two posts that count as one action."""


class UrlTrace(Section):
    """Trace: two accounts link to the same page within a time window."""

    enabled: bool = True
    """Use this trace."""
    window: Duration | None = None
    """Longest time between two links that count as one action; estimated if not given, else 10 minutes."""


class HashtagTrace(Section):
    """Trace: two accounts use the same hashtags in the same order within a time window."""

    enabled: bool = True
    """Use this trace."""
    window: Duration | None = None
    """Longest time between two posts that count as one action; estimated if not given, else an hour."""
    min_tags: int = Field(default=3, ge=1)
    """Fewer hashtags in a post are no sequence."""


class RepostTrace(Section):
    """Trace: two accounts repost the same post within a time window."""

    enabled: bool = True
    """Use this trace."""
    window: Duration | None = None
    """Longest time between two reposts that count as one action; estimated if not given, else a minute."""


class ReplyTrace(Section):
    """Trace: two accounts answer the same post within a time window."""

    enabled: bool = True
    """Use this trace."""
    window: Duration | None = None
    """Longest time between two answers that count as one action; estimated if not given, else 10 minutes."""


class Coordination(Section):
    """Which accounts act together, beyond what their activity explains."""

    near_copy: NearCopyTrace = NearCopyTrace()
    """The near-copy trace."""
    same_narrative: NarrativeTrace = NarrativeTrace()
    """The same-narrative-within-minutes trace."""
    same_url: UrlTrace = UrlTrace()
    """The same-link trace."""
    same_hashtags: HashtagTrace = HashtagTrace()
    """The hashtag-sequence trace."""
    same_repost: RepostTrace = RepostTrace()
    """The same-repost trace."""
    same_reply: ReplyTrace = ReplyTrace()
    """The same-reply-target trace."""
    alpha: float = Field(default=0.05, gt=0, lt=1)
    """False discovery rate over all account pairs of a trace (Benjamini–Hochberg)."""
    min_shared: int = Field(default=2, ge=1)
    """Least number of shared actions of an edge; in a cohort is nobody that shares fewer than three things."""
    min_cohort: int = Field(default=4, ge=2)
    """Least number of accounts of a cohort."""
    resolution: float | None = Field(default=None, gt=0)
    """Leiden resolution; larger gives smaller cohorts. Of 0.4, 1, 2 and 4 the most stable one if not given."""
    max_group: int = Field(default=2_000, ge=2)
    """An action shared by more accounts than this is public, no sign of coordination; it is counted and left out."""
