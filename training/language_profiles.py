"""Make the n-gram profiles that `narratives.language` ships, in the format of langdetect.

Usage: python training/language_profiles.py FOLDER_OF_THE_CORPORA [OUTPUT.json]

One sentence in ten (by the hash of the sentence) is held out of every corpus for `benchmarks/language.py`.
"""

from __future__ import annotations

import gettext
import importlib.util
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pandas as pd

from narratives.language.words import split_words

sys.path.append(str(Path(__file__).parents[1]))

from training.standins import bashkir, kyrgyz, tatar, uyghur

OUTPUT = Path(__file__).parents[1] / "narratives" / "data" / "language" / "profiles.json"
NOT_RUSSIAN = "(?i)[әғқңөұүһіїєґў]"
TRIGRAMS = 1_000_000  # larger corpora are scaled down to this many, which keeps the numbers short
APOSTROPHES = str.maketrans(dict.fromkeys("’ʼ‘ʻ`´", "'"))
GRAMS = {
    "ky": 6_000,
    "tt": 6_000,
    "ba": 5_000,
    "ru": 10_000,
    "kk": 9_000,
    "kk-ru-letters": 8_000,
    "kk-Latn": 10_000,
    "ru-Latn": 4_000,
}
NEIGHBOUR_GRAMS = 4_000
STAND_IN = 45  # one Kazakh sentence of so many is rewritten as Kyrgyz and as Tatar
NEIGHBOUR_WORDS = 150  # nearly all of them function words, which catalogues and news share
WORDS = {"ky": 1_000, "tt": 1_000, "ba": 600, "ru": 12_000, "kk": 8_000, "kk-ru-letters": 7_000, "kk-Latn": 2_000}
DICTIONARY_REPEATS = 5  # of the words of a dictionary, beside running text that seldom speaks of science

# Neighbours that langdetect lacks (or knows in another script): language, script, code in the UDHR corpus.
NEIGHBOURS = [
    ("ky", "Cyrl", "kir"), ("tt", "Cyrl", "tat"), ("mn", "Cyrl", "khk"), ("be", "Cyrl", "bel"), ("tg", "Cyrl", "tgk"),
    ("sr", "Cyrl", "srp_cyrl"), ("uz", "Cyrl", "uzn_cyrl"), ("kaa", "Cyrl", "kaa"), ("sah", "Cyrl", "sah"),
    ("cv", "Cyrl", "chv"), ("tk", "Cyrl", "tuk_cyrl"), ("az", "Cyrl", "azj_cyrl"), ("os", "Cyrl", "oss"),
    ("uz", "Latn", "uzn_latn"), ("az", "Latn", "azj_latn"), ("tk", "Latn", "tuk_latn"), ("ug", "Latn", "uig_latn"),
    ("crh", "Latn", "crh"),
]  # fmt: skip

# Django's translations into these double what we have of them.
DJANGO = {
    "Cyrl": ("ky", "tt", "mn", "be", "tg", "sr"),
    "Latn": ("uz", "az", "tk"),
}
STOCK = {"uk": "ukr", "bg": "bul", "mk": "mkd"}  # known to langdetect, by letters alone; these add frequent words

CYRILLIC = "аәбвгғдежзийкқлмнңоөпрстуұүфхһцчшщъыіьэюяё"
RUSSIAN_LETTERS = str.maketrans("әғқңөұүһі", "агкноуухи")


def _scheme(spelling: str) -> dict[str, str]:
    """Return the map from each letter of `CYRILLIC` to its Latin spelling; `-` spells nothing."""
    return dict(zip(CYRILLIC, spelling.replace("-", "").split(" "), strict=True))


ALPHABETS = [
    # 2017: apostrophes
    _scheme("a a' b v g g' d e j z i' i' k q l m n n' o o' p r s t y' u u' f h h ts c' s' s'c' - y i - e i'y' i'a e"),
    # 2018: acute accents
    _scheme("a á b v g ǵ d e j z ı ı k q l m n ń o ó p r s t ý u ú f h h ts ch sh sh - y i - e ıý ıa e"),
    # 2021: diaereses, breves and macrons
    _scheme("a ä b v g ğ d e j z i i k q l m n ñ o ö p r s t u ū ü f h h ts ç ş ş - y ı - e iu ia e"),
    # MediaWiki's, near to the Turkish one
    _scheme("a ä b v g ğ d e j z ïy y k q l m n ñ o ö p r s t w u ü f x h c ç ş şş - ı i - e yu ya yo"),
]
INFORMAL = [
    _scheme("a a b v g g d e j z i i k q l m n n o o p r s t u u u f h h ts ch sh sh - y i - e yu ya e"),
    _scheme("a a b v g g d e zh z i y k k l m n n o o p r s t u u u f h h ts ch sh sh - y i - e yu ya e"),
    _scheme("a a b v g gh d e j z i i k q l m n ng o o p r s t w u u f h h ts ch sh sh - y i - e iu ia e"),
]
RUSSIAN = [
    _scheme("a - b v g - d e zh z i y k - l m n - o - p r s t u - - f - kh ts ch sh sch - y - - e yu ya e"),
    _scheme("a - b v g - d e j z i i k - l m n - o - p r s t u - - f - h c ch sh sh - y - - e u ya yo"),
    _scheme("a - b v g - d e zh z i j k - l m n - o - p r s t u - - f - x c ch sh shh - y - ' e ju ja jo"),
]


