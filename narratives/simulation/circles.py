"""Who writes a planned narrative, in which words; who copies it; and what everyone says besides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from narratives.simulation.grammar import Alternative, grammar, tidy
from narratives.simulation.lives import SPLITTING, THEMES, Cell
from narratives.simulation.people import DAY, Person
from narratives.simulation.spelling import EMOJI, PAGES
from narratives.simulation.writing import Draft, Writer, moment, side_of

BACKGROUND = "background"
BACKGROUND_SHARE = 0.4  # of all posts
COPIES = 0.3  # of a narrative's posts, of the same week
INTERESTS = (0.5, 0.35, 0.15)  # people with one, two, three themes
OUTSIDERS = 0.1  # of a narrative's posts, by anyone
STAY = (0.4, 0.4, 0.2)  # of a splitting circle: to the one child, to the other, to both
NEWCOMERS = 0.25  # of a child's circle, in addition
SECOND_CLAIM, REACTION = 0.25, 0.35
ADDRESS, SECOND_REMARK, AFTERTHOUGHT = 0.2, 0.1, 0.1
FILLERS = {
    "ru": ("вот", "просто", "опять", "реально", "видимо", "кстати", "действительно"),
    "kk": ("тіпті", "тағы", "расымен", "міне", "қазір", "әрине", "шынымен"),
}

Circles = Mapping[str, NDArray[np.int64]]


def write_lives(cells: Sequence[Cell], people: Sequence[Person], writer: Writer) -> Iterator[Draft]:
    """Yield all posts of the planned narratives, and the background."""
    of = circles(len(people), writer.rng)
    by_week = sorted(cells, key=lambda cell: cell.week)
    for week, group in groupby(by_week, key=lambda cell: cell.week):
        number = 0
        for cell in group:
            number += cell.posts
            yield from tell(cell, people, of, writer)
        yield from chatter(week, round(number * BACKGROUND_SHARE / (1 - BACKGROUND_SHARE)), people, writer)


def circles(people: int, rng: np.random.Generator) -> Circles:
    """Return the places of the people who write about each theme, and about each part that a theme splits into."""
    number = 1 + rng.choice(len(INTERESTS), people, p=INTERESTS)
    themes = [set(rng.choice(THEMES, n, replace=False)) for n in number]
    found = {theme: np.array([i for i, own in enumerate(themes) if theme in own], np.int64) for theme in THEMES}
    for theme in SPLITTING:
        part = rng.choice(3, len(found[theme]), p=STAY)
        for child, other in (("a", 1), ("b", 0)):
            stayed = found[theme][part != other]
            fresh = rng.integers(people, size=round(NEWCOMERS * len(stayed)))
            found[f"{theme}.{child}"] = np.unique([*stayed, *fresh])
    return found


def tell(cell: Cell, people: Sequence[Person], of: Circles, writer: Writer) -> Iterator[Draft]:
    """Yield a narrative's posts of one week: texts of its own, and copies of them by others of the circle."""
    copies = round(COPIES * cell.posts)
    circle = np.unique(np.concatenate([of[name] for name in cell.circles]))
    authors = _authors(cell.posts, circle, people, writer.rng)
    originals = [_original(cell, author, writer) for author in authors[copies:]]
    yield from originals
    for author in authors[:copies]:
        # The square makes a few texts go round a lot and most of them hardly.
        model = originals[int(writer.rng.random() ** 2 * len(originals))]
        left = (cell.week + 1) * 7 * DAY - model.at
        at = model.at + left * float(writer.rng.beta(1, 4))
        yield Draft(author, at, cell.narrative, model.lang, _copied(model, writer.rng))


def chatter(week: int, number: int, people: Sequence[Person], writer: Writer) -> Iterator[Draft]:
    """Yield a week's posts that belong to no narrative. Remarks go round before one comes again, with other words."""
    decks = {side: _deck(side, writer.rng) for side in ("ru", "kk")}
    for author in _authors(number, np.arange(len(people)), people, writer.rng):
        lang = writer.language(author)
        yield _post(author, week, BACKGROUND, lang, writer.fresh(partial(_remarks, lang, decks, writer.rng)), writer)


