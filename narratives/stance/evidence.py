"""Evidence from phrases: what is said of which target, and what is denied, doubted, asked or told of others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from narratives.config import Target
from narratives.morphology import is_person, skeleton
from narratives.stance.grammar import has_pronoun, is_base_form, is_first_person, needs_subject, reported
from narratives.stance.lexicon import Cue
from narratives.stance.phrases import Match, PhraseBook, Token, tokenize
from narratives.stance.protocol import Pair, Span
from narratives.stance.scope import Addressed, Layout, Mark, Marks, Mention, addressees, join_mentions, lay_out

CEILING = 6.0  # units of evidence beyond which more phrases add nothing
REACH = {"ru": 3, "kk": 2}  # tokens over which a negation works: forwards in Russian, backwards in Kazakh
DENIED = {1: -0.8, -1: -0.5}  # what is left of praise and of accusation when denied
MOCKED = -0.5  # praise beside a marker of irony, or in scare quotes
ATTRIBUTED = 0.1  # words that the post says another said
QUOTED = 0.6  # accusation in scare quotes
ASKED = 0.5  # in a question
OUTDATED = 0.4  # praise of the past, and what a contrast takes back
STRESSED = 1.3
OTHERS = 0.5  # an attitude that others than the author have
CARRIED = 0.7  # said in an answer that does not name the target


class Reading(NamedTuple):
    """Units of praise and accusation of a pair's target, and the words about it that are in none of the phrases."""

    praise: float
    accusation: float
    words: str


@dataclass(frozen=True)
class Text:
    """A text laid out: its tokens, clauses and sentences, and those who are named in it."""

    tokens: Sequence[Token]
    layout: Layout
    people: Sequence[Mention]


class Reader:
    """Reads one pair after another."""

    def __init__(self, cues: Sequence[Cue], targets: Sequence[Target]) -> None:
        self._cues = cues
        self._book = PhraseBook([cue.phrase for cue in cues])
        names = [name for target in targets for name in (target.name, *target.aliases.ru, *target.aliases.kk)]
        self._names = frozenset(skeleton(token.text) for name in names for token in tokenize(name))

    def read(self, pair: Pair) -> Reading:
        """Return the evidence on the pair's target."""
        tokens = tokenize(pair.text)
        mentions = self._mentions(tokens, pair.spans)
        named = frozenset(i for mention in mentions for i in range(mention.first, mention.last + 1))
        text = Text(tokens, lay_out(pair.text, tokens, named), mentions + self._others(tokens, named))
        found = [m for m in self._book.find(pair.text, tokens) if named.isdisjoint(range(m.first, m.last + 1))]
        matches = self._longest(pair.target_id, found)
        marks: Marks = defaultdict(list)
        for match in matches:
            cue = self._cues[match.phrase]
            marks[cue.kind, text.layout.sentence[match.first]].append(Mark(match.first, match.last, cue.side))
        told = reported(pair.text, tokens, text.layout, text.people, marks)
        spoken_for = named | told | {i for match in matches for i in range(match.first, match.last + 1)}
        return Reading(*self._units(pair, matches, marks, text, told), _words(pair, text, spoken_for))

    def _mentions(self, tokens: Sequence[Token], spans: Sequence[Span]) -> list[Mention]:
        mentions = []
        for start, end, target in spans:
            if inside := [i for i, token in enumerate(tokens) if token.start < end and start < token.end]:
                bare = is_base_form(tokens[inside[-1]].text, self._names)
                mentions.append(Mention(inside[0], inside[-1], frozenset({target}), bare))
        return mentions

    def _others(self, tokens: Sequence[Token], named: frozenset[int]) -> list[Mention]:
        """Return people who are no targets, so that what is said of them is not laid at a target's door."""
        return [
            Mention(i, i, frozenset(), is_base_form(token.text, self._names))
            for i, token in enumerate(tokens)
            if named.isdisjoint((i - 1, i, i + 1)) and is_person(token.text)
        ]

    def _units(
        self, pair: Pair, matches: Sequence[Match], marks: Marks, text: Text, told: frozenset[int]
    ) -> tuple[float, float]:
        joined = join_mentions(text.people, _places(marks, "conjunction"))
        found = []
        for match in matches:
            cue = self._cues[match.phrase]
            if not cue.sign:
                continue
            both = ("both", text.layout.sentence[match.first]) in marks
            heard = _addressed(pair, match, joined, text.layout, both=both)
            if pair.target_id in heard.targets:
                force = ATTRIBUTED if match.first in told else _force(match, cue, marks, text.layout)
                share = heard.share * _share_of_author(match, cue, heard, text)
                found.append((match, share * force * cue.sign * cue.weight))
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


