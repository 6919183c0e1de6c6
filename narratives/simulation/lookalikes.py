"""Company that only looks as if it were on orders: what honest people do together, or have done to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from narratives.simulation.people import DAY, Calendar, Person
from narratives.simulation.spelling import PAGES
from narratives.simulation.writing import Draft, Writer, moment

ROLES = {"fan": 14, "editor": 5, "loud": 1}  # accounts
HOUR, MINUTE = 3_600.0, 60.0
FAN, FAN_DELAY = 0.4, 5 * HOUR  # chance that a fan takes over a post of its idol, and the mean time until then
HEADLINES, EDITOR, EDITOR_DELAY = 3, 0.8, 4 * MINUTE  # a day; and the same of an editor
LOUD = 25  # posts a day
ROUND, ROUND_SHARE = 4, 0.3  # texts that go round within a day, and who takes part
NEWS_DAYS, NEWS_SHARE = (10, 12), 0.5  # after the election: everybody hears of a scandal
FEAST, FEAST_OFF = (-20, -18), 0.7  # days of a feast, and the share of posts that are not written then
OUTAGE, OUTAGE_HOURS, OUTAGE_PLATFORM = 18, (10, 20), "vk"


def company(persons: Sequence[Person], calendar: Calendar, writer: Writer) -> Iterator[Draft]:
    """Yield the posts of a fan club, a newsroom and a loud account, of texts that go round, and of a scandal."""
    of = {role: [person for person in persons if person.role == role] for role in (*ROLES, "supporter")}
    idol = max(of["supporter"], key=lambda person: (person.per_week, person.author_id))
    for day in range(calendar.days):
        yield from _taken_over(writer.write(idol, moment(idol, day, writer.rng), "praise"), of["fan"], writer)
        for number in range(HEADLINES):
            yield from _headline(of["editor"], day, number, writer)
        for loud in of["loud"]:
            for _ in range(LOUD):
                kind = "praise" if writer.rng.random() < 0.7 else "doubt_y"
                yield writer.write(loud, moment(loud, day, writer.rng), kind)
    yield from _going_round(persons, calendar, writer)
    yield from _scandal(persons, calendar, writer)


def present(draft: Draft, calendar: Calendar, rng: np.random.Generator) -> bool:
    """Return whether a post is written in spite of the feast and of the outage of a platform."""
    day = draft.at / DAY - calendar.election_day
    hour = draft.at % DAY / HOUR
    out = OUTAGE <= day < OUTAGE + 1 and OUTAGE_HOURS[0] <= hour < OUTAGE_HOURS[1]
    feast = FEAST[0] <= day < FEAST[1] and rng.random() < FEAST_OFF
    return not (feast or (out and draft.person.platform == OUTAGE_PLATFORM))


def _taken_over(post: Draft, fans: Sequence[Person], writer: Writer) -> Iterator[Draft]:
    yield post
    for fan in fans:
        if writer.rng.random() < FAN:
            yield replace(post, person=fan, at=post.at + writer.rng.exponential(FAN_DELAY))


def _headline(editors: Sequence[Person], day: int, number: int, writer: Writer) -> Iterator[Draft]:
    """Yield a headline with a link to the newsroom's own page, by whoever has it first and then by the others."""
    rng = writer.rng
    first, *others = (editors[i] for i in rng.permutation(len(editors)))
    kind = ("news_x", "news_y", "news_xy", "weather")[int(rng.random() * 4)]
    post = writer.write(first, moment(first, day, rng), kind)
    post = replace(post, text=f"{post.text} {PAGES[0]}{day}-{number}")
    yield post
    for editor in others:
        if rng.random() < EDITOR:
            yield replace(post, person=editor, at=post.at + rng.exponential(EDITOR_DELAY))


def _going_round(persons: Sequence[Person], calendar: Calendar, writer: Writer) -> Iterator[Draft]:
    """Yield texts that many take over within a day, some with a link and some without."""
    rng = writer.rng
    for number in range(ROUND):
        first = persons[int(rng.random() * len(persons))]
        post = writer.write(first, moment(first, int(rng.random() * calendar.days), rng), "protest")
        if number % 2:
            post = replace(post, text=f"{post.text} {PAGES[1]}{number}")
        yield post
        for person in persons:
            if rng.random() < ROUND_SHARE and person is not first:
                yield replace(post, person=person, at=post.at + DAY * rng.beta(1, 4))


def _scandal(persons: Sequence[Person], calendar: Calendar, writer: Writer) -> Iterator[Draft]:
    """Yield what people say of the candidate when all hear the same of him."""
    rng = writer.rng
    for person in persons:
        if rng.random() < NEWS_SHARE:
            for _ in range(1 + rng.poisson(1)):
                day = calendar.election_day + int(rng.integers(NEWS_DAYS[0], NEWS_DAYS[1] + 1))
                yield writer.write(person, moment(person, day, rng), "traitor")
