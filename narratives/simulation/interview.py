"""What the interview told of: groups of accounts on orders, amid people who speak of the same matters."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any
from zlib import crc32

import numpy as np

from narratives.errors import ConfigError, nearest
from narratives.simulation.campaign import Task, carry_out, make_task
from narratives.simulation.grammar import load
from narratives.simulation.people import DAY, Calendar, Person
from narratives.simulation.writing import Draft, Writer, moment, side_of

GROUPS = {"cohort": "K1", "rivals": "K2", "fresh": "K3"}  # by role
HOURS = (9, 21)  # of the day in which tasks are given
QUICK, SLOW = 2_400.0, 10_800.0  # seconds: mean time until an insult, and until its answer
ANSWERED = 0.6  # of the insults, by the victim
CRITICISM = 1.6  # posts a day of the victim on its topic
CRITICAL = (-20, 45)  # days in which it writes them


def plan_of(only: Collection[str] = (), strength: float = 1.0) -> dict[str, Any]:
    """Return the plan, or what of it serves the findings `only`, carried out with a `strength` in (0, 1].

    Raises
    ------
    ConfigError
        If there is no finding of such a name.
    """
    plan = load("interview")
    names = [row["name"] for row in plan["findings"]]
    for name in only:
        if name not in names:
            raise ConfigError(f"the interview tells of no '{name}'; {', '.join(names)}.{nearest(name, names)}")
    wanted = set(only) or set(names)
    chosen: dict[str, Any] = plan | {
        "strength": strength,
        "orders": [order for order in plan["orders"] if wanted & set(order["for"])],
        "findings": [row for row in plan["findings"] if wanted & {row["name"], *row.get("with", ())}],
        "incidental": [row for row in plan["incidental"] if wanted & set(row["with"])],
    } | {name: plan[name] if name in wanted else None for name in ("pile_on", "silence")}  # fmt: skip
    return chosen


def orders(plan: dict[str, Any], group: str, calendar: Calendar, rng: np.random.Generator) -> list[Task]:
    """Return a group's tasks in time order."""
    tasks = []
    for order in plan["orders"]:
        day = float(order["from"])
        while order["group"] == group and day <= order["to"]:
            whole = int(np.floor(calendar.election_day + day))
            hour = HOURS[0] + (HOURS[1] - HOURS[0]) * float(rng.random())
            tasks.append(make_task(order["kind"], whole * DAY + hour * 3600, rng))
            day += order["every"] * float(rng.uniform(0.6, 1.4))
    if group == "K1" and any(task.kind == "after" for task in tasks):
        tasks.append(make_task("after", calendar.flip, rng))
    return sorted(tasks, key=lambda task: task.at)


def interview(
    plan: dict[str, Any], persons: Sequence[Person], calendar: Calendar, writer: Writer
) -> tuple[dict[str, Person], list[Draft]]:
    """Return the members that turned, by author_id, and all posts but the diaries."""
    turned: dict[str, Person] = {}
    drafts: list[Draft] = []
    for role, group in GROUPS.items():
        members = [person for person in persons if person.role == role]
        turns, posts = carry_out(members, orders(plan, group, calendar, writer.rng), writer, plan["strength"])
        turned |= turns if role == "cohort" else {}
        drafts += [_late(draft, plan["lags"]) for draft in posts] if role == "cohort" else posts
    honest = [person for person in persons if person.role not in GROUPS]
    drafts += [draft for matter in plan["talk"] for draft in _talk(matter, honest, calendar, writer)]
    if plan["pile_on"]:
        drafts += _pile_on(plan, persons, calendar, writer)
    return turned, drafts


def silent(plan: dict[str, Any], draft: Draft, calendar: Calendar) -> bool:
    """Return whether a post falls into the time in which its group is silent, and its author obeys."""
    order = plan["silence"]
    if order is None or GROUPS.get(draft.person.role) != order["group"]:
        return False
    day = draft.at / DAY - calendar.election_day
    obeys = crc32(draft.person.author_id.encode()) / 2**32 < plan["strength"]
    return obeys and bool(order["from"] <= day < order["to"])


def _late(draft: Draft, lags: dict[str, int]) -> Draft:
    return replace(draft, at=draft.at + lags[draft.person.platform])


def _talk(matter: dict[str, Any], people: Sequence[Person], calendar: Calendar, writer: Writer) -> Iterator[Draft]:
    """Yield what people say of a matter, the busier the more."""
    rng = writer.rng
    first = max(0, calendar.election_day + int(matter.get("from", -calendar.days)))
    last = min(calendar.days, calendar.election_day + int(matter.get("to", calendar.days)))
    typical = float(np.median([person.per_week for person in people]))
    for person in people:
        rate = matter["weekly"] * min(person.per_week / typical, 4.0)
        for _ in range(int(rng.poisson(rate * (last - first) / 7))):
            at = moment(person, first + int(rng.random() * (last - first)), rng)
            yield writer.write(person, at, matter["kind"])


def _pile_on(plan: dict[str, Any], persons: Sequence[Person], calendar: Calendar, writer: Writer) -> Iterator[Draft]:
    """Yield the critic's posts, the insults under them, and its answers, which take the place of its topic."""
    rng, order = writer.rng, plan["pile_on"]
    critics = [person for person in persons if person.role == "opponent"]
    victim = min(critics, key=lambda person: (abs(person.per_week - 7), person.author_id))
    start = (calendar.election_day + order["at"]) * DAY
    end = start + order["hours"] * 3600
    posts = []
    for day in range(*CRITICAL):
        for _ in range(int(rng.poisson(CRITICISM))):
            at = moment(victim, calendar.election_day + day, rng)
            if not start + 7_200 <= at < end + DAY:
                posts.append(writer.write(victim, at, "talk_tariff"))
    yield from posts
    under = [post for post in posts if start - 2 * DAY <= post.at < start + 7_200]
    for member in [person for person in persons if GROUPS.get(person.role) == order["group"]]:
        for _ in range(int((1 + rng.poisson(order["replies"] - 1)) * plan["strength"])):
            to = under[int(rng.random() * len(under))]
            at = max(to.at, start) + rng.random() * (end - start) * 0.6 + rng.exponential(QUICK)
            insult = _said("insult", "insults", member, at, writer, to)
            yield insult
            if rng.random() < ANSWERED:
                yield _said("answer", "answers", victim, at + 60 + rng.exponential(SLOW), writer, insult)


def _said(kind: str, phrases: str, person: Person, at: float, writer: Writer, to: Draft) -> Draft:
    lang = writer.language(person)
    lang = "ru" if lang == "mixed" else lang
    choices = load("interview")[phrases][side_of(lang)]
    text = choices[int(writer.rng.random() * len(choices))]
    return replace(writer.typed(Draft(person, float(at), kind, lang, text)), to=to)
