"""Spans of one language inside each text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from narratives.language.detect import MIXED, PRIORS, batches, decide
from narratives.language.profiles import model
from narratives.language.scores import KAZAKH, MODELLED, Floats, Ints, Reading, read

OTHER_SCRIPT = -20.0  # nats, for a word in letters that a spelling of Kazakh does not use


def _settled(text: Ints, side: Floats) -> Floats:
    """Return `side` with words that lean nowhere on the side of the word before, or at a text's start of that after."""
    sides = pd.Series(np.where(side == 0, np.nan, side)).groupby(text)
    settled: Floats = sides.ffill().fillna(sides.bfill()).fillna(0.0).to_numpy()
    return settled


def _spelling(reading: Reading, first: Ints) -> NDArray[np.str_]:
    """Return the spelling in which Kazakh explains each span best; the spans begin at the words `first`."""
    code = reading.words.code
    scores = []
    for name in KAZAKH:
        number = next(number for number, script in enumerate(MODELLED) if name in model(script).langs)
        column = model(MODELLED[number]).langs.index(name)
        of_word = np.where(reading.scores.script == number, reading.scores.by_lang[number][:, column], OTHER_SCRIPT)
        scores.append(np.add.reduceat(of_word[code], first) + PRIORS[name])
    best: NDArray[np.str_] = np.array(KAZAKH)[np.argmax(scores, axis=0)]
    return best


def _spans(texts: Sequence[str]) -> pd.DataFrame:
    reading = read(texts)
    words, found = reading.words, decide(texts, reading)["lang"].to_numpy()
    side = np.where((found == MIXED)[words.text], _settled(words.text, reading.side), 0.0)
    new = np.ones(len(side), dtype=bool)
    new[1:] = (np.diff(words.text) != 0) | (np.diff(side) != 0)
    first, last = np.flatnonzero(new), np.flatnonzero(np.roll(new, -1))
    text = words.text[first]
    lang = np.where(side[first] > 0, _spelling(reading, first), np.where(side[first] < 0, "ru", found[text]))
    return pd.DataFrame({"text": text, "start": words.start[first], "end": words.end[last], "lang": lang})


def language_spans(texts: Sequence[str]) -> pd.DataFrame:
    """Return the spans of words of one language, in reading order.

    A text in one language is one span, from its first word to its last; a mixed one has a span for each run of Russian
    or Kazakh words. A word that tells neither goes with the word before it. Texts without words have no span.

    Parameters
    ----------
    texts
        Posts, as written.

    Returns
    -------
    pandas.DataFrame
        ``text``: number of the text, from 0; ``start``, ``end``: characters of the text as written, so that
        ``texts[text][start:end]`` is the span; ``lang``: as `detect_language` gives it, never ``mixed`` or ``none``.
    """
    parts, before = [], 0
    for batch in batches(texts):
        part = _spans(batch)
        parts.append(part.assign(text=part["text"] + before))
        before += len(batch)
    return pd.concat(parts, ignore_index=True).astype({"lang": "str"})
