"""Where posts mention targets: inflected names, hashtags and handles, and never a mere substring."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from narratives import tables
from narratives.config import Target
from narratives.stance.phrases import Match, Phrase, PhraseBook, Token, tokenize

Span = tuple[int, int, str, str]


def find_mentions(posts: pd.DataFrame, targets: Sequence[Target]) -> pd.DataFrame:
    """Return the table `mentions`: every place where a post names a target.

    Parameters
    ----------
    posts : with `post_id` and `text`.
    targets : `name` and `aliases` count in every case and suffix chain, in Cyrillic, Latin script and Kazakh typed in
        Russian letters; an alias that starts with @ counts as a handle, as written. A name that is also a common word,
        and one of four letters or fewer, needs a capital; the latter also its exact letters. Where two aliases of one
        target overlap, the longer one counts; a mention inside a phrase of `exclude` does not.

    Rows are ordered by post, place and target; `start` and `end` count characters of the text as given.
    """
    finder = MentionFinder(targets)
    texts = posts["text"].drop_duplicates()
    spans = {text: found for text in texts if (found := finder.spans(text))}
    named = posts.loc[posts["text"].isin(spans), ["post_id", "text"]].sort_values("post_id", kind="stable")
    rows = [
        (post_id, target, start, end, alias)
        for post_id, text in zip(named["post_id"], named["text"], strict=True)
        for start, end, target, alias in spans[text]
    ]
    return tables.check("mentions", pd.DataFrame(rows, columns=["post_id", "target_id", "start", "end", "alias"]))


class MentionFinder:
    """Finds the targets in one text after another; what a token can be is decided once."""

    def __init__(self, targets: Sequence[Target]) -> None:
        self._named = [(target.id, alias) for target in targets for alias in _aliases(target)]
        excluded = [(target.id, phrase) for target in targets for phrase in target.exclude]
        self._owners = [target for target, _ in self._named + excluded]
        phrases = [Phrase(alias, kazakh=True, name=True) for _, alias in self._named]
        self._book = PhraseBook(phrases + [Phrase(phrase, kazakh=True) for _, phrase in excluded])

    def spans(self, text: str) -> list[Span]:
        """Return start, end, target id and alias of each mention in `text`, by place, then target."""
        if not self._book.touches(text):
            return []
        tokens = tokenize(text)
        matches = self._book.find(text, tokens)
        names = [match for match in matches if match.phrase < len(self._named)]
        taken = {
            (self._owners[match.phrase], place)
            for match in matches
            if match.phrase >= len(self._named)
            for place in range(match.first, match.last + 1)
        }
        spans = []
        for match in sorted(names, key=lambda match: (match.first - match.last, match.first, match.phrase)):
            places = {(self._owners[match.phrase], place) for place in range(match.first, match.last + 1)}
            if taken.isdisjoint(places):
                taken |= places
                spans.append(self._span(match, tokens))
        return sorted(spans)

    def _span(self, match: Match, tokens: Sequence[Token]) -> Span:
        target, alias = self._named[match.phrase]
        return tokens[match.first].start, tokens[match.last].end, target, alias


def _aliases(target: Target) -> list[str]:
    return list(dict.fromkeys([target.name, *target.aliases.ru, *target.aliases.kk]))
