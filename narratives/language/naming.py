"""Naming of languages other than Russian and Kazakh, by langdetect with the profiles that it lacks."""

from __future__ import annotations

from functools import lru_cache

from langdetect.detector_factory import DetectorFactory
from langdetect.lang_detect_exception import LangDetectException
from langdetect.utils.lang_profile import LangProfile

from narratives.language.profiles import profiles

UNDETERMINED = "und"
MAX_CHARS, TRIALS, DRAWS = 500, 2, 60  # more changes few answers and costs time


@lru_cache(maxsize=3)
def _factory(script: str) -> DetectorFactory:
    """Return a factory of our own, so that a user's langdetect keeps its languages and its seed."""
    factory = DetectorFactory()
    factory.set_seed(0)
    others = [profile for profile in profiles() if not profile["name"].startswith(("ru", "kk"))]
    chosen = [profile for profile in others if profile["script"] == script]
    for index, profile in enumerate(chosen):
        factory.add_profile(LangProfile(profile["name"], profile["freq"], profile["n_words"]), index, len(chosen))
    return factory


def name_language(text: str, script: str) -> tuple[str, float]:
    """Return code and probability of the language of `text`, by langdetect (Nakatani 2010), or ``und``."""
    detector = _factory(script).create()
    detector.set_max_text_length(MAX_CHARS)
    detector.n_trial, detector.ITERATION_LIMIT = TRIALS, DRAWS
    detector.append(text.lower())
    try:
        found = detector.get_probabilities()
    except LangDetectException:
        return UNDETERMINED, 0.0
    return (found[0].lang, float(found[0].prob)) if found else (UNDETERMINED, 0.0)
