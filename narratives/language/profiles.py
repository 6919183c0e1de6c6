"""How probable words are in each language: letter n-gram models from the shipped profiles and langdetect's own."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from narratives.language.words import APOSTROPHES, Spelled, keys_of

DATA = files("narratives") / "data" / "language"
EDGE, UNKNOWN = 0, 1
SCRIPTS = CYRILLIC, LATIN, OTHER = ("Cyrl", "Latn", "other")
CODEPOINTS = 0x2100
SINGLED_OUT = ("uk", "bg", "mk", "en", "tr")
REST = "rest"
ELSEWHERE = -1.0  # nats, by which a word that Russian and Kazakh share is rarer in any other language
STOCK_TRIGRAMS = 15_000
FREQUENT = -9.5  # log-probability from which a word of the lexicon counts as frequent: some 1,500 words a language
RARE_LETTER = 5e-4  # of all letters: used in foreign names alone
COMMON = "abcdefghijklmnopqrstuvwxyz'абвгдеёжзийклмнопрстуфхцчшщъыьэюя"  # may stand in any language's loans
ALPHABETS = {
    "Cyrl": "абвгдеёжзийклмнопрстуфхцчшщъыьэюяәғқңөұүһіўєїґђјљњћџѓќѕҗҙҡҫҳҷӣӯ",
    "Latn": "abcdefghijklmnopqrstuvwxyz'äáöóüúūýğǵıñńŋşšçčžżłñéèàâîêßëåãõøæə",
}
LOOKALIKES = {
    "Cyrl": dict(zip("aceopxyihkmtbnəɵ", "асеорхуіһкмтвнәө", strict=True)) | {"ѐ": "е", "ѝ": "и"},
    "Latn": dict(zip("асеорхуі", "aceopxyi", strict=True)) | {"ŋ": "ñ", "ǧ": "ğ"},
}
Profile = dict[str, Any]


@dataclass(frozen=True)
class Model:
    """Letter trigram models of the languages of one script.

    Attributes
    ----------
    langs
        Languages, in the order of the last axis of every array.
    letters
        Code point to letter number; 0 is a word's edge, 1 any letter that the alphabet lacks.
    aliens
        A bit for each language that hardly ever uses a letter of the alphabet.
    trigrams
        ``[letters, lang]``: log-probability of the last of three letters after the first two.
    lexicon
        Hashes of the frequent words, sorted.
    lexicon_scores
        ``[word, lang]``: log-probability of frequent words; −inf in a language that lists no words or not this one.
    """

    langs: tuple[str, ...]
    letters: NDArray[np.intp]
    aliens: NDArray[np.uint32]
    trigrams: NDArray[np.float32]
    lexicon: NDArray[np.uint64]
    lexicon_scores: NDArray[np.float32]

    def score(self, spelled: Spelled) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Return the log-probability of each word, ``[word, lang]``, and whether it is a frequent one."""
        letter = self.letters[np.minimum(spelled.letters, CODEPOINTS)]
        size = len(self.aliens)
        before = np.concatenate([[EDGE], letter[:-1]])
        place = (np.concatenate([[EDGE], before[:-1]]) * size + before) * size + letter
        ends = np.append(spelled.begins, len(place))
        grams = sparse.csr_array((np.ones(len(place), dtype=np.float32), place, ends), (len(ends) - 1, size**3))
        scores: NDArray[np.float32] = grams @ self.trigrams
        listed = self.listed(spelled.keys)
        best = listed.max(axis=1)
        known = np.flatnonzero(best > -np.inf)
        scores[known] = np.logaddexp(scores[known], listed[known])
        return scores, best > FREQUENT

    def listed(self, keys: NDArray[np.uint64]) -> NDArray[np.float32]:
        """Return the log-probability of the words of these hashes as frequent words, ``[word, lang]``."""
        row = np.minimum(np.searchsorted(self.lexicon, keys), len(self.lexicon) - 1)
        scores = self.lexicon_scores[row]
        scores[self.lexicon[row] != keys] = -np.inf
        return scores

    def alien(self, spelled: Spelled) -> NDArray[np.bool_]:
        """Return whether each word has a letter that a language never uses, ``[word, lang]``."""
        bits = np.bitwise_or.reduceat(
            self.aliens[self.letters[np.minimum(spelled.letters, CODEPOINTS)]], spelled.begins
        )
        return (bits[:, None] >> np.arange(len(self.langs), dtype=np.uint32) & 1).astype(bool)


