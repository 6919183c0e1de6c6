"""Stand-ins for languages of which we have little text: Kazakh or a neighbour, rewritten by sound laws.

They are rough on purpose. All they must teach is where the neighbour differs from Kazakh: its endings, its vowels, its
most frequent words. Real text of these languages is added to them wherever we have some.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

Rules = Sequence[tuple[str, str]]

KYRGYZ_WORDS = {
    "және": "жана", "үшін": "үчүн", "бірақ": "бирок", "туралы": "жөнүндө", "жаңа": "жаңы", "жақсы": "жакшы",
    "бұл": "бул", "осы": "ушул", "сол": "ошол", "қазір": "азыр", "бүгін": "бүгүн", "ол": "ал", "олар": "алар",
    "оның": "анын", "оны": "аны", "оған": "ага", "маған": "мага", "саған": "сага", "бәрі": "баары", "сондай": "ошондой",
    "мұндай": "мындай", "не": "эмне", "неге": "эмнеге", "кейін": "кийин", "дейін": "чейин", "арқылы": "аркылуу",
    "тағы": "дагы", "халық": "эл", "енді": "эми", "ғана": "гана", "менің": "менин", "оқу": "окуу", "ал": "а",
}  # fmt: skip
KYRGYZ: Rules = [
    ("ш", "ч"), (r"^([бтж])ас", r"\1аш"), ("^бес", "беш"), ("^қыс", "кыш"), ("^іс", "иш"), (r"^([қб])ос", r"\1ош"),
    ("^е", "э"), ("ид[ыі]$", "уйт"), (r"(?<=[аей])м[ыі]н$", "м"),
    (r"(?<=...)([мбп]ен)$", " менен"),
    (r"(?<=..)(а|е|й)д[ыі]$", r"\1т"),
    (r"([лрйзн])м([ае])", r"\1б\2"),
    (r"(?<=.)ау$", "оо"), (r"(?<=.)еу$", "өө"), (r"(?<=[бвгджзклмнпрстчш])у$", "уу"),
    ("ғ", "г"), ("қ", "к"), ("ұ", "у"), ("і", "и"), ("ә", "а"), ("һ", "х"),
    *[(r"(о[^аоуыэеиөүяю ]+)а", r"\1о"), (r"(ө[^аоуыэеиөүяю ]+)е", r"\1ө")] * 3,
    *[(r"([оу][^аоуыэеиөүяю ]+)ы", r"\1у"), (r"([өү][^аоуыэеиөүяю ]+)и", r"\1ү")] * 3,
]  # fmt: skip
TATAR_WORDS = {
    "және": "һәм", "үшін": "өчен", "бірақ": "ләкин", "туралы": "турында", "жақсы": "яхшы", "бұл": "бу", "осы": "шушы",
    "сол": "шул", "қазір": "хәзер", "ол": "ул", "олар": "алар", "оның": "аның", "оны": "аны", "оған": "аңа",
    "маған": "миңа", "бәрі": "барысы", "емес": "түгел", "мен": "мин", "не": "нәрсә", "неге": "нигә", "кейін": "соң",
    "дейін": "кадәр", "арқылы": "аша", "тағы": "тагын", "ғана": "гына", "адам": "кеше", "менің": "минем", "ал": "ә",
}  # fmt: skip
TATAR: Rules = [
    ("ш", "ч"), (r"^([бтж])ас", r"\1аш"), ("^бес", "беш"), ("^қыс", "кыш"), ("ид[ыі]$", "ый"),
    (r"(?<=...)([мбп]ен)$", " белән"), (r"(?<=..)айды$", "ый"), (r"(?<=..)ейді$", "и"),
    (r"(?<=..)ады$", "а"), (r"(?<=..)еді$", "ә"),
    (r"(?<=[^аоуыэеиөүяюәұі])([^аоуыэеиөүяюәұі]*)е", r"\1ә"),
    (r"^([^аоуыэеиөүяюәұі]?)ә(?=[^аоуыэеиөүяюәұі])", r"\1и"),
    ("о", "у"), ("ө", "ү*"), ("ұ", "о"), (r"ү(?!\*)", "ө"), (r"\*", ""), ("і", "е"),
    ("^жа", "я"), ("^жу", "ю"), ("^жы", "е"), ("^ж(?=[оө])", "й"), ("^ж", "җ"), ("ғ", "г"), ("қ", "к"),
]  # fmt: skip
BASHKIR: Rules = [
    (r"[к](?=[аоуы])|(?<=[аоуы])к", "ҡ"), (r"г(?=[аоуы])|(?<=[аоуы])г", "ғ"),
    (r"^с", "һ"), (r"(?<=[аәоөуүыеи])з", "ҙ"), (r"(?<=[аәоөуүыеи])с", "ҫ"), ("җ", "й"), ("ч", "с"),
]  # fmt: skip
UYGHUR = str.maketrans("abdeéfghijklmnoöpqrstuüwxyz", "абдәефгһижклмноөпқрстуүвхйз")
UYGHUR_PAIRS = {"ch": "ч", "gh": "ғ", "ng": "ң", "sh": "ш", "zh": "ж", "ya": "я", "yu": "ю"}


def _rewritten(sentences: Sequence[str], rules: Rules, words: dict[str, str]) -> list[str]:
    known = dict(words)

    def rewrite(hit: re.Match[str]) -> str:
        word = hit[0]
        if word not in known:
            new = word
            for pattern, letters in rules:
                new = re.sub(pattern, letters, new)
            known[word] = new
        return known[word]

    return [re.sub(r"[^\W\d_]+", rewrite, sentence.lower()) for sentence in sentences]


def kyrgyz(kazakh: Sequence[str]) -> list[str]:
    """Return Kazakh sentences with the endings, long vowels and rounding of Kyrgyz."""
    return _rewritten(kazakh, KYRGYZ, KYRGYZ_WORDS)


def tatar(kazakh: Sequence[str]) -> list[str]:
    """Return Kazakh sentences with the shifted vowels of Tatar."""
    return _rewritten(kazakh, TATAR, TATAR_WORDS)


def bashkir(tatar: Sequence[str]) -> list[str]:
    """Return Tatar sentences in the letters that Bashkir writes instead."""
    return _rewritten(tatar, BASHKIR, {})


def uyghur(latin: Sequence[str]) -> list[str]:
    """Return Uyghur in Cyrillic, made from its Latin spelling, letter by letter."""
    pairs = re.compile("|".join(UYGHUR_PAIRS))
    return [pairs.sub(lambda hit: UYGHUR_PAIRS[hit[0]], s.lower().replace("j", "җ")).translate(UYGHUR) for s in latin]