def held_out(sentence: str) -> bool:
    """Return whether `sentence` is kept for measuring (one in ten, the same ones on every machine)."""
    return crc32(sentence.encode()) % 10 == 0


def training_part(sentences: Iterable[str]) -> list[str]:
    return [sentence for sentence in dict.fromkeys(sentences) if isinstance(sentence, str) and not held_out(sentence)]


def russian(folder: Path) -> list[str]:
    comments = pd.read_parquet(folder / "organic_vk_comments_ru.parquet")["text"].dropna()
    posts = pd.read_parquet(folder / "ira_ru.parquet").query("language == 'Russian'")["text"].drop_duplicates()
    news = pd.read_parquet(folder / "rusentne2023_train.parquet")["sentence"]
    pairs = pd.read_parquet(folder / "parallel_ru_kk.parquet")["ru"].sample(25_000, random_state=0)
    texts = pd.concat([comments, posts.sample(40_000, random_state=0), news, pairs])
    lemmas = training_part(pd.read_parquet(folder / "dictionary_kk_ru.parquet")["ru"])
    return training_part(texts[~texts.str.contains(NOT_RUSSIAN)]) + DICTIONARY_REPEATS * lemmas


def kazakh(folder: Path) -> list[str]:
    sentences = pd.read_parquet(folder / "kk_sentences.parquet")["text"]
    pairs = pd.read_parquet(folder / "parallel_ru_kk.parquet")["kk"].sample(25_000, random_state=0)
    return training_part(pd.concat([sentences, pairs]))


def loans(folder: Path) -> set[str]:
    """Return Kazakh words that are Russian ones, by a dictionary or by three pairs and half of all their uses.

    In a pair the Russian word may have an ending more, as it is inflected where the Kazakh one is not.
    """
    dictionary = pd.read_parquet(folder / "dictionary_kk_ru.parquet").query("kk == ru")["kk"].str.lower()
    pairs = pd.read_parquet(folder / "parallel_ru_kk.parquet").dropna()
    alike: Counter[str] = Counter()
    kazakh: Counter[str] = Counter()
    for ru, kk in zip(pairs["ru"].str.lower(), pairs["kk"].str.lower(), strict=True):
        words = set(re.findall(r"[^\W\d_]{4,}", kk))
        russian = re.findall(r"[^\W\d_]+", ru)
        kazakh.update(words)
        alike.update(words.intersection(word[:end] for word in russian for end in range(4, len(word) + 1)))
    return {*dictionary, *(word for word, n in alike.items() if n >= 3 and n >= kazakh[word] / 2)}


def spelled(sentences: list[str], alphabets: list[dict[str, str]], rng: np.random.Generator) -> list[str]:
    """Return each sentence in lower case, in an alphabet drawn for it."""
    tables = [str.maketrans(alphabet) for alphabet in alphabets]
    drawn = rng.integers(len(tables), size=len(sentences))
    return [sentence.lower().translate(tables[i]) for sentence, i in zip(sentences, drawn, strict=True)]


def kazakh_latin(folder: Path, sentences: list[str], rng: np.random.Generator) -> list[str]:
    interface = pd.read_parquet(folder / "kk_latn_mediawiki.parquet")["kk_latn"].tolist()
    news = pd.read_parquet(folder / "kk_latn_vocab.parquet").dropna()
    repeats = news["count"].astype(int).clip(upper=50)
    made = spelled(sentences, ALPHABETS + 2 * INFORMAL, rng)
    return made + training_part(interface) + list(news["word"].repeat(repeats))


def kazakh_in_russian_letters(sentences: list[str]) -> list[str]:
    """Return the sentences as typed on a Russian keyboard; some write ә as э or я, and і as ы."""
    folded = [sentence.lower().translate(RUSSIAN_LETTERS) for sentence in sentences]
    other = [s.lower().translate(str.maketrans("әі", "эы")).translate(RUSSIAN_LETTERS) for s in sentences[::6]]
    return folded + other


