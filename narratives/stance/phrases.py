"""Find inflected phrases in tokens. Each distinct token is decided once; a text is then a walk over known tokens."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import NamedTuple

from narratives.morphology import (
    CYRILLIC,
    ELISION,
    KAZAKH_LETTERS,
    LATIN,
    Spelling,
    Start,
    is_common,
    is_common_kazakh,
    is_kazakh_function_word,
    negates,
    russian_forms,
    russian_tags,
    skeleton,
)
from narratives.stance.slips import SIGN, SIGNED, SPACED, readings, slips

MARKS = "\u0300-\u036f\u00ad\u200b-\u200d\u2060\ufeff"  # parts of a word that are no letters: accents, zero-width
LETTERS = rf"[^\W\d_]+(?:[{MARKS}]+[^\W\d_]*)*"
EMOJI = "[\u203c\u2600-\u27bf\U0001f300-\U0001faff]"
TOKEN = re.compile(
    rf"(?:https?://|www\.|t\.me/)\S+|[\w.+-]+@[\w-]+\.\w[\w.]*|(?<!\w)[#@]\w+|(?<!\w)(?:{SPACED}|{SIGNED})(?!\w)|"
    rf"{LETTERS}|{EMOJI}",
    re.IGNORECASE,
)
UPPER, LOWER = "A-ZÄÖÜÑŞĞÁÓÚŃǴÝА-ЯЁӘҒҚҢӨҰҮҺІ", "a-zäöüñşğıáóúńǵýа-яёәғқңөұүһі"
CAMEL = re.compile(rf"[{UPPER}]?[{LOWER}]+|[{UPPER}]+(?![{LOWER}])|[^\W\d_]+")
JOINT = re.compile(r"[\s\-–—«»\"“”„'’_]*")
SHORT, LONG = 4, 7  # letters of a short name, and of a word made of it that needs no capital (кановский)
TAG_NAME, TAG_REST = 6, 3  # letters of a name that starts or ends a hashtag, and of the other words (#касеновуходи)
LATIN_FROM = 5  # letters from which a Russian word is looked for in Latin script, which is mostly Kazakh
VOWELS = frozenset("аеиоуы")
VOICED = {"к": "г", "п": "б"}


class Token(NamedTuple):
    """A word, a part of a hashtag, a handle or an emoji, and its place in the text."""

    text: str
    start: int
    end: int
    tag: bool = False


@dataclass(frozen=True)
class Phrase:
    """A phrase to find, in its base form.

    `russian` and `kazakh` say whose inflections count. A `name` is matched as names are: by capital where it is also
    a common word, letter for letter and by capital if it has four letters or fewer. A `guarded` single word is not
    found in a token that is a Russian word (пара, for Kazakh "bribe").
    """

    text: str
    russian: bool = True
    kazakh: bool = False
    name: bool = False
    guarded: bool = False


class Match(NamedTuple):
    """An occurrence: the phrase's number, its first and last token, and whether its own suffix negates it."""

    phrase: int
    first: int
    last: int
    negated: bool


def tokenize(text: str) -> list[Token]:
    """Return the tokens of `text` in order; links and e-mail addresses give none, hashtags split at capitals.

    A word with gaps between its letters (п р о щ а й) is one token, without the gaps.
    """
    tokens: list[Token] = []
    for found in TOKEN.finditer(text):
        raw, start = found[0], found.start()
        if found["gap"]:
            tokens.append(Token(raw.replace(found["gap"], ""), start, start + len(raw)))
        elif raw[0] == "#":
            tokens += [Token(part[0], start + part.start(), start + part.end(), True) for part in CAMEL.finditer(raw)]
        elif not _is_address(raw):
            tokens.append(Token(raw, start, start + len(raw)))
    return tokens


def _is_address(raw: str) -> bool:
    return "." in raw or "/" in raw


class _Word(NamedTuple):
    """One word of a phrase, and what holds for it."""

    text: str
    russian: bool
    kazakh: bool
    name: bool
    guarded: bool
    foreign: bool  # to Kazakh, so that a short one is not looked for in Latin script


