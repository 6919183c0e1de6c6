"""Naming of languages other than Russian and Kazakh, by langdetect's model with the profiles that it lacks.

langdetect (Nakatani 2010) draws n-grams of a text at random until its naive Bayes model is sure. Here every n-gram is
counted, which is what the draws estimate: the same answer each time, and in a tenth of the time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from langdetect.detector import Detector
from langdetect.detector_factory import DetectorFactory
from langdetect.utils.lang_profile import LangProfile
from langdetect.utils.ngram import NGram
from numpy.typing import NDArray

from narratives.language.profiles import profiles
from narratives.text import HANDLE, URL

UNDETERMINED = "und"
MAX_CHARS = 200  # more changes few answers and costs time
OVERLAP = 3.0  # each letter stands in some three n-grams, so that the raw odds are far too sure
SPACES = re.compile(r"[\W\d_]+")


@dataclass(frozen=True)
class Namer:
    """Model of the languages of one script.

    Attributes
    ----------
    langs
        Codes of the languages, in the order of the last axis of `logs`.
    rows
        Row of each n-gram in `logs`.
    logs
        ``[n-gram, lang]``: log-probability, smoothed as langdetect does.
    """

    langs: list[str]
    rows: Mapping[str, int]
    logs: NDArray[np.float32]


@lru_cache(maxsize=3)
def _namer(script: str) -> Namer:
    """Return the model of one script, from a factory of our own, so that a user's langdetect keeps its languages."""
    factory = DetectorFactory()
    others = [profile for profile in profiles() if not profile["name"].startswith(("ru", "kk"))]
    chosen = [profile for profile in others if profile["script"] == script]
    for index, profile in enumerate(chosen):
        factory.add_profile(LangProfile(profile["name"], profile["freq"], profile["n_words"]), index, len(chosen))
    p = np.array(list(factory.word_lang_prob_map.values()), dtype=np.float32)
    rows = {gram: row for row, gram in enumerate(factory.word_lang_prob_map)}
    return Namer(factory.langlist, rows, np.log(p + Detector.ALPHA_DEFAULT / Detector.BASE_FREQ))


def _grams(text: str) -> list[str]:
    """Return the letter 1- to 3-grams of `text`; some of them, over the gap between two words, are in no profile."""
    plain = SPACES.sub(" ", HANDLE.sub(" ", URL.sub(" ", text)))[:MAX_CHARS].lower()
    run = f" {''.join(map(_normalized, NGram.normalize_vi(plain.strip())))} "
    return [run[start : start + n] for n in (1, 2, 3) for start in range(len(run) - n + 1)]


_normalized = lru_cache(maxsize=4096)(NGram.normalize)


def name_language(text: str, script: str) -> tuple[str, float]:
    """Return code and probability of the language of `text`, or ``und``."""
    namer = _namer(script)
    found = [namer.rows[gram] for gram in _grams(text) if gram in namer.rows]
    if not found:
        return UNDETERMINED, 0.0
    evidence = namer.logs[found].sum(axis=0, dtype=np.float64) / OVERLAP
    best = int(evidence.argmax())
    return namer.langs[best], float(1 / np.exp(evidence - evidence[best]).sum())
