"""Whose evidence a phrase is: clauses, sentences, and the nearest target in them."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from narratives.stance.phrases import Token

SENTENCE = re.compile(r"[.!?…\n]")
CLAUSE = re.compile(r"[,;:()—–]|\s-\s")
QUOTED = re.compile(r"«([^«»]*)»|“([^“”]*)”|„([^„“”]*)[“”]|\"([^\"]*)\"")
SCARE_WORDS = 3
# What evidence keeps outside the target's own clause: in its sentence, in the next one, further on, and in a sentence
# before any target is named.
NEAR, NEXT, FAR, AHEAD = 0.9, 0.7, 0.5, 0.4


@dataclass(frozen=True)
class Layout:
    """The clause and the sentence of each token, and which tokens stand in scare quotes."""

    clause: tuple[int, ...]
    sentence: tuple[int, ...]
    quoted: frozenset[int]


@dataclass(frozen=True)
class Mention:
    """Targets named together (Касенов и Жасанов), from one token to another."""

    first: int
    last: int
    targets: frozenset[str]


def lay_out(text: str, tokens: Sequence[Token], named: Collection[int]) -> Layout:
    """Return the layout of `text`. A quotation of up to three words that names no target is in scare quotes."""
    clause, sentence, clauses, sentences = [], [], 0, 0
    for before, token in zip([None, *tokens], tokens, strict=False):
        if before is not None:
            between = text[before.end : token.start]
            ends = SENTENCE.search(between) is not None and len(before.text) > 1
            sentences += ends
            clauses += ends or CLAUSE.search(between) is not None
        clause.append(clauses)
        sentence.append(sentences)
    quoted: set[int] = set()
    for span in QUOTED.finditer(text):
        inside = {i for i, token in enumerate(tokens) if span.start() < token.start < span.end()}
        if len(inside) <= SCARE_WORDS and inside.isdisjoint(named):
            quoted |= inside
    return Layout(tuple(clause), tuple(sentence), frozenset(quoted))


def join_mentions(mentions: Sequence[Mention], conjunctions: Collection[int]) -> list[Mention]:
    """Return the mentions with those joined that only conjunctions stand between."""
    joined: list[Mention] = []
    for mention in sorted(mentions, key=lambda mention: (mention.first, mention.last)):
        between = range(joined[-1].last + 1, mention.first) if joined else range(0)
        if between and all(i in conjunctions for i in between):
            joined[-1] = Mention(joined[-1].first, mention.last, joined[-1].targets | mention.targets)
        else:
            joined.append(mention)
    return joined


def addressees(
    first: int, last: int, mentions: Sequence[Mention], layout: Layout, *, both: bool
) -> tuple[frozenset[str], float]:
    """Return whose evidence the tokens `first` to `last` are, and the share of it that counts.

    The nearest target of the clause; else the last one before it in the sentence, else the first one after; else the
    last one before it in the text, else the first one after. With `both`, all targets of the sentence.
    """
    here = [m for m in mentions if layout.sentence[m.first] == layout.sentence[first]]
    if both and here:
        return frozenset().union(*(m.targets for m in here)), 1.0
    clause = [m for m in here if layout.clause[first] in (layout.clause[m.first], layout.clause[m.last])]
    if clause:
        return min(clause, key=lambda m: (max(m.first - last, first - m.last), m.first)).targets, 1.0
    pool = here or mentions
    before = [m for m in pool if m.last < first]
    if not before:
        return pool[0].targets, NEAR if here else AHEAD
    away = layout.sentence[first] - layout.sentence[before[-1].last]
    return before[-1].targets, (NEAR, NEXT, FAR)[min(away, 2)]
