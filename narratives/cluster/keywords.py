"""What sets a narrative apart from the others of its window: class TF-IDF on base forms, per language."""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import lru_cache

import numpy as np
import pandas as pd

from narratives.morphology import is_content, lemma, skeleton
from narratives.text import words

KAZAKH_LETTERS = frozenset("әғқңөұүһі")
Terms = Counter[tuple[str, str]]


def keywords(texts: pd.Series, langs: pd.Series, labels: np.ndarray, number: int) -> list[tuple[list[str], list[str]]]:
    """Return, for clusters 0, 1, …, their Russian and their Kazakh keywords, strongest first.

    Parameters
    ----------
    texts, langs : texts of a window, one of each group of copies, and their languages; `labels` their cluster, −1 for
        none.
    number : keywords per cluster and language.

    Weight of a term in a cluster: its share of the cluster's terms × log(1 + mean cluster size / its count overall)
    (class TF-IDF, Grootendorst 2022). A Russian term is shown in its base form, a Kazakh one as it is mostly written.
    """
    count = int(labels.max(initial=-1)) + 1
    terms: list[Terms] = [Counter() for _ in range(count)]
    shown: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for text, lang, label in zip(texts, langs, labels, strict=True):
        if label >= 0:
            for word in set(words(text)):
                if term := _term(word, lang):
                    terms[label][term] += 1
                    shown[term][word] += 1
    overall: Terms = sum(terms, Counter())
    mean = sum(overall.values()) / max(count, 1)
    return [(_best(t, overall, mean, "ru", number, shown), _best(t, overall, mean, "kk", number, shown)) for t in terms]


def _best(
    terms: Terms, overall: Terms, mean: float, side: str, number: int, shown: dict[tuple[str, str], Counter[str]]
) -> list[str]:
    total = sum(terms.values())
    weight = {key: n / total * np.log1p(mean / overall[key]) for key, n in terms.items() if key[0] == side and n > 1}
    best = sorted(weight, key=lambda key: (-weight[key], key))[:number]
    return [key[1] if side == "ru" else _usual(shown[key]) for key in best]


def _usual(forms: Counter[str]) -> str:
    return min(forms, key=lambda word: (-forms[word], len(word), word))


@lru_cache(maxsize=500_000)
def _term(word: str, lang: str) -> tuple[str, str] | None:
    """Return the language and base form of a word in a text of `lang`; None if it says little."""
    if len(word) <= 2 or not is_content(word):
        return None
    if lang.startswith("kk") or (lang == "mixed" and not KAZAKH_LETTERS.isdisjoint(word)):
        return "kk", skeleton(lemma(word, language="kk"))  # қала and кала are one term, typed on two keyboards
    return "ru", lemma(word)
