"""Kazakh words made of Russian ones by a suffix, as people write them: школага, депутатпен, больницада."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from narratives.language.profiles import Model
from narratives.language.words import Ints, Spelled, ranges, word_keys

# Spelled with Russian letters alone, since the others tell Kazakh by themselves; not those that end Russian words (та).
SUFFIXES = [
    "га", "ге", "да", "де", "дан", "ден", "тан", "тен", "нан", "нен", "мен", "бен", "пен", "нын",
    "нин", "дын", "дин", "тын", "тин", "ды", "сы", "дагы", "деги", "тагы", "теги", "лар", "лер", "дар",
    "дер", "тар", "тер", "лары", "лери", "дары", "дери", "тары", "тери", "ларга", "лерге", "дарга", "дерге", "тарга",
    "терге", "ларды", "лерди", "дарды", "дерди", "тарды", "терди",
]  # fmt: skip
MIN_STEM = 4  # letters; of 1,000,000 Russian words that are not frequent ones, some 140 look like such a word
SUFFIX = -4.0  # nats, of one suffix among all that a Kazakh noun may have
BITS = 11  # of a letter's code point


def _endings(words: Spelled, ends: Ints, length: int) -> Ints:
    """Return the last `length` letters of each word as one number."""
    code = np.zeros(len(ends), dtype=np.intp)
    for place in range(length, 0, -1):
        code = code << BITS | words.letters[np.maximum(ends - place, 0)] & ((1 << BITS) - 1)
    return code


def _number(suffix: str) -> int:
    code = 0
    for letter in suffix:
        code = code << BITS | ord(letter) & ((1 << BITS) - 1)
    return code


def russian_stems(words: Spelled, model: Model) -> NDArray[np.float32]:
    """Return the log-probability of each word as a frequent Russian word with a Kazakh suffix; −inf if it is none."""
    found = np.full(len(words), -np.inf, dtype=np.float32)
    ends = np.append(words.begins[1:], len(words.letters)) - 1
    russian = model.langs.index("ru")
    for length in sorted({len(suffix) for suffix in SUFFIXES}):
        wanted = [_number(suffix) for suffix in SUFFIXES if len(suffix) == length]
        long = ends - words.begins >= MIN_STEM + length
        here = np.flatnonzero(long & np.isin(_endings(words, ends, length), wanted))
        if here.size:
            stems = ends[here] - length - words.begins[here]
            keys = word_keys(words.letters[ranges(words.begins[here], stems)], np.cumsum(stems) - stems)
            found[here] = np.maximum(found[here], model.listed(keys)[:, russian] + SUFFIX)
    return found
