"""A whole corpus with planted truth: people, their posts, a study that fits it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from narratives.errors import ConfigError, nearest
from narratives.simulation.campaign import carry_out, tasks
from narratives.simulation.circles import write_lives
from narratives.simulation.grammar import load
from narratives.simulation.interview import GROUPS, interview, plan_of, silent
from narratives.simulation.lives import LEAST_WEEKS, Event
from narratives.simulation.lives import plan as plan_lives
from narratives.simulation.lookalikes import ROLES as LOOKALIKES
from narratives.simulation.lookalikes import company, present
from narratives.simulation.people import DAY, Calendar, Person, people, profiles
from narratives.simulation.threads import answers, reposts
from narratives.simulation.writing import Draft, Writer, diary

SIZES = {
    "reversal": (240, 10),
    "honest": (240, 10),
    "interview": (320, 18),
    "lives": (600, 12),
}  # accounts and weeks, if not given
SCENARIOS = tuple(SIZES)
ELECTION = pd.Timestamp("2025-09-14")
MONDAY = pd.Timestamp("2025-03-03")  # when lives begin
CHANGERS, SUPPORTERS, OPPONENTS = 0.05, 0.25, 0.3  # the first of all accounts, the others of the rest
TARGETS = {
    "X": "zhasanov", "Y": "kordabaev", "C": "council", "F": "sarymoldin", "P": "alan", "D": "qalazhylu", "V": "voting",
}  # fmt: skip
RIVALS, FRESH = 12, 16  # accounts of the interview's other groups
INTERVIEW_WEEKS = 18
VERDICT = "coordinated reversal"


@dataclass(frozen=True)
class Corpus:
    """Posts with what was planted in them.

    Attributes
    ----------
    posts
        post_id, author_id, created_at (UTC), text, platform, reply_to, repost_of; in time order.
    accounts
        author_id, created_at, followers, following, posts_total, has_photo, has_bio.
    truth_posts
        post_id, narrative, lang, target_id, stance: one row per target of a post; no target_id where it has none.
    truth_accounts
        author_id, role (cohort, changer, supporter, opponent, neutral and others of a scenario), cohort_id, turned_at
        (UTC).
    truth_findings
        kind, target_id, cohort_id, date (median moment at which its members turned), verdict, incidental (what was
        planted makes this finding as well: it is true, but need not be found).
    truth_events
        kind (birth, growth, shrinkage, split, merge, death, revival), window_id (week, the first that shows it), date
        (its first day), sources, targets: narratives before and after, joined by `|`. Only `lives` has rows.
    study
        A valid study of it, with paths relative to the folder that `write` fills.
    """

    posts: pd.DataFrame
    accounts: pd.DataFrame
    truth_posts: pd.DataFrame
    truth_accounts: pd.DataFrame
    truth_findings: pd.DataFrame
    truth_events: pd.DataFrame
    study: dict[str, Any]

    def write(self, folder: str | Path) -> Path:
        """Write posts.csv, accounts.csv, study.yaml and truth/*.csv into `folder`, and return it."""
        folder = Path(folder)
        (folder / "truth").mkdir(parents=True, exist_ok=True)
        self.posts.to_csv(folder / "posts.csv", index=False)
        self.accounts.to_csv(folder / "accounts.csv", index=False)
        for name in ("posts", "accounts", "findings", "events"):
            getattr(self, f"truth_{name}").to_csv(folder / "truth" / f"{name}.csv", index=False)
        text = yaml.safe_dump(self.study, allow_unicode=True, sort_keys=False)
        (folder / "study.yaml").write_text(text, encoding="utf-8")
        return folder


def simulate(  # noqa: PLR0913 - what a corpus is made of
    scenario: str = "reversal",
    *,
    accounts: int | None = None,
    cohort: int = 24,
    weeks: int | None = None,
    lookalikes: bool = False,
    only: Collection[str] = (),
    strength: float = 1.0,
    seed: int = 0,
) -> Corpus:
    """Make a corpus in Russian and Kazakh about invented people and matters.

    Parameters
    ----------
    scenario
        ``reversal``: a cohort praises candidate X and turns on him together on election night (a Sunday in the
        middle). ``honest``: no cohort; as many more people change their mind, each on a day of their own.
        ``interview``: all that the interview tells of, by three groups (`data/simulate/interview.yaml`). ``lives``:
        local matters that are born, grow, shrink, split, merge, pause, drift and die (`simulation.lives` says how),
        amid posts that belong to none.
    accounts, cohort, weeks
        Size: 240 accounts and 10 weeks if not given, in ``interview`` 320 and 18, in ``lives`` 600 and 12. `cohort`
        accounts are among `accounts`; ``lives`` has no cohort, and its number of posts does not depend on the accounts.
    lookalikes
        Add what only looks coordinated: a fan club, a newsroom, a loud account, texts that go round, a scandal that
        turns everybody, a feast and the outage of a platform (`simulation.lookalikes`). Not for ``lives``.
    only
        Of ``interview``, what to plant by the names of the detectors, as in ``("revival", "pile_on")``; all if empty.
        What comes along with it, as the spread of lines over platforms, is in the truth too.
    strength
        Of ``interview``: the share in (0, 1] of its tasks that a member does, of the plan's.
    seed
        The same seed gives the same corpus.

    Raises
    ------
    ConfigError
        If the scenario is unknown or has no lookalikes, `only` names nothing that it plants, the accounts are too few
        for the cohort, or the weeks too few.
    """
    if scenario not in SCENARIOS:
        raise ConfigError(
            f"there is no scenario '{scenario}'; there are {', '.join(SCENARIOS)}.{nearest(scenario, SCENARIOS)}"
        )
    if only and scenario != "interview":
        raise ConfigError(f"`only` chooses among what the interview tells of; the scenario is '{scenario}'.")
    usual_accounts, usual_weeks = SIZES[scenario]
    accounts, weeks = accounts or usual_accounts, weeks or usual_weeks
    rngs = np.random.default_rng(seed).spawn(3)
    if scenario == "lives":
        if lookalikes:
            raise ConfigError("lookalikes go with an election, and the scenario 'lives' has none.")
        return _lives(accounts, weeks, rngs)
    if scenario == "interview" and weeks < INTERVIEW_WEEKS:
        raise ConfigError(f"{weeks} weeks are too few for the interview: take {INTERVIEW_WEEKS} or more.")
    roles = _roles(scenario, accounts, cohort, LOOKALIKES if lookalikes else {})
    plan = plan_of(only, strength) if scenario == "interview" else None
    return _election(plan, roles, weeks, rngs)


def _election(
    plan: dict[str, Any] | None, roles: dict[str, int], weeks: int, rngs: Sequence[np.random.Generator]
) -> Corpus:
    who, what, thread = rngs
    calendar = Calendar(ELECTION - pd.Timedelta(days=weeks // 2 * 7 - 1), weeks * 7)
    persons = people(roles, calendar, who)
    writer = Writer(what)
    if plan is not None:
        turned, drafts = interview(plan, persons, calendar, writer)
    else:
        members = [person for person in persons if person.role == "cohort"]
        turned, drafts = carry_out(members, tasks(calendar, what), writer)
    persons = [turned.get(person.author_id, person) for person in persons]
    for person in persons:
        drafts += diary(person, calendar, writer)
    if roles.keys() >= LOOKALIKES.keys():
        drafts += company(persons, calendar, writer)
        drafts = [draft for draft in drafts if present(draft, calendar, what)]
    if plan is not None:
        drafts = [draft for draft in drafts if not silent(plan, draft, calendar)]
    ordered = _in_order(drafts, calendar)
    drafts, repeated = reposts(ordered, thread)
    replies = answers(drafts, repeated, thread) | _asked(ordered)
    kinds = load("world")["kinds"]
    truth = [_stances(kinds[draft.kind]) for draft in drafts]
    return Corpus(
        _posts(drafts, calendar, replies, repeated),
        profiles(persons, calendar, thread),
        _truth_posts(drafts, [kinds[draft.kind]["narrative"] for draft in drafts], truth),
        _truth_accounts(persons, calendar),
        _planned(plan, calendar) if plan is not None else _truth_findings(_truth_accounts(persons, calendar)),
        _truth_events([], calendar),
        _study(calendar, plan),
    )


def _asked(drafts: Sequence[Draft]) -> dict[int, int]:
    """Return which draft answers which by order of the plan."""
    place = {id(draft): i for i, draft in enumerate(drafts)}
    return {i: place[id(draft.to)] for i, draft in enumerate(drafts) if draft.to is not None and id(draft.to) in place}


def _lives(accounts: int, weeks: int, rngs: Sequence[np.random.Generator]) -> Corpus:
    if weeks < LEAST_WEEKS:
        raise ConfigError(f"{weeks} weeks are too few for the lives of narratives: take {LEAST_WEEKS} or more.")
    who, what, planned = rngs
    calendar = Calendar(MONDAY, weeks * 7)
    persons = people({"neutral": accounts}, calendar, who)
    cells, events = plan_lives(weeks, planned)
    drafts = _in_order(write_lives(cells, persons, Writer(what)), calendar)
    return Corpus(
        _posts(drafts, calendar, {}, {}),
        profiles(persons, calendar, planned),
        _truth_posts(drafts, [draft.kind for draft in drafts], [[(None, "none")]] * len(drafts)),
        _truth_accounts(persons, calendar),
        _truth_findings(_truth_accounts(persons, calendar)),
        _truth_events(events, calendar),
        _study_of_lives(calendar),
    )


def _in_order(drafts: Iterable[Draft], calendar: Calendar) -> list[Draft]:
    last = calendar.days * DAY
    return sorted((d for d in drafts if d.at < last), key=lambda d: (d.at, d.person.author_id, d.text))


def _roles(scenario: str, accounts: int, cohort: int, company: dict[str, int]) -> dict[str, int]:
    changers = max(1, round(CHANGERS * accounts))
    rest = accounts - cohort - changers
    if cohort < 0 or rest < accounts / 3:
        raise ConfigError(
            f"a cohort of {cohort} is too large for {accounts} accounts: take more accounts or a smaller cohort."
        )
    if scenario == "honest":
        changers, cohort = changers + cohort, 0
    rivals, fresh = (RIVALS, FRESH) if scenario == "interview" else (0, 0)
    rest -= rivals + fresh + sum(company.values())
    supporters, opponents = round(SUPPORTERS * rest), round(OPPONENTS * rest)
    return {
        "cohort": cohort, "changer": changers, "supporter": supporters, "opponent": opponents,
        "neutral": rest - supporters - opponents, "rivals": rivals, "fresh": fresh,
    } | company  # fmt: skip


def _ids(number: int) -> list[str]:
    return [f"p{i:07d}" for i in range(number)]


def _posts(
    drafts: Sequence[Draft], calendar: Calendar, replies: Mapping[int, int], repeated: Mapping[int, int]
) -> pd.DataFrame:
    ids = _ids(len(drafts))
    return pd.DataFrame(
        {
            "post_id": ids,
            "author_id": [draft.person.author_id for draft in drafts],
            "created_at": calendar.utc(np.array([draft.at for draft in drafts])),
            "text": [draft.text for draft in drafts],
            "platform": [draft.person.platform for draft in drafts],
            "reply_to": _links(ids, replies),
            "repost_of": _links(ids, repeated),
        }
    )


def _links(ids: Sequence[str], links: Mapping[int, int]) -> pd.Series:
    return pd.Series([ids[links[i]] if i in links else None for i in range(len(ids))], dtype="str")


def _truth_posts(
    drafts: Sequence[Draft], narratives: Sequence[str], stances: Sequence[list[tuple[str | None, str]]]
) -> pd.DataFrame:
    rows = [
        (post_id, narrative, draft.lang, target, stance)
        for post_id, draft, narrative, found in zip(_ids(len(drafts)), drafts, narratives, stances, strict=True)
        for target, stance in found
    ]
    return pd.DataFrame(rows, columns=["post_id", "narrative", "lang", "target_id", "stance"]).astype("str")


def _stances(kind: Mapping[str, str]) -> list[tuple[str | None, str]]:
    found: list[tuple[str | None, str]] = [(TARGETS[key], value) for key, value in kind.items() if key in TARGETS]
    return found or [(None, "none")]


def _truth_accounts(persons: Sequence[Person], calendar: Calendar) -> pd.DataFrame:
    turns = np.array([person.turns if np.isfinite(person.turns) else np.nan for person in persons])
    return pd.DataFrame(
        {
            "author_id": [person.author_id for person in persons],
            "role": [person.role for person in persons],
            "cohort_id": pd.Series([GROUPS.get(person.role) for person in persons], dtype="str"),
            "turned_at": calendar.utc(turns),
        }
    )


def _truth_findings(truth: pd.DataFrame) -> pd.DataFrame:
    members = truth[truth["role"] == "cohort"]
    dates = members.groupby("cohort_id")["turned_at"].median()
    return pd.DataFrame(
        {
            "kind": VERDICT, "target_id": TARGETS["X"], "cohort_id": dates.index.astype("str"),
            "date": dates.to_numpy(), "verdict": VERDICT, "incidental": False,
        }
    ).astype({"kind": "str", "target_id": "str", "verdict": "str", "date": "datetime64[us, UTC]"})  # fmt: skip


def _planned(plan: dict[str, Any], calendar: Calendar) -> pd.DataFrame:
    """Return the findings of the interview's plan."""
    rows = [
        (row["kind"], row.get("target"), row["group"], (calendar.election_day + row["day"]) * DAY, part == "incidental")
        for part in ("findings", "incidental")
        for row in plan[part]
    ]
    frame = pd.DataFrame(rows, columns=["kind", "target_id", "cohort_id", "date", "incidental"])
    frame["date"] = calendar.utc(frame["date"].to_numpy(float))
    return frame.assign(verdict=frame["kind"]).astype(
        dict.fromkeys(("kind", "target_id", "cohort_id", "verdict"), "str")
    )


def _truth_events(events: Sequence[Event], calendar: Calendar) -> pd.DataFrame:
    rows = [
        (
            event.kind,
            event.week,
            str((calendar.start + pd.Timedelta(weeks=event.week)).date()),
            "|".join(event.sources),
            "|".join(event.targets),
        )
        for event in events
    ]
    frame = pd.DataFrame(rows, columns=["kind", "window_id", "date", "sources", "targets"])
    return frame.astype({"window_id": "int64"} | dict.fromkeys(("kind", "date", "sources", "targets"), "str"))


def _study(calendar: Calendar, plan: dict[str, Any] | None) -> dict[str, Any]:
    election = calendar.start + pd.Timedelta(days=calendar.election_day)
    study = dict(load("study"))
    events: list[dict[str, Any]] = [
        {"name": "election", "date": election.date()},
        {"name": "debates", "date": (election - pd.Timedelta(days=9)).date()},
    ]
    if plan is not None:
        study["targets"] = study["targets"] + plan["targets"]
        events[0]["act"] = plan["act"]
        for event in plan["events"]:
            day = (election + pd.Timedelta(days=event["day"])).date()
            events.append({"date": day} | {key: value for key, value in event.items() if key != "day"})
    return study | {"events": events}


def _study_of_lives(calendar: Calendar) -> dict[str, Any]:
    study = {key: value for key, value in load("study").items() if key != "targets"}
    days = {"start": calendar.start, "end": calendar.start + pd.Timedelta(days=calendar.days)}
    return study | {"time": study["time"] | {name: day.date() for name, day in days.items()}}