def catalogue(lang: str, package: str = "django") -> list[str]:
    """Return the distinct messages of a package's translation, without placeholders and mark-up."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise SystemExit(f"the translations of {package} are wanted: pip install django django-allauth")
    found: set[str] = set()
    for path in Path(spec.origin).parent.rglob(f"locale/{lang}/LC_MESSAGES/*.mo"):
        with path.open("rb") as file:
            messages: dict[object, str] = vars(gettext.GNUTranslations(file))["_catalog"]
        found |= {text for text in messages.values() if "Content-Type" not in text}
    return sorted({re.sub(r"%\(?\w*\)?[sd]|\{.*?\}|<.*?>", " ", text) for text in found})


def corpora(folder: Path) -> list[tuple[str, str, list[str]]]:
    """Return language, script and training sentences of every profile."""
    rng = np.random.default_rng(0)
    ru, kk = russian(folder), kazakh(folder)
    udhr = pd.read_parquet(folder / "udhr_all.parquet").groupby("code")["text"].apply(training_part)
    few = kk[::STAND_IN]
    more = {(lang, script): training_part(catalogue(lang)) for script, langs in DJANGO.items() for lang in langs}
    more["ky", "Cyrl"] += kyrgyz(few)
    more["tt", "Cyrl"] += (rewritten := tatar(few))
    neighbours = [(lang, script, udhr[code] + more.get((lang, script), [])) for lang, script, code in NEIGHBOURS]
    stock = [(lang, "Cyrl", udhr[code] + training_part(catalogue(lang))) for lang, code in STOCK.items()]
    return [
        ("ru", "Cyrl", ru),
        ("kk", "Cyrl", kk),
        ("kk-ru-letters", "Cyrl", kazakh_in_russian_letters(kk)),
        ("kk-Latn", "Latn", kazakh_latin(folder, kk, rng)),
        ("ru-Latn", "Latn", spelled(ru, RUSSIAN, rng)),
        ("ba", "Cyrl", bashkir(udhr["tat"] + rewritten)),
        ("ug", "Cyrl", uyghur(udhr["uig_latn"])),
        *neighbours,
        *stock,
    ]


def grams(words: Mapping[str, int]) -> Counter[str]:
    """Return counts of the 1- to 3-grams of `words`; a space marks a word's edge, as in langdetect."""
    counts: Counter[str] = Counter()
    for word, count in words.items():
        padded = f" {word} "
        for n in (1, 2, 3):
            for start in range(len(padded) - n + 1):
                counts[padded[start : start + n]] += count
    del counts[" "]
    return counts


def profile(lang: str, script: str, sentences: list[str]) -> dict[str, Any]:
    """Return counts of the frequent n-grams and words."""
    pattern = re.compile("[\u0430-\u052f]+" if script == "Cyrl" else "[a-z\u00df-\u02af\u1e00-\u1eff']+")
    found = split_words(sentences)
    places = zip(found.text.tolist(), found.start.tolist(), found.end.tolist(), strict=True)
    plain = (sentences[text][start:end].lower().translate(APOSTROPHES) for text, start, end in places)
    words = Counter(word for word in plain if pattern.fullmatch(word))
    counts = grams(words)
    scale = min(1.0, TRIGRAMS / sum(n for gram, n in counts.items() if len(gram) == 3))
    kept = counts.most_common(0 if lang in STOCK else GRAMS.get(lang, NEIGHBOUR_GRAMS))
    freq = {gram: max(1, round(count * scale)) for gram, count in kept}
    return {
        "name": lang,
        "script": script,
        "n_words": [sum(n for gram, n in freq.items() if len(gram) == size) for size in (1, 2, 3)],
        "freq": freq,
        "n_tokens": words.total(),
        "words": words,
    }


def keep_frequent(profiles: list[dict[str, Any]], loans: set[str]) -> None:
    """Keep the frequent words of each profile, and all loans that our corpora use.

    A loan is made as frequent in Russian as in Kazakh, so that it speaks for neither, whatever our corpora speak of.
    """
    level = [profile for profile in profiles if profile["name"] in ("ru", "kk", "kk-ru-letters")]
    share = {word: max(profile["words"][word] / profile["n_tokens"] for profile in level) for word in sorted(loans)}
    for profile in profiles:
        profile["words"] = dict(profile["words"].most_common(WORDS.get(profile["name"], NEIGHBOUR_WORDS)))
    for profile in level:
        profile["words"] |= {word: max(1, round(p * profile["n_tokens"])) for word, p in share.items() if p}


def by_count(counts: Mapping[str, int]) -> dict[int, str]:
    """Return the keys of `counts` under their count, joined by ``|``: half the size, as most are rare."""
    return {n: "|".join(sorted(key for key in counts if counts[key] == n)) for n in sorted(set(counts.values()))}


def main(folder: Path, output: Path = OUTPUT) -> None:
    profiles = [profile(*corpus) for corpus in corpora(folder)]
    keep_frequent(profiles, loans(folder))
    short = [made | {key: by_count(made[key]) for key in ("freq", "words")} for made in profiles]
    text = ",\n".join(json.dumps(made, ensure_ascii=False, separators=(",", ":")) for made in short)
    output.write_text(f"[{text}]\n", encoding="utf-8")
    print(f"{len(profiles)} profiles, {output.stat().st_size:,} bytes: {output}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
