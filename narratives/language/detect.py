"""Decision on the language of each text, from scores of its words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from narratives.language.naming import UNDETERMINED, name_language
from narratives.language.profiles import CYRILLIC, LATIN, REST, SCRIPTS, model
from narratives.language.scores import KAZAKH, MODELLED, RUSSIAN, Floats, Ints, Reading, read
from narratives.language.words import Words

MIXED, NONE = "mixed", "none"
# All in nats; set by hand on development sentences, as data/language/README.md says.
MIXED_GAIN, MIXED_GAIN_PER_WORD = 4.0, 1.3  # by which two languages must explain a text better than one
PRIORS = {
    "ru": 0.0,
    "kk": -1.0,
    "kk-Latn": 0.0,
    "kk-ru-letters": -3.5,
    "ru-Latn": -4.0,
    "en": -1.0,
    "ky": -5.0,
    "tt": -6.0,
    "ba": -6.0,
    "uk": -8.0,
    **dict.fromkeys(("bg", "mk"), -8.0),
}
RARE = {CYRILLIC: -8.5, LATIN: -5.0}  # prior of every other language
SCRIPT_WEIGHT = np.diag([4.0, 1.0, 1.0])  # brands and names in Latin letters stand in Cyrillic texts
BATCH = 1_000_000  # characters
SURE = 0.8  # confidence below which langdetect has the last word on another language
TEMPERATURE = 4.0  # words of a text are not independent, so that the raw odds are far too sure


def _total(words: Words, values: Floats | NDArray[np.bool_], n: int) -> Floats:
    return np.bincount(words.text, weights=values, minlength=n).astype(np.float64)


def _evidence(reading: Reading, script: int, rows: Ints, n: int) -> Floats:
    """Return the log-likelihood of the texts `rows` (of `n`) in each language of a script, ``[row, lang]``."""
    words, by_lang = reading.words, reading.scores.by_lang[script]
    ends = np.searchsorted(words.text, np.arange(n + 1))
    weight = reading.weight.astype(np.float32)
    incidence = sparse.csr_array((weight, words.code, ends), shape=(n, len(words.vocabulary)))
    evidence: Floats = (incidence[rows] @ by_lang).astype(np.float64)
    return evidence


def _mixture(reading: Reading, n: int) -> Floats:
    """Return by how much Russian and Kazakh together explain each text better than the better one of them alone."""
    words, lean = reading.words, reading.lean
    against = np.minimum(_total(words, np.maximum(lean, 0), n), _total(words, np.maximum(-lean, 0), n))
    return against - _total(words, np.maximum(-reading.side * lean, 0), n)


def _best(evidence: Floats, langs: NDArray[np.str_]) -> tuple[NDArray[np.str_], Floats]:
    best = evidence.argmax(axis=1)
    second, first = np.partition(evidence, -2, axis=1)[:, -2:].T
    return langs[best], 1 / (1 + np.exp((second - first) / TEMPERATURE))


def decide(texts: Sequence[str], reading: Reading) -> pd.DataFrame:
    """Return the language of each text from what its words tell, as `detect_language` does."""
    words, n = reading.words, len(texts)
    script_of = reading.scores.script[words.code]
    in_script = [_total(words, script_of == number, n) for number in range(len(SCRIPTS))]
    script = np.argmax(SCRIPT_WEIGHT @ in_script, axis=0)
    n_words = np.sum(in_script, axis=0)
    gain = _mixture(reading, n) - MIXED_GAIN - MIXED_GAIN_PER_WORD * n_words
    lang, confidence = np.full(n, UNDETERMINED, dtype=object), np.zeros(n)
    for number, name in enumerate(MODELLED):
        rows, langs = np.flatnonzero(script == number), np.array(model(name).langs)
        prior = np.array([PRIORS.get(code, RARE[name]) for code in langs])
        evidence = _evidence(reading, number, rows, n) + prior
        mixed = evidence[:, np.isin(langs, KAZAKH + RUSSIAN)].max(axis=1) + gain[rows]
        lang[rows], confidence[rows] = _best(np.column_stack([evidence, mixed]), np.append(langs, MIXED))
    lang[lang == "ru-Latn"] = "ru"
    lang[n_words == 0], confidence[n_words == 0] = NONE, 1.0
    share = np.where(lang == MIXED, _total(words, reading.side > 0, n) / np.maximum(n_words, 1), np.isin(lang, KAZAKH))
    _name_others(texts, script, lang, confidence)
    return pd.DataFrame({"lang": lang, "kk_share": share, "confidence": confidence})


def _name_others(texts: Sequence[str], script: Ints, lang: NDArray[np.object_], confidence: Floats) -> None:
    """Fill in the languages that langdetect must tell."""
    own = np.isin(lang, [*KAZAKH, "ru", MIXED, NONE])
    for row in np.flatnonzero(~own & (np.isin(lang, [REST, UNDETERMINED]) | (confidence < SURE))):
        lang[row], confidence[row] = name_language(texts[int(row)], SCRIPTS[script[row]])


def batches(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield the texts in order, so many at a time that memory does not grow with their number."""
    size = np.cumsum([len(text) for text in texts]) // BATCH
    for batch in np.split(np.arange(len(texts)), np.flatnonzero(np.diff(size)) + 1):
        yield [texts[i] for i in batch]


def detect_language(texts: Sequence[str]) -> pd.DataFrame:
    """Return the language of each text, one row a text, in the order given.

    Parameters
    ----------
    texts
        Posts, as written.

    Returns
    -------
    pandas.DataFrame
        ``lang``: ``ru``, ``kk`` (Cyrillic), ``kk-Latn`` (any Latin alphabet), ``kk-ru-letters`` (typed with the Russian
        letters alone), ``mixed`` (Russian and Kazakh), ``none`` (no words), the code of another language, or ``und``;
        ``kk_share``: share of words that are Kazakh, 0 to 1; ``confidence``: of `lang`, 0 to 1.
    """
    code, distinct = pd.factorize(np.array([*texts, ""], dtype=object))
    found = pd.concat([decide(batch, read(batch)) for batch in batches(distinct)], ignore_index=True)
    return found.iloc[code[:-1]].reset_index(drop=True).astype({"lang": "str"})
