"""Decision on the language of each text, from scores of its words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from narratives.language.naming import UNDETERMINED, name_language
from narratives.language.profiles import CYRILLIC, LATIN, OTHER, SCRIPTS, code_points, model
from narratives.language.words import Words, split_words

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

KAZAKH = ("kk", "kk-ru-letters", "kk-Latn")
RUSSIAN = ("ru", "ru-Latn")
MIXED, NONE = "mixed", "none"
DECIDED = (*KAZAKH, "ru", "en", MIXED, NONE)
# All in nats; set by hand on development sentences (benchmarks/language.py).
FLOOR = -10.0  # no single word (a name, a slip of the keyboard) may count more against a language
NAME_WEIGHT = 0.3  # of capitalised words inside a sentence: names are alike in every language
NEIGHBOUR_WEIGHT = 0.3  # of the words beside a word, where its own language is judged
MIXED_GAIN, MIXED_GAIN_PER_WORD = 7.0, 0.45  # by which two languages must explain a text better than one
PRIORS = {"ru": 0.0, "kk": 0.0, "kk-ru-letters": -3.0, "kk-Latn": -1.0, "ru-Latn": -3.0, "en": -1.0}
RARE = -7.0  # prior of every other language
ALIEN = -10.0  # for a word with a letter that the language does not use, beyond FLOOR
HANDICAP = {CYRILLIC: 2.0, LATIN: 1.2}  # a word, given to languages whose profile comes from little text
SCRIPT_WEIGHT = np.diag([2.0, 1.0, 1.0])  # brands and names in Latin letters stand in Cyrillic texts
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
    kk, ru
        As Kazakh (in any spelling) and as Russian; both 0 where the word tells neither.
    """

    langs: NDArray[np.str_]
    by_lang: Floats
    script: Ints
    kk: Floats
    ru: Floats


def _scripts(words: Sequence[str]) -> Ints:
    points, starts = code_points(words)
    cyrillic = np.add.reduceat((points >= 0x400) & (points <= 0x52F), starts, dtype=np.intp)
    latin = np.add.reduceat((points >= 0x41) & (points <= 0x24F), starts, dtype=np.intp)
    return np.where(cyrillic + latin == 0, 2, np.where(cyrillic >= latin, 0, 1))


def _score_script(words: Sequence[str], script: str) -> tuple[Floats, Floats, Floats]:
    """Return scores by language, as Kazakh and as Russian of words that are all written in `script`."""
    langs = np.array(model(script).langs)
    scores = model(script).score(words)
    relative = np.maximum(scores - scores.max(axis=1, keepdims=True), FLOOR)
    kazakh = np.isin(langs, KAZAKH)
    kk, ru = relative[:, kazakh].max(axis=1), relative[:, langs == "ru" if script == CYRILLIC else ~kazakh].max(axis=1)
    told = kk > ru if script == LATIN else np.ones(len(words), dtype=bool)
    by_lang = relative + ALIEN * model(script).alien(words) + HANDICAP[script] * ~np.isin(langs, list(PRIORS))
    return by_lang, np.where(told, kk, 0), np.where(told, ru, 0)


def score_words(vocabulary: Sequence[str]) -> WordScores:
    """Return the scores of each word; a Latin word nearer to another language than to Kazakh tells neither side."""
    words = [word.lower() for word in vocabulary]
    script = _scripts(words)
    langs = np.array(model(CYRILLIC).langs + model(LATIN).langs)
    by_lang, (kk, ru) = np.zeros((len(words), len(langs))), np.zeros((2, len(words)))
    columns = np.split(np.arange(len(langs)), [len(model(CYRILLIC).langs)])
    for number, name in enumerate((CYRILLIC, LATIN)):
        here = np.flatnonzero(script == number)
        if here.size:
            by_lang[np.ix_(here, columns[number])], kk[here], ru[here] = _score_script([words[i] for i in here], name)
    return WordScores(langs, by_lang, script, kk, ru)


