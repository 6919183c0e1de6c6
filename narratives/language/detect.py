"""Decision on the language of each text, from scores of its words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from narratives.language.naming import UNDETERMINED, name_language
from narratives.language.profiles import CYRILLIC, LATIN, REST, SCRIPTS, model, shared_words
from narratives.language.words import Spelled, Words, split_words

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

MODELLED = (CYRILLIC, LATIN)
KAZAKH = ("kk", "kk-ru-letters", "kk-Latn")
RUSSIAN = ("ru", "ru-Latn")
WELL_KNOWN = (*KAZAKH, *RUSSIAN, "en")
MIXED, NONE = "mixed", "none"
# All in nats; set by hand on development sentences, as data/language/README.md says.
FLOOR = -10.0  # no single word (a name, a slip of the keyboard) may count more against a language
NAME_WEIGHT = 0.3  # of capitalised words inside a sentence: names are alike in every language
FOREIGN = -4.0  # a word that a third language explains so much better leans to neither
SURE_LEAN, UNSURE_LEAN = 14.0, 7.0  # most that a word leans; sure are frequent words and those with Kazakh letters
NEIGHBOUR_WEIGHT = 0.3  # of the words beside a word, where its own language is judged
MIXED_GAIN, MIXED_GAIN_PER_WORD = 8.0, 0.5  # by which two languages must explain a text better than one
PRIORS = {
    "ru": 0.0,
    "kk": 0.0,
    "kk-ru-letters": -5.0,
    "kk-Latn": -1.0,
    "ru-Latn": -3.0,
    "en": -1.0,
    "bg": -14.0,
    "mk": -14.0,
}
RARE = {CYRILLIC: -9.0, LATIN: -5.0}  # prior of every other language
ALIEN = -10.0  # for a word with a letter that the language does not use, beyond FLOOR
HANDICAP = {CYRILLIC: 2.5, LATIN: 1.6}  # a word, given to languages whose profile comes from little text
SCRIPT_WEIGHT = np.diag([2.0, 1.0, 1.0])  # brands and names in Latin letters stand in Cyrillic texts
BATCH = 1_000_000  # characters
SURE = 0.8  # confidence below which langdetect has the last word on another language
TEMPERATURE = 4.0  # words of a text are not independent, so that the raw odds are far too sure


@dataclass(frozen=True)
class WordScores:
    """Log-likelihoods of the words of a vocabulary, in nats.

    Attributes
    ----------
    by_lang
        For each of the scripts that have a model, ``[word, lang]``: relative to the best language; 0 in another script.
    script
        Place in `SCRIPTS` of the script that a word is written in.
    lean
        As Kazakh (in any spelling) less as Russian; 0 where the word tells neither.
    """

    by_lang: tuple[NDArray[np.float32], ...]
    script: Ints
    lean: Floats


def _scripts(vocabulary: Spelled) -> Ints:
    points, begins = vocabulary.letters, vocabulary.begins
    cyrillic = np.add.reduceat((points >= 0x400) & (points <= 0x52F), begins, dtype=np.intp)
    latin = np.add.reduceat((points >= 0x41) & (points <= 0x24F), begins, dtype=np.intp)
    return np.where(cyrillic + latin == 0, 2, np.where(cyrillic >= latin, 0, 1))


def _score_script(words: Spelled, script: str) -> tuple[Floats, Floats]:
    """Return scores by language and the lean of words that are all written in `script`."""
    n_grams = model(script)
    langs = np.array(n_grams.langs)
    kazakh = np.isin(langs, KAZAKH)
    scores, frequent = n_grams.score(words)
    alien = n_grams.alien(words)
    relative = np.maximum(scores - scores.max(axis=1, keepdims=True), FLOOR)
    by_lang = relative + ALIEN * alien + HANDICAP[script] * ~np.isin(langs, WELL_KNOWN)
    russian = langs == "ru" if script == CYRILLIC else ~kazakh
    lean = scores[:, kazakh].max(axis=1) - scores[:, russian].max(axis=1)
    limit = np.where(frequent | alien[:, russian].all(axis=1), SURE_LEAN, UNSURE_LEAN)
    lean = np.clip(lean, -limit if script == CYRILLIC else 0, limit)
    return by_lang, np.where(relative[:, kazakh | russian].max(axis=1) < FOREIGN, 0, lean)


def score_words(vocabulary: Spelled) -> WordScores:
    """Return the scores of each word; a Latin word nearer to another language than to Kazakh leans nowhere."""
    script, lean = _scripts(vocabulary), np.zeros(len(vocabulary))
    by_lang = tuple(np.zeros((len(vocabulary), len(model(name).langs)), dtype=np.float32) for name in MODELLED)
    for number, name in enumerate(MODELLED):
        here = np.flatnonzero(script == number)
        if here.size:
            by_lang[number][here], lean[here] = _score_script(vocabulary.take(here), name)
    lean[np.isin(vocabulary.keys, shared_words())] = 0
    return WordScores(by_lang, script, lean)


def _sides(words: Words, lean: Floats) -> Floats:
    """Return 1 for each Kazakh word, −1 for each Russian one, else 0; the words beside it have a say."""
    judged = lean.copy()
    beside = words.text[1:] == words.text[:-1]
    judged[1:] += NEIGHBOUR_WEIGHT * lean[:-1] * beside
    judged[:-1] += NEIGHBOUR_WEIGHT * lean[1:] * beside
    sides: Floats = np.sign(judged) * (lean != 0)
    return sides


def _total(words: Words, values: Floats | NDArray[np.bool_], n: int) -> Floats:
    return np.bincount(words.text, weights=values, minlength=n).astype(np.float64)


def _evidence(words: Words, by_lang: NDArray[np.float32], weight: Floats, rows: Ints, n: int) -> Floats:
    """Return the log-likelihood of the texts `rows` (of `n`) in each language, ``[row, lang]``."""
    ends = np.searchsorted(words.text, np.arange(n + 1))
    incidence = sparse.csr_array((weight.astype(np.float32), words.code, ends), shape=(n, len(words.vocabulary)))
    evidence: Floats = (incidence[rows] @ by_lang).astype(np.float64)
    return evidence


def _mixture(words: Words, lean: Floats, side: Floats, n: int) -> Floats:
    """Return by how much Russian and Kazakh together explain each text better than the better one of them alone."""
    against = np.minimum(_total(words, np.maximum(lean, 0), n), _total(words, np.maximum(-lean, 0), n))
    return against - _total(words, np.maximum(-side * lean, 0), n)


def _best(evidence: Floats, langs: NDArray[np.str_]) -> tuple[NDArray[np.str_], Floats]:
    best = evidence.argmax(axis=1)
    second, first = np.partition(evidence, -2, axis=1)[:, -2:].T
    return langs[best], 1 / (1 + np.exp((second - first) / TEMPERATURE))


def _decide(texts: Sequence[str]) -> pd.DataFrame:
    words, n = split_words(texts), len(texts)
    scores = score_words(words.vocabulary)
    weight = np.where(words.capital & words.inside, NAME_WEIGHT, 1.0)
    lean = scores.lean[words.code] * weight
    side = _sides(words, lean)
    script_of = scores.script[words.code]
    in_script = [_total(words, script_of == number, n) for number in range(len(SCRIPTS))]
    script = np.argmax(SCRIPT_WEIGHT @ in_script, axis=0)
    n_words = np.sum(in_script, axis=0)
    gain = _mixture(words, lean, side, n) - MIXED_GAIN - MIXED_GAIN_PER_WORD * n_words
    lang, confidence = np.full(n, UNDETERMINED, dtype=object), np.zeros(n)
    for number, name in enumerate(MODELLED):
        rows, langs = np.flatnonzero(script == number), np.array(model(name).langs)
        prior = np.array([PRIORS.get(code, RARE[name]) for code in langs])
        evidence = _evidence(words, scores.by_lang[number], weight, rows, n) + prior
        mixed = evidence[:, np.isin(langs, KAZAKH + RUSSIAN)].max(axis=1) + gain[rows]
        lang[rows], confidence[rows] = _best(np.column_stack([evidence, mixed]), np.append(langs, MIXED))
    lang[lang == "ru-Latn"] = "ru"
    lang[n_words == 0], confidence[n_words == 0] = NONE, 1.0
    share = np.where(lang == MIXED, _total(words, side > 0, n) / np.maximum(n_words, 1), np.isin(lang, KAZAKH))
    _name_others(texts, script, lang, confidence)
    return pd.DataFrame({"lang": lang, "kk_share": share, "confidence": confidence})


def _name_others(texts: Sequence[str], script: Ints, lang: NDArray[np.object_], confidence: Floats) -> None:
    """Fill in the languages that langdetect must tell."""
    own = np.isin(lang, [*KAZAKH, "ru", MIXED, NONE])
    for row in np.flatnonzero(~own & (np.isin(lang, [REST, UNDETERMINED]) | (confidence < SURE))):
        lang[row], confidence[row] = name_language(texts[int(row)], SCRIPTS[script[row]])


def _batches(texts: Sequence[str]) -> Iterator[Sequence[str]]:
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
    found = pd.concat([_decide(batch) for batch in _batches(distinct)], ignore_index=True)
    return found.iloc[code[:-1]].reset_index(drop=True)
