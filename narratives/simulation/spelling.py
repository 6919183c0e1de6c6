"""How people type: Kazakh in Latin and in Russian letters, slips, emoji, hashtags, links."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

PAIRS_2021 = (
    "аa әä бb вv гg ғğ дd еe ёo жj зz иi йi кk қq лl мm нn ңñ оo өö пp рr сs тt уu ұū үü фf хh һh цs чş шş ыy іı эe"
)
PAIRS_INFORMAL = (
    "аa әa бb вv гg ғg дd еe ёo жzh зz иi йy кk қk лl мm нn ңn оo өo пp рr сs тt уu ұu үu фf хh һh цts чch шsh ыy іi эe"
)
MORE = {"щ": "sh", "ю": "iu", "я": "ia", "ь": "", "ъ": ""}


def _table(pairs: str) -> dict[int, str]:
    lower = {pair[0]: pair[1:] for pair in pairs.split()} | MORE
    return {ord(a): b for a, b in lower.items()} | {ord(a.upper()): b.capitalize() for a, b in lower.items()}


LATIN_2021 = _table(PAIRS_2021)
LATIN_INFORMAL = _table(PAIRS_INFORMAL)
RUSSIAN_LETTERS = str.maketrans("әғқңөұүһіӘҒҚҢӨҰҮҺІ", "агкноуухиАГКНОУУХИ")
LAZY_LETTERS = str.maketrans("ңғһҢҒҺ", "нгхНГХ")

EMOJI = {
    "glad": ["👍", "🙏", "❤️", "👏", "😊", "💪", "🔥", "🇰🇿", "🤝"],
    "angry": ["😡", "🤦", "😤", "👎", "🤬", "💔", "😒", "🤡"],
    "plain": ["🙂", "😅", "🤷", "😂", "☕", "🙃", "👀", "🤔", "😄", "📌"],
}
TAGS = {
    "ru": ["#выборы", "#новости", "#нашгород", "#жизнь", "#соседи", "#мнение", "#осень", "#важно"],
    "kk": ["#сайлау", "#жаңалық", "#біздіңқала", "#өмір", "#көршілер", "#пікір", "#күз", "#маңызды"],
    "kk-Latn": ["#sailau", "#qala", "#omir", "#pikir"],
    "kk-ru-letters": ["#сайлау", "#жаналык", "#омир", "#пикир"],
    "mixed": ["#сайлау", "#новости", "#өмір", "#нашгород"],
}
PAGES = ("https://example.kz/news/", "https://example.kz/p/", "https://qala.example.kz/", "t.me/qala_example/")


@dataclass(frozen=True)
class Habits:
    """How often an account does something to a post (probabilities), and its Latin spelling."""

    emoji: float
    tag: float
    lower: float
    slip: float
    lazy: float
    latin_2021: bool


def spell(text: str, lang: str, habits: Habits, rng: np.random.Generator) -> str:
    """Return Kazakh `text` in the letters of `lang`; other languages stay as they are."""
    if lang == "kk-Latn":
        return text.translate(LATIN_2021 if habits.latin_2021 else LATIN_INFORMAL)
    if lang == "kk-ru-letters":
        return text.translate(RUSSIAN_LETTERS)
    if lang == "kk" and rng.random() < habits.lazy:
        return text.translate(LAZY_LETTERS)
    return text


def sloppy(text: str, habits: Habits, rng: np.random.Generator) -> str:
    """Return `text` with this account's slips: no capitals, no full stop, a slip of the keyboard."""
    if rng.random() < habits.lower:
        text = text.lower()
    if text.endswith(".") and rng.random() < 0.5:
        text = text[:-1]
    return slip(text, rng) if rng.random() < habits.slip else text


def slip(text: str, rng: np.random.Generator) -> str:
    """Return `text` with two neighbouring letters swapped, one doubled or one left out."""
    places = [i for i in range(1, len(text) - 2) if text[i - 1 : i + 3].isalpha()]
    if not places:
        return text
    i = places[int(rng.random() * len(places))]
    middle = (text[i + 1] + text[i], text[i] * 2 + text[i + 1], text[i + 1])[int(rng.random() * 3)]
    return text[:i] + middle + text[i + 2 :]


def decorate(text: str, lang: str, mood: str, habits: Habits, rng: np.random.Generator) -> str:
    """Return `text` with what people hang on it: emoji of a `mood` (glad, angry, plain), a hashtag, a link."""
    parts = [text]
    if rng.random() < habits.emoji:
        parts.append(_pick(EMOJI[mood], rng) * (1 + int(rng.random() * 1.3)))
    if rng.random() < habits.tag:
        parts.append(_pick(TAGS[lang], rng))
    if rng.random() < 0.03:
        parts.append(f"{_pick(PAGES, rng)}{int(rng.random() * 90_000) + 10_000}")
    return " ".join(parts)


def _pick(items: list[str] | tuple[str, ...], rng: np.random.Generator) -> str:
    return items[int(rng.random() * len(items))]