@dataclass(frozen=True)
class _Reading:
    """How a token may be a word of a phrase, once their skeletons fit.

    `letters` must begin the token as written, `capital` asks for its first letter, `guarded` refuses a token that is a
    Russian word, `cyrillic` one in Latin script. `stem` is set where Kazakh suffixes may follow: those that start with
    a `vowel`, if the stem changes its end before them.
    """

    word: int
    letters: str = ""
    capital: bool = False
    guarded: bool = False
    stem: str = ""
    start: Start = "stem"
    vowel: bool = False
    cyrillic: bool = False


class _Index:
    """Readings by the skeletons of forms, and of stems that Kazakh suffixes may follow."""

    def __init__(self) -> None:
        self.forms: dict[str, list[_Reading]] = defaultdict(list)
        self.stems: dict[str, list[_Reading]] = defaultdict(list)

    def find(self, token: str) -> dict[int, bool]:
        """Return the ids of the phrase words that `token` can be, and whether its suffix negates each."""
        folded = skeleton(token)
        spelling: Spelling = "skeleton" if CYRILLIC.search(token.lower()) else "latin"
        found = {reading.word: False for reading in self.forms.get(folded, ()) if _fits(reading, token)}
        for cut in range(2, min(len(folded), self._longest) + 1):
            for reading in self.stems.get(folded[:cut], ()):
                rest = folded[cut:]
                if not rest and reading.start != "verb":
                    continue  # the base form is among the forms, with what holds for it
                if _fits(reading, token) and not (reading.vowel and rest[:1] not in VOWELS):
                    negated = negates(reading.stem, rest, start=reading.start, spelling=spelling)
                    if negated is not None:
                        found.setdefault(reading.word, negated)
        return found

    @cached_property
    def _longest(self) -> int:
        return max(map(len, self.stems), default=0)


class PhraseBook:
    """Phrases, indexed by the skeletons of their words. What a token can be is decided once and kept."""

    def __init__(self, phrases: Sequence[Phrase]) -> None:
        self._exact, self._slipped = _Index(), _Index()
        self._heads: dict[int, list[tuple[int, tuple[int, ...]]]] = defaultdict(list)
        self._decided: dict[str, dict[int, bool]] = {}
        self._touched = cache(self._touches)
        known: dict[_Word, int] = {}
        for number, phrase in enumerate(phrases):
            words = _words(phrase)
            for word in words:
                if word not in known:
                    known[word] = len(known)
                    self._index(word, known[word])
            if words:
                self._heads[known[words[0]]].append((number, tuple(known[word] for word in words)))

    def _index(self, word: _Word, number: int) -> None:
        text = word.text.lower().removesuffix("-")
        short = word.name and len(text) <= SHORT
        proper = word.name and word.text[0].isupper()
        forms = russian_forms(word.text) if word.russian else {text}
        for form in forms:
            if form != text and word.foreign and is_kazakh_function_word(form):
                continue  # бар is a Kazakh word before it is a genitive of барин
            if short and form == text + "ов":
                continue  # a surname of its own before it is a genitive plural
            brief = short and len(form) < LONG
            capital = brief or (proper and (is_common(form) or is_common_kazakh(form)))
            cyrillic = word.foreign and len(form) < LATIN_FROM
            reading = _Reading(number, form if brief else "", capital, word.guarded, cyrillic=cyrillic)
            self._exact.forms[skeleton(form)].append(reading)
            for slip in slips(skeleton(form)) if proper else ():
                self._slipped.forms[slip].append(reading)
        for stem, start in _stems(word) if word.kazakh else ():
            capital = short or (proper and is_common_kazakh(stem))
            plain = _Reading(number, stem if short else "", capital, word.guarded, stem, start)
            self._exact.stems[skeleton(stem)].append(plain)
            for changed in _before_vowel(skeleton(stem)):
                self._exact.stems[changed].append(replace(plain, vowel=True))
            for slip in slips(skeleton(stem)) if proper else ():
                self._slipped.stems[slip].append(plain)

    def touches(self, text: str) -> bool:
        """Return whether any word of any phrase is in `text`; quicker than `find`."""
        return any(self._touched(found[0]) for found in TOKEN.finditer(text))

    def _touches(self, raw: str) -> bool:
        return any(self._ids(token) for token in tokenize(raw))

    def _ids(self, token: Token) -> dict[int, bool]:
        """Return what `decide` does; in a hashtag without capitals (#касеновуходи) a name may begin or end it."""
        word = token.text[:1].upper() + token.text[1:] if token.tag else token.text
        found = self.decide(word)
        for cut in range(len(token.text) - TAG_REST, TAG_NAME - 1, -1) if token.tag and not found else ():
            if found := self._exact.find(token.text[:cut]) or self._exact.find(token.text[-cut:]):
                break
        return found

    def decide(self, token: str) -> dict[int, bool]:
        """Return the ids of the phrase words that `token` can be, and whether its suffix negates each."""
        if token not in self._decided:
            self._decided[token] = self._decide(token)
        return self._decided[token]

    def _decide(self, token: str) -> dict[int, bool]:
        if SIGN.search(token) and token[0] != "@":
            return {word: negated for one in readings(token) for word, negated in self._exact.find(one).items()}
        found = self._exact.find(token)
        if not found and token[:1].isupper() and not russian_tags(token):
            found = self._slipped.find(token)
        return found

    def find(self, text: str, tokens: Sequence[Token]) -> list[Match]:
        """Return every occurrence of every phrase among the `tokens` of `text`, in order; they may overlap."""
        words = [self._ids(token) for token in tokens]
        return [
            Match(number, first, first + len(ids) - 1, words[first + len(ids) - 1][ids[-1]])
            for first, here in enumerate(words)
            for word in here
            for number, ids in self._heads.get(word, ())
            if all(word in there for word, there in zip(ids, words[first : first + len(ids)], strict=False))
            and first + len(ids) <= len(words)
            and all(_joined(text, tokens[i], tokens[i + 1]) for i in range(first, first + len(ids) - 1))
        ]


