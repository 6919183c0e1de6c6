"""Texts that the encoder learns from: public corpora whose licence allows it for weights that ship."""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from narratives.text import plain
from training.language_profiles import ALPHABETS, INFORMAL, spelled

# Of `pseudo_kk_ru`: KazNERD (CC BY 4.0), KazQAD, UD_Kazakh-KTB and Apertium (CC BY-SA, GPL-3). The rest has no licence.
OPEN = ("kaznerd", "kazqad_questions", "kazqad_wikipedia", "ud_ktb", "apertium_kaz_texts")
MONO = {"organic_vk_comments_ru": 40_000, "ira_ru": 60_000, "rusentne2023_train": 10_000, "sentirueval_banks": 4_000,
        "sentirueval_tkk": 4_000}  # fmt: skip
MAX_CHARS = 600
RESPELLED = 20_000
MOSTLY_CYRILLIC = 0.4
SPAN, LETTERS = (3, 7), 8  # words of a span; letters and digits that it has at least
EACH, SPANNED = 2, 15_000  # spans of a text, one for each eight words; single Russian texts of which there are some
FORMS = {"ru": 50_000, "kk": 60_000}  # most common word forms
FORM = re.compile(r"[^\W\d_]{3,}(?:-[^\W\d_]+)*")


def clean(texts: pd.Series) -> pd.Series:
    """Return the distinct texts without links, handles and the `#` of hashtags."""
    bare = texts.dropna().map(plain).str.removeprefix("RT ").str.removeprefix(": ").str.replace("#", "")
    return bare.str.slice(0, MAX_CHARS).str.strip().drop_duplicates()


def words(texts: pd.Series) -> pd.Series:
    return texts.str.split().str.len()


def russian(folder: Path) -> pd.DataFrame:
    """Return single Russian texts: posts, comments and news."""
    parts = []
    for name, most in MONO.items():
        frame = pd.read_parquet(folder / f"{name}.parquet")
        texts = clean(frame["sentence"] if "sentence" in frame else frame["text"])
        texts = texts[(words(texts) >= 5) & (texts.str.count("[а-яё]") > MOSTLY_CYRILLIC * texts.str.len())]
        drawn = texts.sort_values().sample(min(most, len(texts)), random_state=0)
        parts.append(pd.DataFrame({"kind": "mono", "source": name, "ru": drawn, "kk": ""}))
    return pd.concat(parts)


def pairs(folder: Path) -> pd.DataFrame:
    """Return real Russian–Kazakh pairs of three words or more."""
    frame = pd.read_parquet(folder / "parallel_ru_kk.parquet")
    frame = frame.assign(kind="pair", ru=clean(frame["ru"]), kk=clean(frame["kk"])).dropna()
    frame = frame[(words(frame["ru"]) >= 3) & (words(frame["kk"]) >= 3)]
    return frame[frame["ru"].str.count("[а-яё]") > MOSTLY_CYRILLIC * frame["ru"].str.len()]


def kazakh(folder: Path, *, ask: bool) -> pd.DataFrame:
    """Return Kazakh texts, with a machine's word-by-word gloss in Russian where there is one."""
    glossed = pd.read_parquet(folder / "pseudo_kk_ru.parquet")
    glossed = glossed[(glossed["unk"] <= 0.2) & (glossed["source"].isin(OPEN) | ask)]
    glossed = glossed.assign(kind="glossed", kk=clean(glossed["kk"])).dropna(subset="kk")
    single = pd.read_parquet(folder / "kk_sentences.parquet").assign(kind="single", ru="")
    single = single.assign(kk=clean(single["text"])).dropna(subset="kk")
    both = pd.concat([glossed, single[~single["kk"].isin(glossed["kk"])]])
    return both[words(both["kk"]) >= 4]


def dictionary(folder: Path) -> pd.DataFrame:
    frame = pd.read_parquet(folder / "dictionary_kk_ru.parquet")
    frame = frame[frame["pos"].isin(["n", "v", "adj", "np", "adv"]) & (frame["kk"].str.len() > 1)]
    return frame.drop_duplicates(["kk", "ru"]).assign(kind="word", source="dictionary_kk_ru")


def respelled(kazakh_texts: pd.Series) -> list[str]:
    """Return each Kazakh text in a Latin alphabet, an official or an informal one."""
    return spelled(kazakh_texts.tolist(), ALPHABETS + INFORMAL, np.random.default_rng(0))


def spans(texts: pd.Series) -> list[str]:
    """Return, sorted, distinct runs of words of the texts that are long: what a part says tells which word says it."""
    rng, found = np.random.default_rng(0), set()
    for whole in texts.drop_duplicates().str.split():
        for _ in range(min(EACH, len(whole) // 8)):
            size = rng.integers(*SPAN, endpoint=True)
            start = rng.integers(len(whole) - size, endpoint=True)
            found.add(" ".join(whole[start : start + size]))
    return sorted(span for span in found if sum(map(str.isalnum, span)) >= LETTERS)


def forms(texts: pd.Series, most: int) -> list[str]:
    """Return the most common words in Cyrillic as they are written, in lower case; as common ones by the alphabet."""
    counts = Counter(word for text in texts.drop_duplicates() for word in FORM.findall(text.lower()))
    cyrillic = (word for word in counts if re.search("[а-яё]", word))
    return sorted(cyrillic, key=lambda word: (-counts[word], word))[:most]


def with_parts(texts: pd.DataFrame) -> pd.DataFrame:
    """Return the texts, and spans and word forms of their Russian and of their Kazakh sides."""
    mono, pair = (texts.loc[texts["kind"] == kind, "ru"] for kind in ("mono", "pair"))
    kazakh = texts.loc[texts["kind"].isin(["pair", "glossed", "single"]), "kk"]
    dictionary = texts.loc[texts["kind"] == "word", "kk"]
    found = {
        ("span", "ru"): spans(pd.concat([pair, mono.sample(min(SPANNED, len(mono)), random_state=0)])),
        ("span", "kk"): spans(kazakh),
        ("form", "ru"): forms(pd.concat([mono, pair]), FORMS["ru"]),
        ("form", "kk"): sorted({*forms(kazakh, FORMS["kk"]), *dictionary}),
    }
    parts = [pd.DataFrame({"kind": kind, "source": "", side: own}) for (kind, side), own in found.items()]
    return pd.concat([texts, *parts], ignore_index=True).fillna("")


def load(folder: Path, *, ask: bool = False) -> pd.DataFrame:
    """Return texts: ``kind`` (mono, pair, glossed, single, word, span, form), ``source``, ``ru`` and ``kk`` or "" each.

    With `ask` also the Kazakh texts without a licence file: to measure what they would add, never for what ships.
    """
    parts = [russian(folder), pairs(folder), kazakh(folder, ask=ask), dictionary(folder)]
    texts = pd.concat(parts, ignore_index=True)[["kind", "source", "ru", "kk"]].fillna("")
    print(texts.groupby(["kind", texts["source"].str.split("/").str[0]]).size().to_string(), file=sys.stderr)
    return with_parts(texts.sort_values(["kind", "source", "ru", "kk"], ignore_index=True))
