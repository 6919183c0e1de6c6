"""What people write of their own accord: when, about what, in which words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from narratives.simulation.grammar import grammar, load, tidy
from narratives.simulation.people import DAY, Calendar, Person
from narratives.simulation.spelling import decorate, sloppy, spell
from narratives.text import words

# Posts per hour of the day in Almaty, midnight first.
HOURS = np.array([3, 1.5, 1, 0.5, 0.5, 0.8, 2, 4, 6, 7, 7, 6.5, 7, 8, 7, 6, 6, 6.5, 7.5, 9, 10, 10.5, 9, 6])
JOKES = 0.006
TRIES = 6
MOODS = {"favor": "glad", "against": "angry"}


@dataclass(frozen=True)
class Draft:
    """A post before it has an id; `at` is local seconds since the corpus's first midnight, `to` what it answers."""

    person: Person
    at: float
    kind: str
    lang: str
    text: str
    to: Draft | None = None


class Writer:
    """Writes texts and remembers them, so that nobody repeats by chance what was said before."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self._said: set[int] = set()

    def language(self, person: Person) -> str:
        """Return the language of the person's next post."""
        languages = list(person.languages)
        at = np.searchsorted(np.cumsum(list(person.languages.values())), self.rng.random())
        return languages[min(int(at), len(languages) - 1)]

    def write(self, person: Person, at: float, kind: str) -> Draft:
        """Return a post of one's own words on `kind`, in one of the person's languages."""
        lang = self.language(person)
        if kind not in grammar(side_of(lang)):
            lang = "kk"
        fixed = {"a": "а" if person.woman else ""}

        def make() -> str:
            return grammar(side_of(lang)).expand(kind, self.rng, fixed)

        return self.typed(Draft(person, at, kind, lang, make() if kind == "jokes" else self.fresh(make)))

    def fresh(self, make: Callable[[], str]) -> str:
        """Return a text of `make` that is no near copy of an earlier one, if it makes one in a few tries."""
        for _ in range(TRIES):
            text = make()
            keys = close_keys(text)
            if self._said.isdisjoint(keys):
                break
        self._said |= keys
        return text

    def typed(self, draft: Draft) -> Draft:
        """Return the draft as its person would type it."""
        stances = [value for key, value in load("world")["kinds"][draft.kind].items() if key != "narrative"]
        mood = MOODS.get(stances[0], "plain") if stances and draft.kind != "irony" else "plain"
        return replace(draft, text=self.dress(draft.person, draft.lang, draft.text, mood))

    def dress(self, person: Person, lang: str, text: str, mood: str) -> str:
        """Return `text` in the person's spelling, with its slips and ornaments."""
        text = sloppy(spell(tidy(text), lang, person.habits, self.rng), person.habits, self.rng)
        return decorate(text, lang, mood, person.habits, self.rng)


def close_keys(text: str) -> set[int]:
    """Return numbers of which two texts share one if they differ by a word (put in, left out or exchanged).

    They are hashes of the text without one of its words, for each of them and for none (Mor & Fraenkel 1982).
    """
    parts = words(text)
    kept = [parts, *(parts[:i] + parts[i + 1 :] for i in range(len(parts)))]
    return {crc32(" ".join(rest).encode()) for rest in kept}


def side_of(lang: str) -> str:
    """Return the grammar that texts in `lang` are made from."""
    return "kk" if lang.startswith("kk") else lang


def diary(person: Person, calendar: Calendar, writer: Writer) -> Iterator[Draft]:
    """Yield everything that a person writes unprompted."""
    rng = writer.rng
    for _ in range(int(rng.poisson(person.per_week * calendar.days / 7))):
        at = moment(person, int(rng.random() * calendar.days), rng)
        yield writer.write(person, at, _kind(person, at, calendar, rng))


def moment(person: Person, day: int, rng: np.random.Generator) -> float:
    """Return a second of that day at which the person may well be awake."""
    hours = np.cumsum(np.roll(HOURS, round(person.hour_shift))) / HOURS.sum()
    return float(day * DAY + 3600 * (np.searchsorted(hours, rng.random()) + rng.random()))


def _kind(person: Person, at: float, calendar: Calendar, rng: np.random.Generator) -> str:
    if rng.random() < JOKES:
        return "jokes"
    nearness = np.exp(-abs(at / DAY - calendar.election_day) / 10)
    if rng.random() < person.political * (0.7 + 0.9 * nearness):
        names, shares = _mix(person.side(at, calendar.flip))
    else:
        names, shares = list(load("world")["everyday"]), person.interests
    return names[min(int(np.searchsorted(shares, rng.random())), len(names) - 1)]


@cache
def _mix(side: str) -> tuple[list[str], NDArray[np.float64]]:
    weights = load("world")["sides"][side]
    shares = np.cumsum(list(weights.values()))
    return list(weights), shares / shares[-1]