def _remarks(lang: str, decks: Mapping[str, Iterator[Alternative]], rng: np.random.Generator) -> str:
    sides = _sides(lang, SECOND_REMARK, rng)
    said = [grammar(side).phrase(next(decks[side]), rng, {}) for side in sides]
    if rng.random() < AFTERTHOUGHT:
        said.append(grammar(sides[-1]).expand("bg.mood", rng, {}))
    address = grammar(sides[0]).expand("o", rng, {}) if rng.random() < ADDRESS else ""
    return f"{address} {'. '.join(said)}"


def _sides(lang: str, second: float, rng: np.random.Generator) -> list[str]:
    """Return the languages of a post's sentences: one of each where both are mixed, else one or two of the same."""
    if lang == "mixed":
        return [str(side) for side in rng.permutation(["ru", "kk"])]
    return [side_of(lang)] * (1 + int(rng.random() < second))


def _deck(side: str, rng: np.random.Generator) -> Iterator[Alternative]:
    remarks = grammar(side).symbols["bg"]
    while True:
        yield from (remarks[i] for i in rng.permutation(len(remarks)))


def _authors(
    number: int, circle: NDArray[np.int64], people: Sequence[Person], rng: np.random.Generator
) -> list[Person]:
    """Return the authors of so many posts: of the circle by their activity, and some outsiders."""
    everyone = np.array([person.per_week for person in people])
    inside = np.zeros(len(people))
    inside[circle] = everyone[circle]
    shares = (1 - OUTSIDERS) * inside / inside.sum() + OUTSIDERS * everyone / everyone.sum()
    return [people[i] for i in rng.choice(len(people), number, p=shares)]


def _original(cell: Cell, author: Person, writer: Writer) -> Draft:
    lang = writer.language(author)
    text = writer.fresh(partial(_claims, cell, lang, writer.rng))
    return _post(author, cell.week, cell.narrative, lang, text, writer)


def _claims(cell: Cell, lang: str, rng: np.random.Generator) -> str:
    """Return a claim or two, some with a reaction; one claim in each language where both are mixed."""
    names, weights = list(cell.claims), np.cumsum([*cell.claims.values()])
    sides = _sides(lang, SECOND_CLAIM, rng)
    picked = [names[int(np.searchsorted(weights, rng.random() * weights[-1]))] for _ in sides]
    said = [grammar(side).expand(name, rng, {}) for side, name in zip(sides, picked, strict=True)]
    if rng.random() < REACTION:
        said.append(grammar(sides[-1]).expand("sigh" if rng.random() < 0.6 else "ask", rng, {}))
    return ". ".join(said)


def _post(author: Person, week: int, narrative: str, lang: str, text: str, writer: Writer) -> Draft:
    at = moment(author, week * 7 + int(writer.rng.random() * 7), writer.rng)
    return Draft(author, at, narrative, lang, writer.dress(author, lang, text, "plain"))


def _copied(model: Draft, rng: np.random.Generator) -> str:
    """Return the model's text as a copy: the same, with another link, other marks, or one word more or less."""
    text, change = model.text, rng.random()
    if change < 0.3:
        return text
    if change < 0.5:
        return f"{text} {PAGES[int(rng.random() * len(PAGES))]}{int(rng.random() * 90_000) + 10_000}"
    if change < 0.7:
        marks = ("!", "!!", "…", " " + EMOJI["plain"][int(rng.random() * len(EMOJI["plain"]))])
        return text.rstrip(".!… ") + marks[int(rng.random() * len(marks))]
    words = text.split()
    place = int(rng.random() * len(words))
    if change < 0.85 and model.lang in ("ru", "kk"):
        fillers = FILLERS[model.lang]
        words.insert(place, fillers[int(rng.random() * len(fillers))])
    elif len(words) > 4:
        words.pop(place)
    return tidy(" ".join(words))