def _words(pair: Pair, text: Text, spoken_for: frozenset[int]) -> str:
    """Return the words that no phrase accounts for; of several targets, those that lie nearest to the pair's."""
    free = [i for i in range(len(text.tokens)) if i not in spoken_for]
    if {target for _, _, target in pair.spans} - {pair.target_id}:
        people = [one for one in text.people if one.targets]
        free = [i for i in free if pair.target_id in addressees(i, i, people, text.layout, both=False).targets]
    return " ".join(text.tokens[i].text for i in free)


def _addressed(pair: Pair, match: Match, joined: Sequence[Mention], layout: Layout, *, both: bool) -> Addressed:
    """Return whose evidence a match is; in an answer that does not name the target, what names nobody is about it."""
    carried = all(target != pair.target_id for _, _, target in pair.spans)
    clause = layout.clause[match.first]
    if carried and not any(clause in (layout.clause[m.first], layout.clause[m.last]) for m in joined):
        return Addressed(frozenset({pair.target_id}), CARRIED, bare=False)
    return addressees(match.first, match.last, joined, layout, both=both)


def _share_of_author(match: Match, cue: Cue, heard: Addressed, text: Text) -> float:
    """Return what counts of an attitude: nothing if the target has it ("Касенов поддерживает"), less if others do."""
    words = [text.tokens[i].text for i in range(match.first, match.last + 1)]
    if not cue.attitude or any(map(is_first_person, words)) or has_pronoun(text.tokens, text.layout, match.first):
        return 1.0
    if heard.bare and any(needs_subject(word, plural=len(heard.targets) > 1) for word in words):
        return 0.0
    return OTHERS if any(needs_subject(word, plural=plural) for word in words for plural in (False, True)) else 1.0


def _places(marks: Marks, kind: str) -> set[int]:
    return {mark.first for (of_kind, _), here in marks.items() if of_kind == kind for mark in here}


def _force(match: Match, cue: Cue, marks: Marks, layout: Layout) -> float:
    """Return what the words around a phrase leave of its units: 1 is all, below 0 the opposite."""
    sentence, clause = layout.sentence[match.first], layout.clause[match.first]
    scare, asked = match.first in layout.quoted, sentence in layout.asked
    if scare and (("attribution", sentence) in marks or ("speech", sentence) in marks):
        return ATTRIBUTED
    denials = [mark for mark in marks.get(("negation", sentence), ()) if layout.clause[mark.first] == clause]
    denied = any(layout.clause[mark.first] == clause for mark in marks.get(("denial", sentence), ()))
    if not asked and (match.negated or denied or any(_denies(mark, match) for mark in denials)):
        return DENIED[cue.sign]
    if cue.sign > 0 and (scare or ("irony", sentence) in marks):
        return MOCKED
    stressed = any(0 < match.first - mark.last <= 2 for mark in marks.get(("intensifier", sentence), ()))
    outdated = cue.sign > 0 and any(mark.first < match.first for mark in marks.get(("past", sentence), ()))
    force = (STRESSED if stressed else 1.0) * (OUTDATED if outdated else 1.0) * (QUOTED if scare else 1.0)
    return force * (ASKED if asked else 1.0)


def _denies(mark: Mark, match: Match) -> bool:
    gap = match.first - mark.last if mark.side == "ru" else mark.first - match.last
    return 0 < gap <= REACH[mark.side]


def _total(found: Sequence[tuple[Match, float]], contrasts: Collection[int]) -> tuple[float, float]:
    """Return the units of praise and accusation; a phrase counts once, and less if a contrast then takes it back."""
    most: dict[tuple[bool, int], float] = {}
    final = {units > 0: match.last for match, units in found}
    for match, signed in found:
        positive = signed > 0
        taken_back = any(match.last < contrast < final.get(not positive, -1) for contrast in contrasts)
        units = abs(signed) * (OUTDATED if taken_back else 1.0)
        most[positive, match.phrase] = max(most.get((positive, match.phrase), 0.0), units)
    praise = sum(units for (positive, _), units in most.items() if positive)
    accusation = sum(units for (positive, _), units in most.items() if not positive)
    return min(praise, CEILING), min(accusation, CEILING)
