"""Decision on the language of each text, from scores of its words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from narratives.language.naming import UNDETERMINED, name_language
from narratives.language.profiles import CYRILLIC, LATIN, OTHER, REST, SCRIPTS, code_points, model, shared_words
from narratives.language.words import Words, split_words

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

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
SURE = 0.8  # confidence below which langdetect has the last word on another language
TEMPERATURE = 4.0  # words of a text are not independent, so that the raw odds are far too sure


@dataclass(frozen=True)
class WordScores:
    """Log-likelihoods of the words of a vocabulary, in nats.

    Attributes
    ----------
    langs
        Languages, those in Cyrillic first.
    by_lang
        ``[word, lang]``: relative to the best language of the word's script; 0 in the other script.
    script
        Place in `SCRIPTS` of the script that a word is written in.
    lean
        As Kazakh (in any spelling) less as Russian; 0 where the word tells neither.
    """

    langs: NDArray[np.str_]
    by_lang: Floats
    script: Ints
    lean: Floats


def _scripts(words: Sequence[str]) -> Ints:
    points, starts = code_points(words)
    cyrillic = np.add.reduceat((points >= 0x400) & (points <= 0x52F), starts, dtype=np.intp)
    latin = np.add.reduceat((points >= 0x41) & (points <= 0x24F), starts, dtype=np.intp)
    return np.where(cyrillic + latin == 0, 2, np.where(cyrillic >= latin, 0, 1))


def _score_script(words: Sequence[str], script: str) -> tuple[Floats, Floats]:
    """Return scores by language and the lean of words that are all written in `script`."""
    n_grams = model(script)
    langs = np.array(n_grams.langs)
    kazakh = np.isin(langs, KAZAKH)
    scores, alien = n_grams.score(words), n_grams.alien(words)
    relative = np.maximum(scores - scores.max(axis=1, keepdims=True), FLOOR)
    by_lang = relative + ALIEN * alien + HANDICAP[script] * ~np.isin(langs, WELL_KNOWN)
    russian = langs == "ru" if script == CYRILLIC else ~kazakh
    lean = scores[:, kazakh].max(axis=1) - scores[:, russian].max(axis=1)
    sure = np.array([word in n_grams.lexicon for word in words]) | alien[:, russian].all(axis=1)
    limit = np.where(sure, SURE_LEAN, UNSURE_LEAN)
    lean = np.clip(lean, -limit if script == CYRILLIC else 0, limit)
    return by_lang, np.where(relative[:, kazakh | russian].max(axis=1) < FOREIGN, 0, lean)


def score_words(vocabulary: Sequence[str]) -> WordScores:
    """Return the scores of each word; a Latin word nearer to another language than to Kazakh leans nowhere."""
    words = [word.lower() for word in vocabulary]
    script = _scripts(words)
    langs = np.array(model(CYRILLIC).langs + model(LATIN).langs)
    by_lang, lean = np.zeros((len(words), len(langs))), np.zeros(len(words))
    columns = np.split(np.arange(len(langs)), [len(model(CYRILLIC).langs)])
    for number, name in enumerate((CYRILLIC, LATIN)):
        here = np.flatnonzero(script == number)
        if here.size:
            by_lang[np.ix_(here, columns[number])], lean[here] = _score_script([words[i] for i in here], name)
    shared = shared_words()
    lean[[word in shared for word in words]] = 0
    return WordScores(langs, by_lang, script, lean)


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


def _evidence(words: Words, scores: WordScores, weight: Floats, script: Ints) -> Floats:
    """Return the log-likelihood of each text in each language, ``[text, lang]``; −inf in another script's languages."""
    ends = np.searchsorted(words.text, np.arange(len(script) + 1))
    incidence = sparse.csr_array((weight, words.code, ends), shape=(len(script), len(words.vocabulary)))
    prior = [PRIORS.get(lang, RARE[name]) for name in (CYRILLIC, LATIN) for lang in model(name).langs]
    evidence: Floats = incidence @ scores.by_lang + prior
    written_in = np.arange(len(scores.langs)) >= len(model(CYRILLIC).langs)
    evidence[script[:, None] != written_in] = -np.inf
    return evidence


def _decide(texts: Sequence[str]) -> pd.DataFrame:
    words, n = split_words(texts), len(texts)
    scores = score_words(words.vocabulary)
    name_like = np.array([word[:1].isupper() and not word.isupper() for word in words.vocabulary], dtype=bool)
    weight = np.where(name_like[words.code] & words.inside, NAME_WEIGHT, 1.0)
    lean = scores.lean[words.code] * weight
    side = _sides(words, lean)
    in_script = [_total(words, scores.script[words.code] == number, n) for number in range(len(SCRIPTS))]
    script = np.argmax(SCRIPT_WEIGHT @ in_script, axis=0)
    evidence = _evidence(words, scores, weight, script)
    best_one = evidence[:, np.isin(scores.langs, KAZAKH + RUSSIAN)].max(axis=1)
    against = np.minimum(_total(words, np.maximum(lean, 0), n), _total(words, np.maximum(-lean, 0), n))
    gain = against - _total(words, np.maximum(-side * lean, 0), n)
    n_words = np.sum(in_script, axis=0)
    mixed = best_one + gain - MIXED_GAIN - MIXED_GAIN_PER_WORD * n_words
    table = _best(np.column_stack([evidence, mixed]), np.append(scores.langs, MIXED))
    share = _total(words, side > 0, n) / np.maximum(n_words, 1)
    table["kk_share"] = np.where(table["lang"] == MIXED, share, table["lang"].isin(KAZAKH))
    table.loc[script == SCRIPTS.index(OTHER), "lang"] = UNDETERMINED
    table.loc[n_words == 0, ["lang", "confidence"]] = [NONE, 1.0]
    return _named(table, texts, script)


def _best(evidence: Floats, langs: NDArray[np.str_]) -> pd.DataFrame:
    best = evidence.argmax(axis=1)
    second, first = np.partition(evidence, -2, axis=1)[:, -2:].T
    with np.errstate(invalid="ignore"):
        confidence = 1 / (1 + np.exp((second - first) / TEMPERATURE))
    return pd.DataFrame({"lang": langs[best], "confidence": confidence}).replace({"lang": {"ru-Latn": "ru"}})


def _named(table: pd.DataFrame, texts: Sequence[str], script: Ints) -> pd.DataFrame:
    """Return `table` with the languages that langdetect must tell."""
    own = table["lang"].isin([*KAZAKH, "ru", MIXED, NONE])
    open_ = ~own & (table["lang"].isin([REST, UNDETERMINED]) | (table["confidence"] < SURE))
    rows = np.flatnonzero(open_)
    found = [name_language(texts[int(row)], SCRIPTS[script[row]]) for row in rows]
    table.update(pd.DataFrame(found, rows, ["lang", "confidence"]))
    return table[["lang", "kk_share", "confidence"]]


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
    return _decide(list(distinct)).iloc[code[:-1]].reset_index(drop=True)
