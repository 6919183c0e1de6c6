"""The whole of a name around its surname: given names and initials, and whether they are another person's."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

import yaml

from narratives.morphology import (
    CYRILLIC,
    Spelling,
    is_common,
    kazakh_stem,
    lemma,
    negates,
    russian_forms,
    russian_tags,
    skeleton,
)
from narratives.stance.phrases import UPPER, Match, Token, tokenize

INITIALS_BEFORE = re.compile(rf"(?<!\w)(?:[{UPPER}]\.\s?){{1,2}}$")
INITIALS_AFTER = re.compile(rf"\s(?:[{UPPER}]\.\s?)?[{UPPER}]\.(?!\w)")
HOUSE = re.compile(r",\s?(?:д(?:ом)?\.?\s?)?\d")  # after the name of a street: на Волкова, 12
ENDEARMENT = re.compile("(?:чик|очка|ечка|ушка|юшка|ька|ка)(?:а|у|ом|ой|е|и)?$|(?:жан|тай)$")
PATRONYMIC = re.compile("(?:ович|евич)(?:а|у|ем|е)?$|(?:овн|евн)(?:а|ы|е|у|ой|ою)$|(?:улы|кызы)")


class Given(NamedTuple):
    """A given name: its base form as a skeleton, and whether it stands in the base form."""

    base: str
    bare: bool


class Name(NamedTuple):
    """Where a name starts and ends as a whole, in characters."""

    start: int
    end: int


def given_names(aliases: Sequence[str]) -> frozenset[str]:
    """Return the skeletons of the given names in a target's aliases of two words or more."""
    parts = [[token.text for token in tokenize(alias)] for alias in aliases]
    found = (given_name(word) for words in parts if len(words) > 1 for word in words)
    return frozenset(given.base for given in found if given)


def whole_name(text: str, tokens: Sequence[Token], place: int, own: Collection[str]) -> Name | None:
    """Return the name whose surname is the token at `place`, or None if it is another person's.

    `own` are the skeletons of the target's given names; where none is known, nobody is another. In Russian both parts
    of a name stand in one case, so in "Болат Касенову ответил" there are two people.
    """
    token = tokens[place]
    start, end = token.start, token.end
    before, after = _initials(text, start, end)
    if before or after:
        first = skeleton((before or after).strip()[0])
        return None if own and all(first != name[0] for name in own) else Name(start - len(before), end + len(after))
    if place and text[tokens[place - 1].end : start] == " ":
        given = given_name(tokens[place - 1].text)
        if given and (not given.bare or not _oblique(token.text)):
            start = tokens[place - 1].start
            if own and given.base not in own:
                return None
    return _with_next(text, tokens, place, own, Name(start, end))


def _with_next(text: str, tokens: Sequence[Token], place: int, own: Collection[str], name: Name) -> Name | None:
    """Return `name` with a given name or a patronymic after it."""
    for following in tokens[place + 1 : place + 3]:
        if text[name.end : following.start] == " " and _is_own(following.text, own):
            name = Name(name.start, following.end)
            continue
        if text[name.end : following.start] != " " or not following.text[0].isupper():
            break
        given = given_name(following.text)
        if given and own and given.base not in own and given.bare and not _oblique(tokens[place].text):
            return None
        if not PATRONYMIC.search(skeleton(following.text)) and not (given and given.base in own):
            break
        name = Name(name.start, following.end)
    return name


def _is_own(word: str, own: Collection[str]) -> bool:
    """Return whether `word` is one of the target's given names, with a Kazakh suffix perhaps."""
    folded = skeleton(word)
    spelling: Spelling = "skeleton" if CYRILLIC.search(word.lower()) else "latin"
    return any(
        folded.startswith(name) and negates(name, folded[len(name) :], spelling=spelling) is not None for name in own
    )


def _initials(text: str, start: int, end: int) -> tuple[str, str]:
    before, after = INITIALS_BEFORE.search(text[max(0, start - 8) : start]), INITIALS_AFTER.match(text[end : end + 8])
    return before[0] if before else "", after[0] if after else ""


@lru_cache(maxsize=100_000)
def given_name(word: str) -> Given | None:
    """Return the capitalised `word` as a given name, or None if it is none."""
    if not word[:1].isupper():
        return None
    folded = skeleton(word)
    if folded in _listed():
        return _listed()[folded]
    plain = _listed().get(ENDEARMENT.sub("", folded))
    if plain:
        return Given(plain.base, False)
    tags = russian_tags(word)
    if "Name" not in tags or folded in _titles():
        return None
    bare = "nomn" in tags
    return Given(folded if bare else skeleton(lemma(word, language="ru")), bare)


def of_another(text: str, tokens: Sequence[Token], match: Match, own: Collection[str]) -> bool:
    """Return whether what stands beside a surname, `match`, says that it is a namesake's, or a place's.

    `own` are the skeletons of the words of the target's names, which may hold a role.
    """
    before = tokens[match.first - 1].text if match.first else ""
    next_one, one_after = ([*(token.text for token in tokens[match.last + 1 : match.last + 3]), "", ""])[:2]
    surname = tokens[match.last]
    role = skeleton(before) in _roles() - set(own) and not _owner(before, surname.text)
    called = next_one == "деген" and {skeleton(one_after), skeleton(kazakh_stem(one_after))} & _roles()
    place = any(skeleton(next_one).startswith(word) for word in _places())
    house = before.lower() in ("на", "по") and surname.text.endswith("а") and HOUSE.match(text, surname.end)
    return bool(role or called or place or house)


def _owner(role: str, surname: str) -> bool:
    """Return whether the two differ in case: тренер Касенова is not named Касенов."""
    tags = russian_tags(role)
    endings = "ой|у" if "femn" in tags else "а|у|ым|е|ы|ых|ыми"
    return "nomn" in tags and re.search(f"(?:ов|ев|ин)(?:{endings})$", surname.lower()) is not None


@cache
def _roles() -> frozenset[str]:
    """Return the skeletons of roles and of words before a place's name, in every Russian form."""
    read = _words("roles")
    russian = (form for role in [*read["ru"], *read["places"]["before"]] for form in russian_forms(role))
    return frozenset(map(skeleton, [*russian, *(role.split()[-1] for role in read["kk"])]))


@cache
def _places() -> frozenset[str]:
    return frozenset(skeleton(word) for word in _words("roles")["places"]["after"])


def _oblique(surname: str) -> bool:
    """Return whether a surname in -ов, -ев, -ин stands in another case than the nominative."""
    return re.search("(?:ов|ев|ин)(?:у|ым|е|ой|ы|ых|ыми)$", surname.lower()) is not None


@cache
def _words(name: str) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((files("narratives") / f"data/lexicon/{name}.yaml").read_text("utf-8"))
    return read


@cache
def _titles() -> frozenset[str]:
    return frozenset(map(skeleton, _words("given_names")["titles"]))


@cache
def _listed() -> dict[str, Given]:
    """Return the listed names in every Russian form, by skeleton."""
    names = [*_words("given_names")["men"], *_words("given_names")["women"]]
    forms = {
        skeleton(form): Given(skeleton(name), False)
        for name in names
        for form in russian_forms(name)
        if not is_common(form)
    }
    return forms | {skeleton(name): Given(skeleton(name), True) for name in names}
