"""Words of many texts at once, as numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import normalize

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from narratives.text import HANDLE, URL, ZERO_WIDTH

VK_MENTION = r"\[(?:id|club|public)\w+\|[^]\n]*\]"
NO_WORDS = re.compile(f"{URL.pattern}|{HANDLE.pattern}|{VK_MENTION}", re.IGNORECASE)
COMBINING = re.compile("[\u0300-\u036f]")
TEXT_END, SENTENCE_END = "\n", "."
MARKS = [TEXT_END, *".!?…"]
TOKEN = re.compile(r"\n|[.!?…]|[^\W\d_]+(?:['’‘`´][^\W\d_]*)*")


@dataclass(frozen=True)
class Words:
    """Words of some texts, in reading order, as numbers of a shared vocabulary.

    Attributes
    ----------
    vocabulary
        Distinct words, in the case they were written in.
    code
        Place of each word in the vocabulary.
    text
        Number of the text that each word stands in.
    inside
        Whether another word of the same sentence stands before it.
    """

    vocabulary: list[str]
    code: NDArray[np.intp]
    text: NDArray[np.intp]
    inside: NDArray[np.bool_]


def tokens(texts: Sequence[str]) -> list[str]:
    r"""Return words, marks that end a sentence, and a ``"\n"`` at each text's end, in reading order.

    Links, handles and digits are left out. A hyphen parts two words; an apostrophe is a letter, as in Kazakh of 2017.
    """
    run = "\n".join(text.replace("\n", SENTENCE_END) for text in texts) + "\n"
    if COMBINING.search(run):
        run = "\n".join(normalize("NFC", line) if COMBINING.search(line) else line for line in run.split("\n"))
    for mark in map(chr, ZERO_WIDTH):
        run = run.replace(mark, "")
    return TOKEN.findall(NO_WORDS.sub(" ", run))


def split_words(texts: Sequence[str]) -> Words:
    """Return the words of `texts` (at least one)."""
    code, distinct = pd.factorize(np.array(tokens(texts), dtype=object))
    marks = np.isin(distinct, MARKS)
    is_word = ~marks[code]
    text = np.cumsum(code == np.flatnonzero(distinct == TEXT_END)[0])
    inside = np.concatenate([[False], is_word[:-1]])
    return Words(list(distinct), code[is_word], text[is_word], inside[is_word])
