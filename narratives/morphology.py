"""Base forms of Russian and Kazakh words, and one skeleton for the ways a word is typed.

Russian goes through pymorphy3 (Korobov 2015). Kazakh is a table of suffixes with vowel harmony and consonant
assimilation after Muhamedowa, *Kazakh: A Comprehensive Grammar* (2016); the walk over classes of suffixes is the
finite-state morphotactics of Oflazer (1994), cut to what posts use.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal

import pymorphy3
import yaml

from narratives.text import ZERO_WIDTH

Start = Literal["stem", "verb", "third"]
Spelling = Literal["letters", "skeleton", "latin"]

KAZAKH_LETTERS = frozenset("әғқңөұүһі")
CYRILLIC = re.compile("[а-яёәғқңөұүһі]")
LATIN = re.compile("[a-zıäöüñşğáóúń]")

FOLD: dict[int, str | int] = {
    **str.maketrans("әғқңөұүһіёйэщ", "агкноуухиеиеш"),
    **{ord("ь"): "", ord("ъ"): "", ord("я"): "иа", ord("ю"): "иу"},
}
LOOKALIKE = str.maketrans("aceopxykmthi", "асеорхукмтні")
TO_LATIN = {cyrillic: latin for latin, cyrillic in LOOKALIKE.items()}
DIGRAPHS = {
    "yev": "ев",
    "ss": "с",
    "shch": "ш",
    "sh": "ш",
    "ch": "ч",
    "zh": "ж",
    "kh": "х",
    "gh": "г",
    "ts": "ц",
    "ng": "н",
}
DIGRAPH = re.compile("yev|ss(?!h)|shch|sh|ch|zh|kh|gh|ts|ng$")
GLIDE = re.compile("(?<=[aeiouäöüıáóúū])y|y(?=[aeouäöüáóúū])")
LETTERS: dict[int, str] = {
    ord(latin): cyrillic
    for cyrillic, latins in {
        "а": "aäáǎ", "б": "b", "в": "v", "г": "gğģǵ", "д": "d", "е": "e", "ж": "j", "з": "z", "и": "iī", "к": "ckq",
        "л": "l", "м": "m", "н": "nñńņ", "о": "oöó", "п": "p", "р": "r", "с": "s", "т": "t", "у": "uwüúūý", "ф": "f",
        "х": "hx", "ч": "ç", "ш": "şš", "ы": "yı",
    }.items()
    for latin in latins
}  # fmt: skip

BACK, FRONT = "аоұыёя", "әеөүіэ"
VOWELS = frozenset(BACK + FRONT + "иую")
TO_FRONT = str.maketrans("аыұғқ", "еіүгк")
SOUNDS = {
    letter: sound
    for sound, letters in {"V": "аәеёоөұүыіэя", "R": "рйуию", "L": "л", "N": "мнң", "Z": "зж"}.items()
    for letter in letters
}
# First consonant of a suffix after a vowel, р й у, л, a nasal, з ж, and (T) a voiceless consonant or б в г д.
ASSIMILATION = {
    first: dict(zip("VRLNZT", row, strict=True))
    for first, row in {"L": "ллдддт", "H": "нддндт", "K": "нддддт", "D": "дддддт", "B": "дддндт", "G": "ғғғғғқ",
                       "M": "ммммбп", "Q": "мммббп"}.items()
}  # fmt: skip
# States, and their suffixes with the state after each. Vowels are those after a back vowel; a capital consonant
# assimilates; `+` wants a consonant before it, `=` a vowel. No suffix follows the state `end`.
SUFFIXES = (
    ("stem", "Lық>stem Lығ>voiced шы>stem шыл>stem сыз>stem Lы>stem Lар>plural Dай>stem ша>end Kікі>third"),
    ("voiced", "ы>third"),
    ("stem plural", "+ы>third =сы>third +ым>own =м>own +ың>own =ң>own +ымыз>ours =мыз>ours +ыңыз>ours =ңыз>ours"),
    ("stem plural third ours", "Hың>end сың>end сыз>end Mыз>end сыңдар>end"),
    ("stem plural ours", "Gа>end Kы>end"),
    ("own", "а>end Hың>end Kы>end"),
    ("third", "на>end н>end нDа>locative нан>end нDай>end"),
    ("stem plural own ours", "Dа>locative Bан>end"),
    ("stem plural own ours third", "Mен>end Mенен>end"),
    ("locative", "ғы>stem сың>end сыз>end Mыз>end"),
    ("verb", "Qа>negated +ар>aorist =р>aorist +у>stem =у>stem +ушы>stem =ушы>stem Gыш>stem"),
    ("negated", "с>aorist у>stem"),
    ("verb negated", "Dы>past Gан>stem +ып>converb =п>converb +а>present =й>present са>past сын>end Mақ>stem"),
    ("verb negated", "+айын>end =йын>end +айық>end =йық>end +ыңыз>end =ңыз>end +ыңдар>end =ңдар>end Gалы>end"),
    ("past", "м>end ң>end қ>end ңыз>end ңдар>end"),
    ("converb", "ты>end сың>end сыз>end Mыз>end Mын>end"),
    ("present", "Mын>end сың>end сыз>end Mыз>end ды>end сыңдар>end тын>stem"),
    ("aorist", "Mын>end сың>end сыз>end Mыз>end"),
)
LONGEST_WORD = 60  # letters; what is longer is no word, and is left as it is
LONGEST = 24  # letters of a suffix chain; сатқын-дарымыздағылардан has 17
# Stems that lose their last vowel before a suffix that starts with one.
ELISION = {"халқ": "халық", "орн": "орын", "көңл": "көңіл", "мұрн": "мұрын", "ерк": "ерік", "ауз": "ауыз"}


@lru_cache(maxsize=200_000)
def skeleton(word: str) -> str:
    """Return `word` in lower-case Russian letters: Kazakh letters folded, Latin transliterated, ь and ъ dropped.

    Қасенов, Касенов and Qasenov have one skeleton. A Latin letter inside a Cyrillic word is read by its looks.
    """
    low = unicodedata.normalize("NFC", word.translate(ZERO_WIDTH)).lower()
    if LATIN.search(low):
        typed = low.translate(LOOKALIKE) if CYRILLIC.search(low) else low
        low = _cyrillic(low.translate(TO_LATIN)) if LATIN.search(typed) else typed
    return low.translate(FOLD)


def _cyrillic(latin: str) -> str:
    return GLIDE.sub("й", DIGRAPH.sub(lambda found: DIGRAPHS[found[0]], latin)).translate(LETTERS)


def harmony(stem: str) -> str:
    """Return the harmonies that suffixes of a Kazakh `stem` may have: ``"b"`` (back), ``"f"`` (front) or ``"bf"``.

    The last vowel decides; и, у, ю and a final ь leave it open. A surname in -ев goes by the vowel before (Тоқаевқа),
    one in -ов by either (Қасеновқа, Қасеновке).
    """
    low = stem.lower()
    if low.endswith("ов") and harmony(low[:-2]) == "f":
        return "bf"
    last = next((letter for letter in reversed(low.removesuffix("ев")) if letter in VOWELS), "и")
    if low.endswith("ь") or last not in BACK + FRONT:
        return "bf"
    return "b" if last in BACK else "f"


def negates(stem: str, rest: str, *, start: Start = "stem", spelling: Spelling = "letters") -> bool | None:
    """Return whether the Kazakh suffix chain `rest` after `stem` negates it; None if it is no chain of suffixes.

    Parameters
    ----------
    stem : in Kazakh orthography; it sets harmony and assimilation.
    rest : what follows it, in the `spelling` of the token: Kazakh letters, `skeleton`, or a skeleton of Latin script
        (where ы and і cannot be told apart and harmony is left open).
    start : what the stem is: a noun or adjective, a verb, or a noun that already has its third-person possessive.
    """
    if len(rest) > LONGEST:
        return None
    sound = SOUNDS.get(stem.lower().rstrip("ьъ")[-1:], "T")
    harmonies = "bf" if spelling == "latin" else harmony(stem)
    rest = rest.replace("ы", "и") if spelling == "latin" else rest
    found = {_walk(rest, start, sound, way, spelling) for way in harmonies} - {None}
    return min(found, default=None, key=bool)


@lru_cache(maxsize=100_000)
def _walk(rest: str, state: str, sound: str, way: str, spelling: Spelling) -> bool | None:
    if not rest:
        return False
    for surface, after, last in _moves(state, sound, way, spelling):
        if rest.startswith(surface):
            found = _walk(rest[len(surface) :], after, last, way, spelling)
            if found is not None:
                return found or after == "negated"
    return None


@cache
def _moves(state: str, sound: str, way: str, spelling: Spelling) -> tuple[tuple[str, str, str], ...]:
    """Return the suffixes that may follow: as spelled, the state after, and the class of their last sound."""
    moves = []
    for states, suffixes in SUFFIXES:
        for template, _, after in (suffix.partition(">") for suffix in suffixes.split() if state in states.split()):
            if template[0] in "+=" and (template[0] == "=") != (sound == "V"):
                continue
            surface = "".join(ASSIMILATION[c][sound] if c in ASSIMILATION else c for c in template.lstrip("+="))
            surface = surface.translate(TO_FRONT) if way == "f" else surface
            moves.append((_spell(surface, spelling), after, SOUNDS.get(surface[-1], "T")))
    return tuple(moves)


def _spell(surface: str, spelling: Spelling) -> str:
    if spelling == "letters":
        return surface
    folded = surface.translate(FOLD)
    return folded if spelling == "skeleton" else folded.replace("ы", "и")


@lru_cache(maxsize=200_000)
def kazakh_stem(word: str) -> str:
    """Return the Kazakh `word` in lower case without its nominal suffixes.

    Of the stems whose rest is a valid chain, the longest that ``data/lexicon/kk_words.yaml`` lists wins, else the
    shortest plausible one; the words listed there stay whole.
    Verbs keep their endings: without a dictionary a verb's stem cannot be told from a noun's.
    """
    low = word.lower()
    whole = _kazakh_words()
    if low in whole:
        return low
    cuts = [(low[:cut], low[cut:]) for cut in range(max(2, len(low) - LONGEST), len(low))]
    chains = [_restore(stem, rest) for stem, rest in cuts if _plausible(stem, rest) and negates(stem, rest) is not None]
    return next((stem for stem in reversed(chains) if stem in whole), chains[0] if chains else low)


def _plausible(stem: str, rest: str) -> bool:
    """A stem has a vowel and three letters (two before a long suffix), and ends in no cluster foreign to Kazakh."""
    sounds = [SOUNDS.get(letter, "T") for letter in stem]
    cluster = len(stem) > 2 and not set(sounds[-2:]) & {"V", "R"} and sounds[-2] == "T" and stem[-2:] != "ст"
    return not VOWELS.isdisjoint(stem) and not cluster and (len(stem) > 2 or len(rest) > 2)


def _restore(stem: str, rest: str) -> str:
    if rest[0] in BACK + FRONT:
        stem = ELISION.get(stem, stem)
        return stem[:-1] + {"ғ": "қ", "г": "к", "б": "п"}.get(stem[-1], stem[-1])
    return stem


@cache
def _kazakh_words() -> dict[str, bool]:
    """Return Kazakh words that are left whole, and whether each is a function word."""
    listed = yaml.safe_load((files("narratives") / "data/lexicon/kk_words.yaml").read_text("utf-8"))
    return dict.fromkeys(listed["whole"], False) | dict.fromkeys(listed["function"], True)


@lru_cache(maxsize=100_000)
def is_kazakh_function_word(word: str) -> bool:
    """Return whether `word` is a Kazakh word without meaning of its own, such as бар."""
    return _kazakh_words().get(word.lower(), False)


@lru_cache(maxsize=100_000)
def is_common_kazakh(word: str) -> bool:
    """Return whether `word` is a Kazakh word other than a name: one of those listed, in its base form."""
    return word.lower() in _kazakh_words()


SURNAME = re.compile("(?:ов|ев|ёв|ин|ын)$")
SURNAME_FORM = re.compile("(?:ов|ев|ёв|ин)(?:а|у|ым|е|ой|ы|ых|ыми)?$")
MASCULINE = ("", "а", "у", "ым", "е", "ы", "ых", "ыми")
FEMININE = ("а", "ой", "ою", "у")
FOLLOWERS = re.findall(
    r"\w+",
    "ский ского скому ским ском ская ской скую скою ское ские ских скими ец ца цу цем це цы цев цам цами цах "
    "щина щины щине щину щиной",
)
FUNCTION_POS = frozenset({"PREP", "CONJ", "PRCL", "INTJ", "NPRO", "PRED", "NUMR"})
FUNCTION_GRAMMEMES = ("Apro", "Anum", "Dmns", "Ques")
FUNCTION_LEMMAS = re.compile(
    "быть|мочь|стать|весь|это|тот|который|свой|самый|другой|каждый|ещё|уже|очень|просто|только|тоже|также|даже|сейчас|"
    "теперь|потом|тогда|снова|опять|вообще"
)
MOSTLY = 0.6  # share of readings, by pymorphy3's estimate
PERSON = ("Name", "Surn", "Patr")
PROPER = (*PERSON, "Geox", "Orgn")


@cache
def _russian() -> pymorphy3.MorphAnalyzer:
    return pymorphy3.MorphAnalyzer()


@lru_cache(maxsize=20_000)
def russian_forms(word: str) -> frozenset[str]:
    """Return every inflected form of the Russian base form `word`, in lower case, itself among them.

    Surnames in -ов, -ев, -ин decline by rule, invented ones too, with the adjectives and nouns made of them
    (касеновский, касеновцы, касеновщина); the masculine does not take the feminine's own forms, nor the reverse.
    A word that is no base form stands for the base form of its likeliest reading.
    """
    low = word.lower()
    parses = _russian().parse(low)
    own = [parse for parse in parses if parse.normal_form.replace("ё", "е") == low.replace("ё", "е")] or parses[:1]
    given = _russian().word_is_known(low) and any("Name" in parse.tag for parse in own)
    if word != low and not given:
        if SURNAME.search(low):
            return frozenset(low + ending for ending in (*MASCULINE, *FOLLOWERS))
        if SURNAME.search(low[:-1]) and low[-1] == "а":
            return frozenset(low[:-1] + ending for ending in (*FEMININE, *FOLLOWERS))
    adjective = (low + "ов" + ending for ending in FOLLOWERS) if word != low and is_person(word) else ()
    return frozenset({low, *adjective}).union(*(_lexeme(parse) for parse in own))


def _lexeme(parse: pymorphy3.analyzer.Parse) -> set[str]:
    """Return a reading's forms, without comparatives and passive participles that are also adjectives (преданный)."""
    forms = parse.lexeme
    passive = next((form.word for form in forms if "pssv" in form.tag), None)
    if passive and any(other.normal_form == passive for other in _russian().parse(passive)):
        forms = [form for form in forms if "pssv" not in form.tag]
    return {form.word for form in forms if form.tag.POS != "COMP"}