def _letters(script: str) -> NDArray[np.intp]:
    alphabet = {letter: number for number, letter in enumerate(dict.fromkeys(ALPHABETS[script]), start=UNKNOWN + 1)}
    alphabet |= {twin: alphabet[letter] for twin, letter in LOOKALIKES[script].items() if letter in alphabet}
    table = np.full(CODEPOINTS + 1, UNKNOWN, dtype=np.intp)
    table[ord(" ")] = EDGE
    for point in range(ord("'"), CODEPOINTS):
        letter = "'" if chr(point) in APOSTROPHES else chr(point)
        base = unicodedata.normalize("NFD", letter)[0]
        table[point] = alphabet.get(letter, alphabet.get(base, UNKNOWN))
    if script == CYRILLIC:
        table[[ord(mark) for mark in APOSTROPHES]] = EDGE
    return table


def _smoothed(counts: NDArray[np.float64], shorter: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return p(last letter | letters before), backed off to the probabilities after one letter fewer."""
    kinds = np.count_nonzero(counts, axis=-1)[..., None] + 1.0
    smoothed: NDArray[np.float64] = (counts + kinds * shorter) / (counts.sum(axis=-1, keepdims=True) + kinds)
    return smoothed


def _trigram_model(freq: Mapping[str, float], letters: NDArray[np.intp], size: int) -> NDArray[np.float32]:
    """Return log p(third letter | first two), smoothed by Witten and Bell (1991) down to single letters."""
    counts: list[NDArray[np.float64]] = [np.zeros((size,) * n) for n in (1, 2, 3)]
    for gram, number in freq.items():
        place = letters[[min(ord(letter), CODEPOINTS) for letter in gram]]
        counts[len(gram) - 1][tuple(place)] += number
    one, two, three = counts
    one[EDGE] = two[:, EDGE].sum()
    p: NDArray[np.float64] = (one + 0.5) / np.sum(one + 0.5)
    after_one = _smoothed(two, p)
    after_two = _smoothed(three, after_one)
    after_two[:, EDGE] = after_one[EDGE]  # what stood before the word does not matter
    logs: NDArray[np.float32] = np.log(after_two).astype(np.float32)
    return logs


def _alien(freq: Mapping[str, float], letters: NDArray[np.intp], size: int) -> NDArray[np.bool_]:
    counts = np.zeros(size)
    for letter, count in freq.items():
        if len(letter) == 1:
            counts[letters[min(ord(letter), CODEPOINTS)]] += count
    aliens: NDArray[np.bool_] = counts < RARE_LETTER * counts.sum()
    aliens[[EDGE, UNKNOWN, *letters[[ord(letter) for letter in COMMON]]]] = False
    return aliens


def _lexicon(profiles: Sequence[Profile]) -> tuple[NDArray[np.uint64], NDArray[np.float32]]:
    listed = sorted({word for profile in profiles for word in profile.get("words", ())})
    rows = {word: row for row, word in enumerate(listed)}
    scores = np.full((len(listed), len(profiles)), -np.inf, dtype=np.float32)
    for column, profile in enumerate(profiles):
        for word, count in profile.get("words", {}).items():
            scores[rows[word], column] = np.log(count / profile["n_tokens"])
    ours = [column for column, profile in enumerate(profiles) if profile["name"] in ("ru", "kk", "kk-ru-letters")]
    if ours:
        international = scores[:, ours].min(axis=1, keepdims=True) + ELSEWHERE
        scores = np.maximum(scores, international)
    keys = keys_of(listed)
    order = np.argsort(keys)
    return keys[order], scores[order]


@lru_cache(maxsize=1)
def shared_words() -> NDArray[np.uint64]:
    """Return hashes of words that Russian and Kazakh posts spell alike: loans, and what Kazakhstan calls its things."""
    return keys_of((DATA / "shared_words.txt").read_text("utf-8").split())


def _by_name(by_count: Mapping[str, str]) -> dict[str, int]:
    return {name: int(count) for count, names in by_count.items() for name in names.split("|")}


def _script(freq: Mapping[str, int]) -> str:
    letters = Counter(unicodedata.name(gram, "?").split()[0] for gram in freq if len(gram) == 1)
    return {"CYRILLIC": CYRILLIC, "LATIN": LATIN}.get(letters.most_common(1)[0][0], OTHER)


def _stock() -> dict[tuple[str, str], Profile]:
    """Return langdetect's own profiles by language and script."""
    paths = sorted(files("langdetect").joinpath("profiles").iterdir(), key=str)
    read = (json.loads(path.read_text("utf-8")) for path in paths)
    named = (profile | {"script": _script(profile["freq"]), "stock": True} for profile in read)
    return {(profile["name"], profile["script"]): profile for profile in named}


@lru_cache(maxsize=1)
def profiles() -> list[Profile]:
    """Return all profiles, ours first: each with its ``script``, langdetect's own with ``stock``.

    Of some languages that langdetect knows we have frequent words alone: these are added to its letters.
    """
    found: dict[tuple[str, str], Profile] = {}
    stock = _stock()
    for shipped in json.loads((DATA / "profiles.json").read_text("utf-8")):
        key = shipped["name"], shipped["script"]
        words = {"words": _by_name(shipped["words"]), "n_tokens": shipped["n_tokens"]}
        found[key] = (shipped | {"freq": _by_name(shipped["freq"])} if shipped["freq"] else stock[key]) | words
    return [*found.values(), *(stock[key] for key in stock if key not in found)]


def _thinned(profiles: Sequence[Profile], name: str) -> Profile:
    """Return one profile of several of langdetect's, counts made smaller: they were cut to the frequent n-grams."""
    freq: Counter[str] = Counter()
    for profile in profiles:
        share = STOCK_TRIGRAMS / len(profiles) / profile["n_words"][2]
        freq.update({gram: count * share for gram, count in profile["freq"].items()})
    return {**(profiles[0] if len(profiles) == 1 else {}), "name": name, "freq": freq}


def _modelled(script: str) -> list[Profile]:
    """Return the profiles of one script, those of the farther languages merged into one."""
    here = [p for p in profiles() if p["script"] == script]
    stock = [p for p in here if "stock" in p]
    groups = {name: [p for p in stock if p["name"] == name] for name in SINGLED_OUT}
    groups[REST] = [p for p in stock if p["name"] not in SINGLED_OUT]
    return [p for p in here if "stock" not in p] + [_thinned(group, name) for name, group in groups.items() if group]


@lru_cache(maxsize=2)
def model(script: str) -> Model:
    """Return the model of one script, ``"Cyrl"`` or ``"Latn"``; made once."""
    chosen = _modelled(script)
    letters = _letters(script)
    size = int(letters.max()) + 1
    trigrams = [_trigram_model(profile["freq"], letters, size).ravel() for profile in chosen]
    aliens = np.stack([_alien(profile["freq"], letters, size) for profile in chosen], axis=-1)
    lexicon, lexicon_scores = _lexicon(chosen)
    bits = aliens @ (1 << np.arange(len(chosen))).astype(np.uint32)
    return Model(
        langs=tuple(profile["name"] for profile in chosen),
        letters=letters,
        aliens=bits.astype(np.uint32),
        trigrams=np.stack(trigrams, axis=-1),
        lexicon=lexicon,
        lexicon_scores=lexicon_scores,
    )
