"""Stance from phrases of praise and accusation: what is said of which target, and what is denied, doubted or quoted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from narratives.config.sections import Side
from narratives.morphology import is_person
from narratives.stance.lexicon import Cue, load_cues
from narratives.stance.phrases import Match, PhraseBook, Token, tokenize
from narratives.stance.protocol import Floats, Pair, Resources, Span
from narratives.stance.scope import Layout, Mention, addressees, join_mentions, lay_out

# Log-odds per unit of evidence, and of no stance when there is none. Set so that one phrase of weight 2 gives .7 and
# no phrase gives none = .79; not fitted to labelled posts yet.
SCALE, NONE = 1.5, 2.0
CEILING = 6.0  # units of evidence beyond which more phrases add nothing
REACH = {"ru": 3, "kk": 2}  # tokens over which a negation works: forwards in Russian, backwards in Kazakh
DENIED = {1: -0.8, -1: -0.5}  # what is left of praise and of accusation when denied
MOCKED = -0.5  # praise beside a marker of irony, or in scare quotes
ATTRIBUTED = 0.1  # words that the post says another said
QUOTED = 0.6  # accusation in scare quotes
OUTDATED = 0.4  # praise of the past, and what a contrast takes back
STRESSED = 1.3


class Mark(NamedTuple):
    """A modifier's first and last token, and its language."""

    first: int
    last: int
    side: Side


Marks = dict[tuple[str, int], list[Mark]]  # by kind and sentence


@dataclass(frozen=True)
class Evidence:
    """One phrase's evidence: its cue's number, its last token, and signed units."""

    cue: int
    last: int
    units: float


class Seeds:
    """The backend `seeds`: units of evidence from phrases, then a logistic model with fixed coefficients."""

    def __init__(self, resources: Resources) -> None:
        self._cues = load_cues(resources.section, resources.targets)
        self._book = PhraseBook([cue.phrase for cue in self._cues])

    def score(self, pairs: Sequence[Pair]) -> Floats:
        """Return the probabilities of favor, against and none, (len(pairs), 3); see `probabilities`."""
        units = np.array([self.evidence(pair) for pair in pairs]).reshape(-1, 2)
        return probabilities(units[:, 0], units[:, 1])

    def evidence(self, pair: Pair) -> tuple[float, float]:
        """Return the units of praise and of accusation for the pair's target."""
        tokens = tokenize(pair.text)
        mentions = _mentions(tokens, pair.spans)
        named = {i for mention in mentions for i in range(mention.first, mention.last + 1)}
        matches = [m for m in self._book.find(pair.text, tokens) if named.isdisjoint(range(m.first, m.last + 1))]
        if not any(self._cues[match.phrase].sign for match in matches):
            return 0.0, 0.0
        layout, people = lay_out(pair.text, tokens, named), mentions + _others(tokens, named)
        return self._units(pair.target_id, matches, layout, people)

    def _units(
        self, target: str, matches: Sequence[Match], layout: Layout, people: Sequence[Mention]
    ) -> tuple[float, float]:
        kept = self._longest(target, matches)
        marks: Marks = defaultdict(list)
        for match in kept:
            cue = self._cues[match.phrase]
            marks[cue.kind, layout.sentence[match.first]].append(Mark(match.first, match.last, cue.side))
        joined = join_mentions(people, _places(marks, "conjunction"))
        found = []
        for match in kept:
            cue = self._cues[match.phrase]
            both = bool(marks.get(("both", layout.sentence[match.first])))
            targets, share = addressees(match.first, match.last, joined, layout, both=both)
            if cue.sign and target in targets:
                units = share * cue.sign * cue.weight * _force(match, cue, marks, layout)
                found.append(Evidence(match.phrase, match.last, units))
        return _total(found, _places(marks, "contrast"))

    def _longest(self, target: str, matches: Sequence[Match]) -> list[Match]:
        """Return the matches that count for `target` and overlap no longer one, or at equal length no better one.

        The target's own phrases are better than the general ones, and weightier phrases better than lighter ones.
        """

        def rank(match: Match) -> tuple[int, bool, float, int, int]:
            cue = self._cues[match.phrase]
            return match.first - match.last, cue.target is None, -cue.weight, match.first, match.phrase

        taken: set[int] = set()
        kept = []
        for match in sorted((m for m in matches if self._cues[m.phrase].target in (None, target)), key=rank):
            places = range(match.first, match.last + 1)
            if taken.isdisjoint(places):
                taken.update(places)
                kept.append(match)
        return sorted(kept, key=lambda match: match.first)


