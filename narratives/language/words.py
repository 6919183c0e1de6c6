"""Words of many texts at once, as numbers: every step works on the code points of all texts in one array."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from unicodedata import normalize

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from narratives.text import ZERO_WIDTH

Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]
CodePoints = NDArray[np.uint32]

APOSTROPHES = "'’ʼ‘ʻ`´"
LINKS = ("http://", "https://", "www.", "t.me/")  # as in `narratives.text.URL`
VK_MENTIONS = ("[id", "[club", "[public")  # [id42|Anna]: the site's way to name a user or a group
LETTER, FIGURE, APOSTROPHE, SENTENCE_END, SPACE, DROPPED, COMBINING, REST = range(8)
KINDS = (  # the later ones win
    (LETTER, r"[^\W\d_]"),
    (FIGURE, r"[\d_]"),
    (APOSTROPHE, "['’‘`´]"),
    (SPACE, r"\s"),
    (SENTENCE_END, "[\n.!?…]"),
    (COMBINING, "[\u0300-\u036f]"),
    (DROPPED, f"[{''.join(map(chr, ZERO_WIDTH))}]"),
)
NEWLINE, AT, BAR, CLOSING = map(ord, "\n@|]")
MAX_POINT, LAST_CASED = 0x110000, 0x10000


def ranges(starts: Ints, lengths: Ints) -> Ints:
    """Return all the places of some ranges, one range after the other."""
    before = np.cumsum(lengths) - lengths
    places: Ints = np.arange(lengths.sum()) + np.repeat(starts - before, lengths)
    return places


@dataclass(frozen=True)
class Spelled:
    """Distinct words in lower case.

    Attributes
    ----------
    letters
        Code points of all words, a space after each.
    begins
        Place in `letters` where each word begins.
    keys
        Hash of each word.
    """

    letters: CodePoints
    begins: Ints
    keys: NDArray[np.uint64]

    def __len__(self) -> int:
        """Return the number of words."""
        return len(self.begins)

    def take(self, chosen: Ints) -> Spelled:
        """Return the words of the numbers `chosen`."""
        lengths = np.diff(self.begins, append=len(self.letters))[chosen]
        letters = self.letters[ranges(self.begins[chosen], lengths)]
        return Spelled(letters, np.cumsum(lengths) - lengths, self.keys[chosen])


@dataclass(frozen=True)
class Words:
    """Words of some texts, in reading order.

    Attributes
    ----------
    vocabulary
        The distinct words, in order of first use.
    code
        Which distinct word stands at each place.
    text
        Number of the text that each word stands in.
    inside
        Whether another word of the same sentence stands before it.
    capital
        Whether it is written like a name: a capital, then a small letter.
    start, end
        Where it stands in its text as written, in characters.
    """

    vocabulary: Spelled
    code: Ints
    text: Ints
    inside: Bools
    capital: Bools
    start: Ints
    end: Ints


@lru_cache(maxsize=1)
def _kinds() -> NDArray[np.uint8]:
    every = "".join(map(chr, range(MAX_POINT)))
    kinds = np.full(MAX_POINT, REST, dtype=np.uint8)
    for kind, pattern in KINDS:
        for run in re.finditer(f"{pattern}+", every):
            kinds[run.start() : run.end()] = kind
    return kinds


@lru_cache(maxsize=1)
def _lower() -> CodePoints:
    """Return the small letter of each code point, one kind of apostrophe for all."""
    lower = np.arange(MAX_POINT, dtype=np.uint32)
    lower[:LAST_CASED] = [ord(chr(point).lower()[0]) for point in range(LAST_CASED)]
    lower[[ord(mark) for mark in APOSTROPHES]] = ord("'")
    return lower


@lru_cache(maxsize=1)
def _hash_tables() -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return a random number for every code point and an odd one for every place in a word."""
    numbers = np.random.default_rng(0).integers(2**64, size=MAX_POINT + 64, dtype=np.uint64)
    return numbers[:MAX_POINT], numbers[MAX_POINT:] | np.uint64(1)


