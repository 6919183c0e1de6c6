"""Scores of words: how well each language explains them, and whether they lean to Kazakh or to Russian."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from narratives.language.profiles import CYRILLIC, LATIN, REST, SINGLED_OUT, model, shared_words
from narratives.language.stems import russian_stems
from narratives.language.words import Spelled, Words, split_words

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

MODELLED = (CYRILLIC, LATIN)
KAZAKH = ("kk", "kk-ru-letters", "kk-Latn")
RUSSIAN = ("ru", "ru-Latn")
REWRITTEN = ("ky", "tt", "ba")
NEIGHBOURS = (*REWRITTEN, "kaa")  # which put the same suffixes to Russian words
WELL_KNOWN = (*KAZAKH, *RUSSIAN, "en")
# All in nats; set by hand on development sentences, as data/language/README.md says.
FLOOR = -11.5  # no single word (a name, a slip of the keyboard) may count more against a language
NAME_WEIGHT = 0.3  # of capitalised words inside a sentence: names are alike in every language
FOREIGN = -5.0  # a word that a third language explains so much better leans to neither
SURE_LEAN, UNSURE_LEAN = 14.0, 9.0  # most that a word leans; sure are frequent words and those with Kazakh letters
NEIGHBOUR_WEIGHT = 0.3  # of the words beside a word, where its own language is judged
ALIEN = -4.0  # for a word with a letter that the language does not use, beyond FLOOR
HANDICAP = {CYRILLIC: 1.6, LATIN: 1.4}  # a word, given to languages whose profile comes from little text
STOCK_HANDICAP = 2.0  # the same for langdetect's own profiles
REWRITTEN_HANDICAP = 0.75  # the same for those with much text that is Kazakh rewritten


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


def _handicap(langs: NDArray[np.str_], script: str) -> Floats:
    by_kind = [
        (np.isin(langs, WELL_KNOWN), 0.0),
        (np.isin(langs, REWRITTEN), REWRITTEN_HANDICAP),
        (np.isin(langs, (*SINGLED_OUT, REST)), STOCK_HANDICAP),
    ]
    return np.select([here for here, _ in by_kind], [nats for _, nats in by_kind], HANDICAP[script])


def _score_script(words: Spelled, script: str) -> tuple[Floats, Floats]:
    """Return scores by language and the lean of words that are all written in `script`."""
    n_grams = model(script)
    langs = np.array(n_grams.langs)
    kazakh = np.isin(langs, KAZAKH)
    scores, frequent = n_grams.score(words)
    alien = n_grams.alien(words)
    if script == CYRILLIC:
        borrowed = russian_stems(words, n_grams)
        turkic = kazakh | np.isin(langs, NEIGHBOURS)
        scores[:, turkic] = np.maximum(scores[:, turkic], borrowed[:, None])
        frequent |= borrowed > -np.inf
    relative = np.maximum(scores - scores.max(axis=1, keepdims=True), FLOOR)
    by_lang = relative + ALIEN * alien + _handicap(langs, script)
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


@dataclass(frozen=True)
class Reading:
    """Words of some texts with what they tell.

    Attributes
    ----------
    words
        The words, in reading order.
    scores
        Scores of the distinct words.
    weight
        Of each word, 0 to 1.
    lean
        As Kazakh less as Russian, weighted, in nats.
    side
        1 for a Kazakh word, −1 for a Russian one, else 0.
    """

    words: Words
    scores: WordScores
    weight: Floats
    lean: Floats
    side: Floats


def read(texts: Sequence[str]) -> Reading:
    """Return the words of `texts` and what each of them tells."""
    words = split_words(texts)
    scores = score_words(words.vocabulary)
    weight = np.where(words.capital & words.inside, NAME_WEIGHT, 1.0)
    lean = scores.lean[words.code] * weight
    return Reading(words, scores, weight, lean, _sides(words, lean))