@lru_cache(maxsize=100_000)
def is_common(word: str) -> bool:
    """Return whether `word` is a form of a Russian word other than a name."""
    known = len(word) <= LONGEST_WORD and _russian().word_is_known(word.lower())
    return known and any(not any(mark in parse.tag for mark in PROPER) for parse in _russian().parse(word.lower()))


@lru_cache(maxsize=100_000)
def is_person(word: str) -> bool:
    """Return whether the capitalised `word` is most likely a form of a Russian person's name.

    A word that the dictionary lacks is one if it ends like a surname in -ов, -ев or -ин.
    """
    if not word[:1].isupper() or len(word) > LONGEST_WORD:
        return False
    low = word.lower()
    if not _russian().word_is_known(low):
        return SURNAME_FORM.search(low) is not None
    return bool(sum(p.score for p in _russian().parse(low) if any(mark in p.tag for mark in PERSON)) > MOSTLY)


@lru_cache(maxsize=100_000)
def russian_tags(word: str) -> frozenset[str]:
    """Return the grammemes of the likeliest reading of a Russian word; none if it is not in the dictionary."""
    low = word.lower()
    known = len(word) <= LONGEST_WORD and _russian().word_is_known(low)
    return frozenset(map(str, _russian().parse(low)[0].tag.grammemes)) if known else frozenset()


