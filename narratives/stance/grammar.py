"""Who does what: persons of verbs, and the words that a post reports as somebody else's."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache

from narratives.morphology import KAZAKH_LETTERS, lemma, russian_tags, skeleton
from narratives.stance.phrases import Token
from narratives.stance.scope import SCARE_WORDS, Layout, Mark, Marks, Mention, quotations

FIRST_KAZAKH = re.compile("(?:[мбп]и[нз]|[дт]им|[дт]и[кг]|аии[нк]|еии[нк]|иик|емин)$")
THIRD_KAZAKH = re.compile("[дт]и$")
FIRST_PRONOUN = re.compile("я|мы|мен|біз|биз|лично")
THAT = frozenset({"что", "будто", "якобы", "как"})
HEADLINE = 4  # words before a colon at most: a title and a name
SAID = re.compile(r"[»\"”!?…]*,\s*(?:[—–-]\s*)?|[»\"”!?…]+\s*[—–-]\s*")


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
    text: str, tokens: Sequence[Token], layout: Layout, people: Sequence[Mention], marks: Marks
) -> frozenset[int]:
    """Return the tokens that are somebody else's words.

    Words are another's after a named speaker and a colon (a headline), after a verb of speech and "that", before a verb
    of speech and who speaks, after "called" in its clause, and in quotation marks of a sentence with such a verb, if
    they are many or name somebody. Not in the first person: "I say that".
    """
    verbs = [mark for (kind, _), here in marks.items() if kind == "speech" for mark in here]
    spoken = [verb for verb in verbs if not _is_own(tokens, layout, verb)]
    telling = {layout.sentence[verb.first] for verb in spoken}
    telling |= {sentence for kind, sentence in marks if kind == "attribution"}
    speakers = [one for one in people if one.bare]
    parts: list[Collection[int]] = [*_after_colon(text, tokens, layout, speakers)]
    parts += _in_quotes(text, tokens, layout, people, telling)
    parts += _after_calling(tokens, layout, marks)
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


def _in_quotes(
    text: str, tokens: Sequence[Token], layout: Layout, people: Sequence[Mention], telling: Collection[int]
) -> Iterator[frozenset[int]]:
    for inside, _ in quotations(text, tokens):
        names = any(one.first in inside for one in people) and any(
            not any(one.first <= i <= one.last for one in people) for i in inside
        )
        told = bool(inside) and not {layout.sentence[i] for i in (min(inside), max(inside))}.isdisjoint(telling)
        if told and (names or len(inside) > SCARE_WORDS):
            yield inside


def _after_calling(tokens: Sequence[Token], layout: Layout, marks: Marks) -> Iterator[range]:
    """Yield what somebody is called or accused of: the rest of the clause."""
    for verb in (mark for (kind, _), here in marks.items() if kind == "attribution" for mark in here):
        named = any(needs_subject(tokens[verb.last].text, plural=plural) for plural in (False, True))
        if named and not _is_own(tokens, layout, verb):
            clause = layout.clause[verb.first]
            yield range(verb.last + 1, len(layout.clause) - layout.clause[::-1].index(clause))


def _after_that(tokens: Sequence[Token], layout: Layout, speakers: Sequence[Mention], verb: Mark) -> Iterator[range]:
    clause, sentence = layout.clause[verb.first], layout.sentence[verb.first]
    after = next((i for i in range(verb.last, len(tokens)) if layout.clause[i] != clause), len(tokens))
    named = any(layout.clause[one.first] == clause for one in speakers)
    if named and after < len(tokens) and tokens[after].text.lower() in THAT:
        yield range(after, len(layout.sentence) - layout.sentence[::-1].index(sentence))


def _before_verb(
    text: str, tokens: Sequence[Token], layout: Layout, speakers: Sequence[Mention], verb: Mark
) -> Iterator[range]:
    """Yield what stands before ", says WHO" at the end of a sentence; in Kazakh also between a name and its verb."""
    sentence = layout.sentence[verb.first]
    start, end = layout.sentence.index(sentence), len(layout.sentence) - layout.sentence[::-1].index(sentence)
    led = verb.first > start and SAID.fullmatch(text[tokens[verb.first - 1].end : tokens[verb.first].start])
    if led and end - verb.last <= HEADLINE + 1:
        yield range(start, verb.first)
    if verb.side == "kk":
        if any(0 < one.first - verb.last <= HEADLINE for one in speakers):
            yield range(start, verb.first)
        before = [one for one in speakers if start <= one.first and one.last < verb.first]
        yield from (range(one.last + 1, verb.first) for one in before[-1:])