def _sides(words: Words, kk: Floats, ru: Floats) -> Ints:
    """Return 1 for each Kazakh word, −1 for each Russian one, else 0; the words beside it have a say."""
    own = kk - ru
    judged = own.copy()
    beside = words.text[1:] == words.text[:-1]
    judged[1:] += NEIGHBOUR_WEIGHT * own[:-1] * beside
    judged[:-1] += NEIGHBOUR_WEIGHT * own[1:] * beside
    sides: Ints = np.where((kk == 0) & (ru == 0), 0, np.sign(judged)).astype(np.intp)
    return sides


def _total(words: Words, values: Floats | NDArray[np.bool_], n: int) -> Floats:
    return np.bincount(words.text, weights=values, minlength=n).astype(np.float64)


def _evidence(words: Words, scores: WordScores, weight: Floats, script: Ints) -> Floats:
    """Return the log-likelihood of each text in each language, ``[text, lang]``; −inf in another script's languages."""
    ends = np.searchsorted(words.text, np.arange(len(script) + 1))
    incidence = sparse.csr_array((weight, words.code, ends), shape=(len(script), len(words.vocabulary)))
    evidence: Floats = incidence @ scores.by_lang + [PRIORS.get(lang, RARE) for lang in scores.langs]
    written_in = np.arange(len(scores.langs)) >= len(model(CYRILLIC).langs)
    evidence[script[:, None] != written_in] = -np.inf
    return evidence


def _decide(texts: Sequence[str]) -> pd.DataFrame:
    words, n = split_words(texts), len(texts)
    scores = score_words(words.vocabulary)
    name_like = np.array([word[:1].isupper() and not word.isupper() for word in words.vocabulary], dtype=bool)
    weight = np.where(name_like[words.code] & words.inside, NAME_WEIGHT, 1.0)
    kk, ru = scores.kk[words.code] * weight, scores.ru[words.code] * weight
    side = _sides(words, kk, ru)
    in_script = [_total(words, scores.script[words.code] == number, n) for number in range(len(SCRIPTS))]
    script = np.argmax(SCRIPT_WEIGHT @ in_script, axis=0)
    evidence = _evidence(words, scores, weight, script)
    best_one = evidence[:, np.isin(scores.langs, KAZAKH + RUSSIAN)].max(axis=1)
    as_two = _total(words, np.choose(side + 1, [ru, 0 * ru, kk]), n)
    gain = as_two - np.maximum(_total(words, kk, n), _total(words, ru, n))
    n_words = np.sum(in_script, axis=0)
    mixed = best_one + gain - MIXED_GAIN - MIXED_GAIN_PER_WORD * n_words
    table = _best(np.column_stack([evidence, mixed]), np.append(scores.langs, MIXED))
    share = _total(words, side > 0, n) / np.maximum(n_words, 1)
    table["kk_share"] = np.where(table["lang"] == MIXED, share, table["lang"].isin(KAZAKH))
    table.loc[script == SCRIPTS.index(OTHER), "lang"] = UNDETERMINED
    table.loc[n_words == 0, ["lang", "confidence"]] = [NONE, 1.0]
    return _named(table, texts, script)


def _best(evidence: Floats, langs: NDArray[np.str_]) -> pd.DataFrame:
    order = np.argsort(-evidence, axis=1, kind="stable")[:, :2]
    first, second = np.take_along_axis(evidence, order, axis=1).T
    with np.errstate(invalid="ignore"):
        confidence = 1 / (1 + np.exp((second - first) / TEMPERATURE))
    return pd.DataFrame({"lang": langs[order[:, 0]], "confidence": confidence}).replace({"lang": {"ru-Latn": "ru"}})


def _named(table: pd.DataFrame, texts: Sequence[str], script: Ints) -> pd.DataFrame:
    """Return `table` with the languages that langdetect must tell."""
    rows = np.flatnonzero(~table["lang"].isin(DECIDED))
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