def _mentions(tokens: Sequence[Token], spans: Sequence[Span]) -> list[Mention]:
    mentions = []
    for start, end, target in spans:
        inside = [i for i, token in enumerate(tokens) if token.start < end and start < token.end]
        mentions.append(Mention(inside[0], inside[-1], frozenset({target})))
    return mentions


def _others(tokens: Sequence[Token], named: set[int]) -> list[Mention]:
    """Return people who are no targets, so that what is said of them is not laid at a target's door."""
    return [
        Mention(i, i, frozenset())
        for i, token in enumerate(tokens)
        if named.isdisjoint((i - 1, i, i + 1)) and is_person(token.text)
    ]


def _places(marks: Marks, kind: str) -> set[int]:
    return {mark.first for (of_kind, _), here in marks.items() if of_kind == kind for mark in here}


def _force(match: Match, cue: Cue, marks: Marks, layout: Layout) -> float:
    """Return what the words around a phrase leave of its units: 1 is all, below 0 the opposite."""
    sentence, clause = layout.sentence[match.first], layout.clause[match.first]
    scare = match.first in layout.quoted
    if scare and ("attribution", sentence) in marks:
        return ATTRIBUTED
    denials = (mark for mark in marks.get(("negation", sentence), ()) if layout.clause[mark.first] == clause)
    if match.negated or any(_denies(mark, match) for mark in denials):
        return DENIED[cue.sign]
    if cue.sign > 0 and (scare or ("irony", sentence) in marks):
        return MOCKED
    stressed = any(0 < match.first - mark.last <= 2 for mark in marks.get(("intensifier", sentence), ()))
    outdated = cue.sign > 0 and any(mark.first < match.first for mark in marks.get(("past", sentence), ()))
    return (STRESSED if stressed else 1.0) * (OUTDATED if outdated else 1.0) * (QUOTED if scare else 1.0)


def _denies(mark: Mark, match: Match) -> bool:
    gap = match.first - mark.last if mark.side == "ru" else mark.first - match.last
    return 0 < gap <= REACH[mark.side]


def _total(found: Sequence[Evidence], contrasts: Collection[int]) -> tuple[float, float]:
    """Return the units of praise and accusation; a phrase counts once, and less if a contrast then takes it back."""
    most: dict[tuple[bool, int], float] = {}
    final = {one.units > 0: one.last for one in found}
    for one in found:
        positive = one.units > 0
        taken_back = any(one.last < contrast < final.get(not positive, -1) for contrast in contrasts)
        units = abs(one.units) * (OUTDATED if taken_back else 1.0)
        most[positive, one.cue] = max(most.get((positive, one.cue), 0.0), units)
    praise = sum(units for (positive, _), units in most.items() if positive)
    accusation = sum(units for (positive, _), units in most.items() if not positive)
    return min(praise, CEILING), min(accusation, CEILING)


def probabilities(praise: Floats, accusation: Floats) -> Floats:
    """Return, for units of evidence of length n, the probabilities of favor, against and none: (n, 3), rows sum to 1.

    A softmax over SCALE × praise, SCALE × accusation and NONE: a multinomial logistic model with fixed coefficients.
    """
    logits = np.column_stack([SCALE * praise, SCALE * accusation, np.full(len(praise), NONE)])
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))
