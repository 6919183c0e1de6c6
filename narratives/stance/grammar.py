"""Who does what: persons of verbs, and the words that a post reports as somebody else's."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache

from narratives.morphology import KAZAKH_LETTERS, lemma, russian_tags, skeleton
from narratives.stance.phrases import Token
from narratives.stance.scope import SCARE_WORDS, Layout, Mark, Mention, quotations

FIRST_KAZAKH = re.compile("(?:[мбп]и[нз]|[дт]им|[дт]и[кг]|аии[нк]|еии[нк]|иик|емин)$")
THIRD_KAZAKH = re.compile("[дт]и$")
FIRST_PRONOUN = re.compile("я|мы|мен|біз|биз|лично")
THAT = frozenset({"что", "будто", "якобы", "как"})
HEADLINE = 4  # words before a colon at most: a title and a name
NAMED_AFTER = re.compile(r"[,»\"”!?…]\s*[—–-]\s*")


def _flat(token: str) -> str:
    return skeleton(token).replace("ы", "и")


@lru_cache(maxsize=100_000)
def is_first_person(token: str) -> bool:
    """Return whether `token` is a verb of the first person, Russian or Kazakh: поддерживаю, қолдаймыз."""
    return "1per" in russian_tags(token) or FIRST_KAZAKH.search(_flat(token)) is not None


@lru_cache(maxsize=100_000)
def needs_subject(token: str, *, plural: bool) -> bool:
    """Return whether `token` is a verb whose subject is a third person: Russian of that number, Kazakh of any.

    An infinitive counts: its subject is that of the verb it hangs on. A participle does not.
    """
    tags = russian_tags(token)
    if not KAZAKH_LETTERS.isdisjoint(token.lower()) or not tags:
        return THIRD_KAZAKH.search(_flat(token)) is not None
    number = "plur" if plural else "sing"
    third = {"3per", number} <= tags or ({"past", number} <= tags and "VERB" in tags)
    return third or "INFN" in tags


def is_base_form(token: str, names: frozenset[str]) -> bool:
    """Return whether a name stands in its base form, as the one who acts or speaks; `names` are skeletons of those."""
    return skeleton(token) in names or lemma(token) == token.lower()


def reported(
    text: str, tokens: Sequence[Token], layout: Layout, people: Sequence[Mention], verbs: Sequence[Mark]
) -> frozenset[int]:
    """Return the tokens that are somebody else's words.

    `verbs` are occurrences of verbs of speech. Words are another's after a named speaker and a colon (a headline),
    after a verb of speech and "that", before a verb of speech and the speaker's name, and in long quotation marks of a
    sentence with such a verb. Not in the first person: "I say that".
    """
    if not people and not verbs:
        return frozenset()
    spoken = [verb for verb in verbs if not _is_own(tokens, layout, verb)]
    speakers = [one for one in people if one.bare]
    parts: list[Collection[int]] = [
        *_after_colon(text, tokens, layout, speakers),
        *_in_quotes(text, tokens, layout, spoken),
    ]
    for verb in spoken:
        parts += [*_after_that(tokens, layout, speakers, verb), *_before_verb(text, tokens, layout, speakers, verb)]
    return frozenset(place for part in parts for place in part)


def _is_own(tokens: Sequence[Token], layout: Layout, verb: Mark) -> bool:
    """Return whether the author is who speaks: a verb in the first person, or its pronoun in the clause."""
    nearby = range(verb.first, min(verb.last + 2, len(tokens)))
    return any(is_first_person(tokens[i].text) for i in nearby) or has_pronoun(tokens, layout, verb.first)


def has_pronoun(tokens: Sequence[Token], layout: Layout, place: int) -> bool:
    """Return whether the clause of a token has a pronoun of the first person."""
    return any(
        clause == layout.clause[place] and FIRST_PRONOUN.fullmatch(token.text.lower())
        for clause, token in zip(layout.clause, tokens, strict=True)
    )


def _after_colon(text: str, tokens: Sequence[Token], layout: Layout, speakers: Sequence[Mention]) -> Iterator[range]:
    for one in speakers:
        after = one.last + 1
        clause = layout.clause.index(layout.clause[one.first])
        between = text[tokens[one.last].end : tokens[after].start] if after < len(tokens) else ""
        if between.lstrip().startswith(":") and after - clause <= HEADLINE and len(tokens) - after >= SCARE_WORDS:
            yield range(after, len(tokens))


def _in_quotes(text: str, tokens: Sequence[Token], layout: Layout, verbs: Sequence[Mark]) -> Iterator[frozenset[int]]:
    told = {layout.sentence[verb.first] for verb in verbs}
    for inside in quotations(text, tokens):
        if len(inside) > SCARE_WORDS and not told.isdisjoint(layout.sentence[i] for i in (min(inside), max(inside))):
            yield inside


def _after_that(tokens: Sequence[Token], layout: Layout, speakers: Sequence[Mention], verb: Mark) -> Iterator[range]:
    clause, sentence = layout.clause[verb.first], layout.sentence[verb.first]
    after = next((i for i in range(verb.last, len(tokens)) if layout.clause[i] != clause), len(tokens))
    named = any(layout.clause[one.first] == clause for one in speakers)
    if named and after < len(tokens) and tokens[after].text.lower() in THAT:
        yield range(after, len(layout.sentence) - layout.sentence[::-1].index(sentence))


def _before_verb(
    text: str, tokens: Sequence[Token], layout: Layout, speakers: Sequence[Mention], verb: Mark
) -> Iterator[range]:
    """Yield what stands before "— said NAME", and, in Kazakh, between a name and its verb or before verb and name."""
    start = layout.sentence.index(layout.sentence[verb.first])
    beside = [one for one in speakers if 0 < one.first - verb.last <= HEADLINE]
    led = verb.first and NAMED_AFTER.fullmatch(text[tokens[verb.first - 1].end : tokens[verb.first].start])
    if beside and (led or verb.side == "kk"):
        yield range(start, verb.first)
    if verb.side == "kk":
        before = [one for one in speakers if start <= one.first and one.last < verb.first]
        yield from (range(one.last + 1, verb.first) for one in before[-1:])