def _code_points(text: str) -> CodePoints:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def word_keys(letters: CodePoints, begins: Ints) -> NDArray[np.uint64]:
    """Return a 64-bit hash of each word; `begins` are the places in `letters` where words begin.

    Two of a million distinct words share a hash with a probability of some 3e-8.
    """
    lengths = np.diff(begins, append=len(letters))
    place = np.arange(len(letters)) - np.repeat(begins, lengths)
    by_letter, by_place = _hash_tables()
    parts = by_letter[letters]
    if lengths.max() > len(by_place):  # another number for each round of the table
        parts *= 2 * (place // len(by_place)).astype(np.uint64) + np.uint64(1)
        place %= len(by_place)
    parts *= by_place[place]
    keys: NDArray[np.uint64] = np.add.reduceat(parts, begins)
    return keys


def keys_of(words: Sequence[str]) -> NDArray[np.uint64]:
    """Return the hashes of some words in lower case, none of them empty."""
    lengths = np.fromiter(map(len, words), dtype=np.intp, count=len(words))
    return word_keys(_lower()[_code_points("".join(words))], np.cumsum(lengths) - lengths)


def _compose(points: CodePoints, marks: Ints) -> CodePoints:
    """Return `points` with each letter that a combining mark belongs to in one piece, where there is such a letter."""
    composed, base, before = points.copy(), -1, -1
    for mark in marks.tolist():
        base = base if mark == before + 1 else mark - 1
        before = mark
        pair = normalize("NFC", chr(composed[base]) + chr(composed[mark])) if base >= 0 else ""
        if len(pair) == 1:
            composed[base] = ord(pair)
    return composed


def _visible(points: CodePoints) -> tuple[CodePoints, NDArray[np.uint8], Ints | None]:
    """Return `points` without invisible characters, their kinds, and where they stood (None: all stand there still).

    A combining mark becomes one with its letter; the stress mark of a dictionary, which cannot, is left out.
    """
    kinds = _kinds()[points]
    gone = (kinds == DROPPED) | (kinds == COMBINING)
    if not gone.any():
        return points, kinds, None
    kept = np.flatnonzero(~gone)
    points = _compose(points, np.flatnonzero(kinds == COMBINING))[kept]
    return points, _kinds()[points], kept


def _next(where: Bools, places: Ints) -> Ints:
    """Return the first place from each of `places` on that `where` holds for; it holds for the last one of all."""
    found = np.flatnonzero(where)
    return found[np.searchsorted(found, places)]


def _found(points: CodePoints, literal: str) -> Ints:
    """Return the places right after each occurrence of `literal`."""
    places = np.flatnonzero(points[: max(len(points) - len(literal), 0)] == ord(literal[0])) + 1
    for letter in literal[1:]:
        places = places[points[places] == ord(letter)] + 1
    return places


def _not_words(points: CodePoints, kinds: NDArray[np.uint8]) -> list[tuple[Ints, Ints]]:
    """Return starts and ends of links, handles and mentions."""
    spans = []
    lower = points | (((points >= ord("A")) & (points <= ord("Z"))) * np.uint32(32))
    for literal in LINKS:
        after = _found(lower, literal)
        if after.size:
            end = _next((kinds == SPACE) | (points == NEWLINE), after)
            spans.append((after - len(literal) * (end > after), end))
    outside_word = kinds > FIGURE
    at = np.flatnonzero(points == AT)
    at = at[(at == 0) | outside_word[at - 1]]
    spans.append((at, _next(outside_word, at + 1)))
    for literal in VK_MENTIONS:
        after = _found(lower, literal)
        if after.size:
            bar = _next(outside_word, after)
            close = _next((points == CLOSING) | (points == NEWLINE), bar)
            real = (points[bar] == BAR) & (points[close] == CLOSING)
            spans.append((after[real] - len(literal), close[real] + 1))
    return spans


def _in_words(kinds: NDArray[np.uint8]) -> Bools:
    """Return which characters belong to words: letters, and apostrophes from the first letter on."""
    part: Bools = kinds == LETTER
    marks = np.flatnonzero(kinds == APOSTROPHE)
    if marks.size:
        first = np.diff(marks, prepend=-2) != 1
        before = marks[first][np.cumsum(first) - 1] - 1
        part[marks] = (before >= 0) & part[before]
    return part


def split_words(texts: Sequence[str]) -> Words:
    """Return the words of `texts`; links, handles, figures are none, a hyphen parts two, an apostrophe is a letter."""
    run = _code_points("\n".join([*texts, ""]))
    lengths = np.fromiter(map(len, texts), dtype=np.intp, count=len(texts)) + 1
    begins = np.cumsum(lengths) - lengths
    points, kinds, origin = _visible(run)
    for start, end in _not_words(points, kinds):
        kinds[ranges(start, end - start)] = REST
    edges = np.flatnonzero(np.diff(_in_words(kinds), prepend=False))  # the last character is a line's end
    start, end = edges[::2], edges[1::2]
    sentence = np.cumsum(kinds == SENTENCE_END, dtype=np.int32)[start]
    inside = np.diff(sentence, prepend=-1) == 0
    small = _lower()[points]
    capital = (small[start] != points[start]) & (small[start + 1] == points[start + 1]) & (end - start > 1)
    vocabulary, code = _vocabulary(small, start, end)
    start, end = (start, end) if origin is None else (origin[start], origin[end])
    text = np.repeat(np.arange(len(texts)), np.diff(np.searchsorted(start, begins), append=len(start)))
    return Words(vocabulary, code, text, inside, capital, start - begins[text], end - begins[text])


def _vocabulary(points: CodePoints, start: Ints, end: Ints) -> tuple[Spelled, Ints]:
    """Return the distinct words, and which of them each word is."""
    if not start.size:
        return Spelled(points[:0], start, start.astype(np.uint64)), start
    lengths = end - start
    code, keys = pd.factorize(word_keys(points[ranges(start, lengths)], np.cumsum(lengths) - lengths))
    first = np.empty(len(keys), dtype=np.intp)
    first[code[::-1]] = np.arange(len(code))[::-1]
    lengths = lengths[first] + 1
    letters = points[ranges(start[first], lengths)]
    begins = np.cumsum(lengths) - lengths
    letters[begins + lengths - 1] = ord(" ")
    return Spelled(letters, begins, keys), code