def _words(phrase: Phrase) -> list[_Word]:
    """Return the words of `phrase`; Kazakh inflects the last one only."""
    parts = [token.text for token in tokenize(phrase.text)]
    if parts and phrase.text.endswith("-"):
        parts[-1] += "-"
    alone, last = len(parts) == 1, len(parts) - 1
    name, guarded, foreign = phrase.name and alone, phrase.guarded and alone, not phrase.kazakh
    return [
        _Word(part, phrase.russian, phrase.kazakh and i == last, name, guarded, foreign) for i, part in enumerate(parts)
    ]


def _stems(word: _Word) -> Iterator[tuple[str, Start]]:
    """Yield the Kazakh stems that a word may be.

    A final hyphen marks a verb's stem; a word may also be an infinitive, a past tense or a possessive already.
    """
    low = word.text.lower()
    if low.endswith("-"):
        yield low[:-1], "verb"
        return
    yield low, "stem"
    if low[-1] in "ыі" and not word.name:
        yield low, "third"
    for ending in ("у", "ды", "ді", "ты", "ті"):
        stem = low.removesuffix(ending)
        if stem != low and not word.name and negates(stem, ending, start="verb") is not None:
            yield stem, "verb"


def _before_vowel(stem: str) -> set[str]:
    """Return the other skeletons of a Kazakh stem before a vowel: к and п are voiced, халық loses its ы."""
    voiced = {stem[:-1] + VOICED[stem[-1]]} if stem[-1:] in VOICED else set()
    return voiced | {skeleton(short) for short, whole in ELISION.items() if skeleton(whole) == stem}


def _fits(reading: _Reading, token: str) -> bool:
    if reading.guarded and KAZAKH_LETTERS.isdisjoint(token.lower()) and is_common(token):
        return False
    if reading.cyrillic and LATIN.search(token.lower()):
        return False
    written = skeleton(token) if LATIN.search(token.lower()) else token.lower()
    return written.startswith(reading.letters) and (token[0].isupper() or not reading.capital)


def _joined(text: str, left: Token, right: Token) -> bool:
    between = text[left.end : right.start]
    initial = len(left.text) == 1
    return JOINT.fullmatch(between.replace(".", "") if initial else between) is not None
