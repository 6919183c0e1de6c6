"""How names are misspelled: by slips of the fingers, and on purpose, to get past a filter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

SLIP_FROM, OMIT_FROM = 6, 7  # letters of a name from which a slip is still the name, and one letter may be missing
# Letters of a word with a sign or a digit among them, and what it may stand for.
SIGNED = r"[^\W\d_]+(?:[@$*01346][^\W\d_]+){1,2}"
SIGNS = {"@": "а", "$": "с", "0": "о", "1": "иі", "3": "ез", "4": "ч", "6": "б", "*": "аеиоуыәіөүұ"}
SIGN = re.compile("[@$*01346]")
SPACED = r"[^\W\d_](?P<gap>[ .\-_*])[^\W\d_](?:(?P=gap)[^\W\d_]){3,}"


def slips(word: str) -> Iterator[str]:
    """Yield `word` with two neighbouring letters swapped, one but the first doubled, or an inner one left out."""
    if len(word) < SLIP_FROM:
        return
    for i in range(len(word) - 1):
        if word[i] != word[i + 1]:
            yield word[:i] + word[i + 1] + word[i] + word[i + 2 :]
    for i in range(1, len(word)):
        yield word[:i] + word[i] + word[i:]
    if len(word) >= OMIT_FROM:
        for i in range(1, len(word) - 1):
            yield word[:i] + word[i + 1 :]


def readings(token: str) -> list[str]:
    """Return what a word with signs among its letters may be, in Cyrillic: К@сенов, Кас3нов, К*сенов."""
    parts = [SIGNS.get(letter, letter) for letter in token]
    return ["".join(letters) for letters in product(*parts)]
