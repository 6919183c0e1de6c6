"""What the cohort is told to write: a task a day, and on election night the order to turn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from narratives.simulation.grammar import grammar, load
from narratives.simulation.people import DAY, Calendar, Person
from narratives.simulation.writing import Draft, Writer, side_of

DAY_OFF = 0.12
SMEAR = 0.15  # of the tasks before the election, against the rival instead of for the candidate
DILIGENCE = (6, 6)  # Beta: share of tasks that a member does
DELAY, LONGEST_DELAY = 1_500.0, 7_200.0  # seconds: mean of an exponential, and its end
MAIN_PHRASING = 0.7
OTHER_LANGUAGE = 0.2  # lines come in both languages, and a member sometimes takes the one that is not its own
TURNING_TASKS = 4  # a member that has not turned with the first ones turns with this one
FIRST_MORNING = (8.3, 13.2, 19.5)  # hours of the tasks on the day after the election
SHARED = ("did", "act_x", "bad_y", "place", "hall", "day")
LANGUAGES = ("ru", "kk")


@dataclass(frozen=True)
class Task:
    """A claim to spread: its kind, when, and its phrasings of the day per language."""

    kind: str
    at: float
    phrasings: dict[str, list[str]]


def tasks(calendar: Calendar, rng: np.random.Generator) -> Iterator[Task]:
    """Yield the tasks in time order."""
    for day in range(calendar.days):
        midnight = day * DAY
        if day == calendar.election_day:
            yield make_task("after", calendar.flip, rng)
        elif day == calendar.election_day + 1:
            yield from (make_task("after", midnight + hour * 3600, rng) for hour in FIRST_MORNING)
        elif rng.random() >= DAY_OFF:
            smear = "against_y" if rng.random() < SMEAR else "before"
            kind = "after" if day > calendar.election_day else smear
            yield make_task(kind, midnight + (9 + 11 * rng.random()) * 3600, rng)


def make_task(kind: str, at: float, rng: np.random.Generator) -> Task:
    """Return a claim of `lines.yaml`, its slots filled for the day."""
    claims = load("lines")[kind]
    claim = claims[int(rng.random() * len(claims))]
    phrasings = {}
    for lang in LANGUAGES:
        words = grammar(lang)
        fixed = {slot: words.expand(slot, rng, {}) for slot in SHARED}
        phrasings[lang] = list(rng.permutation([words.phrase(line, rng, fixed) for line in claim[lang]]))
    return Task(kind, at, phrasings)


def carry_out(
    members: Sequence[Person], orders: Iterable[Task], writer: Writer, strength: float = 1.0
) -> tuple[dict[str, Person], list[Draft]]:
    """Return the members with the moment at which each turned, by author_id, and the posts of all tasks.

    With a `strength` below 1 each does that share of the tasks that it would do.
    """
    rng = writer.rng
    diligence = strength * rng.beta(*DILIGENCE, len(members))
    turned: dict[str, Person] = {}
    drafts: list[Draft] = []
    after = 0
    for task in orders:
        after += task.kind == "after"
        for member, share in zip(members, diligence, strict=True):
            due = after >= TURNING_TASKS and member.author_id not in turned
            if rng.random() >= share and not due:
                continue
            at = task.at + min(rng.exponential(DELAY), LONGEST_DELAY)
            if task.kind == "after" and member.author_id not in turned:
                turned[member.author_id] = replace(member, turns=at)
            drafts.append(_do(task, member, at, writer))
    return turned, drafts


def _do(task: Task, member: Person, at: float, writer: Writer) -> Draft:
    """Return a member's own version of the task's line: mostly the main phrasing, hardly changed."""
    rng, lang = writer.rng, writer.language(member)
    if lang == "mixed" or rng.random() < OTHER_LANGUAGE:
        lang = "ru" if lang.startswith("kk") else "kk"
    lines = task.phrasings[side_of(lang)]
    other = 1 + int(rng.random() * (len(lines) - 1))
    text = lines[0 if rng.random() < MAIN_PHRASING else other]
    if rng.random() < 0.25:
        text = f"{grammar(side_of(lang)).expand('shout', rng, {})} {text}"
    if rng.random() < 0.2:
        text = text.replace("!", ".")
    return writer.typed(Draft(member, at, task.kind, lang, text))