@lru_cache(maxsize=500_000)
def lemma(word: str, *, language: str | None = None) -> str:
    """Return the base form of `word` in lower case.

    A word with a Kazakh letter, or any word when `language` is ``"kk"``, is stemmed by `kazakh_stem`; the rest is read
    as Russian by pymorphy3, an unknown word in -ов, -ев or -ин as a surname. Other scripts come back in lower case.
    """
    low = word.lower()
    if not CYRILLIC.search(low) or len(low) > LONGEST_WORD:
        return low
    if language == "kk" or (language is None and not KAZAKH_LETTERS.isdisjoint(low)):
        return kazakh_stem(low)
    parses = _russian().parse(low)
    if not _russian().word_is_known(low):
        parses = [parse for parse in parses if "Surn" in parse.tag and SURNAME.search(parse.normal_form)] or parses
    base = str(parses[0].normal_form)
    return base if "ё" in low or _russian().word_is_known(base) else base.replace("ё", "е")


@lru_cache(maxsize=500_000)
def is_content(word: str) -> bool:
    """Return whether `word` carries meaning of its own: no preposition, conjunction, particle, pronoun, auxiliary."""
    low = word.lower()
    if low in _kazakh_words():
        return not _kazakh_words()[low]
    if not KAZAKH_LETTERS.isdisjoint(low):
        return not _kazakh_words().get(kazakh_stem(low), False)
    if len(low) > LONGEST_WORD:
        return False
    best = _russian().parse(low)[0]
    function = best.tag.POS in FUNCTION_POS or any(mark in best.tag for mark in FUNCTION_GRAMMEMES)
    return not function and FUNCTION_LEMMAS.fullmatch(best.normal_form) is None
