"""Whose evidence a phrase is: clauses, sentences, and the nearest target in them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from narratives.config import Side
from narratives.stance.phrases import Token

SENTENCE = re.compile(r"[.!?…\n]")
CLAUSE = re.compile(r"[,;:()—–]|\s-\s")
QUOTED = re.compile(r"«([^«»]*)»|“([^“”]*)”|„([^„“”]*)[“”]|\"([^\"]*)\"")
SAID = re.compile(
    r"(?:[!?…].|..\s?,)\s?[—–-]|..\s?,?\s(?:деп|деді|дейді|депті|дейтін|дегенді?)\b", re.DOTALL
)  # what ends a quotation, the mark, and what follows
SCARE_WORDS = 3
# What evidence keeps outside the target's own clause: in its sentence, in the next one, further on, and in a sentence
# before any target is named.
NEAR, NEXT, FAR, AHEAD = 0.9, 0.7, 0.5, 0.4


Marks = dict[tuple[str, int], list["Mark"]]  # by kind and sentence


@dataclass(frozen=True)
class Layout:
    """The clause and the sentence of each token, which tokens stand in scare quotes, and which sentences ask."""

    clause: tuple[int, ...]
    sentence: tuple[int, ...]
    quoted: frozenset[int]
    asked: frozenset[int]


@dataclass(frozen=True)
class Mention:
    """Targets named together (Касенов и Жасанов), from one token to another; `bare` in their base form."""

    first: int
    last: int
    targets: frozenset[str]
    bare: bool = False


class Addressed(NamedTuple):
    """Whose evidence a phrase is, the share of it that counts, and whether they are named in the base form."""

    targets: frozenset[str]
    share: float
    bare: bool


class Mark(NamedTuple):
    """A modifier's first and last token, and its language."""

    first: int
    last: int
    side: Side


def lay_out(text: str, tokens: Sequence[Token], named: Collection[int]) -> Layout:
    """Return the layout of `text`. A quotation of up to three words that names no target is in scare quotes."""
    clause, sentence, asked, clauses = [0] * len(tokens), [0] * len(tokens), set(), 0
    for i, token in enumerate(tokens):
        after = text[token.end : tokens[i + 1].start if i + 1 < len(tokens) else len(text)]
        initial = len(token.text) == 1 and token.text.isalpha()
        ends = not initial and SENTENCE.search(after) is not None
        if ends and "?" in after:
            asked.add(sentence[i])
        clauses += ends or CLAUSE.search(after) is not None
        if i + 1 < len(tokens):
            clause[i + 1], sentence[i + 1] = clauses, sentence[i] + ends
    marked = (quotation.tokens for quotation in quotations(text, tokens))
    short = [words for words in marked if len(words) <= SCARE_WORDS and words.isdisjoint(named)]
    return Layout(tuple(clause), tuple(sentence), frozenset().union(*short), frozenset(asked))


class Quotation(NamedTuple):
    """The tokens inside a pair of quotation marks, and whether the text says that somebody said them."""

    tokens: frozenset[int]
    said: bool


def quotations(text: str, tokens: Sequence[Token]) -> Iterator[Quotation]:
    """Yield what stands in quotation marks.

    Somebody said it after a colon, before a comma and a dash, and before деп.
    """
    for span in QUOTED.finditer(text):
        inside = frozenset(i for i, token in enumerate(tokens) if span.start() < token.start < span.end())
        said = text[: span.start()].rstrip().endswith(":") or SAID.match(text, span.end() - 2) is not None
        yield Quotation(inside, said)


def join_mentions(mentions: Sequence[Mention], conjunctions: Collection[int]) -> list[Mention]:
    """Return the mentions with those joined that only conjunctions stand between."""
    joined: list[Mention] = []
    for mention in sorted(mentions, key=lambda mention: (mention.first, mention.last)):
        between = range(joined[-1].last + 1, mention.first) if joined else range(0)
        if between and all(i in conjunctions for i in between):
            before = joined[-1]
            joined[-1] = Mention(before.first, mention.last, before.targets | mention.targets, before.bare)
        else:
            joined.append(mention)
    return joined


def addressees(first: int, last: int, mentions: Sequence[Mention], layout: Layout, *, both: bool) -> Addressed:
    """Return whose evidence the tokens `first` to `last` are, and the share of it that counts.

    The nearest target of the clause; else the last one before it in the sentence, else the first one after; else the
    last one before it in the text, else the first one after. With `both`, all targets of the sentence.
    """
    here = [m for m in mentions if layout.sentence[m.first] == layout.sentence[first]]
    if both and here:
        return Addressed(frozenset().union(*(m.targets for m in here)), 1.0, bare=False)
    clause = [m for m in here if layout.clause[first] in (layout.clause[m.first], layout.clause[m.last])]
    if clause:
        nearest = min(clause, key=lambda m: (max(m.first - last, first - m.last), m.first))
        return Addressed(nearest.targets, 1.0, nearest.bare)
    pool = here or mentions
    before = [m for m in pool if m.last < first]
    if not before:
        return Addressed(pool[0].targets, NEAR if here else AHEAD, pool[0].bare)
    away = layout.sentence[first] - layout.sentence[before[-1].last]
    return Addressed(before[-1].targets, (NEAR, NEXT, FAR)[min(away, 2)], before[-1].bare)
