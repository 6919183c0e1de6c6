"""A whole corpus with planted truth: people, their posts, a study that fits it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from narratives.errors import ConfigError, nearest
from narratives.simulation.campaign import campaign
from narratives.simulation.grammar import load
from narratives.simulation.people import DAY, Calendar, Person, people, profiles
from narratives.simulation.threads import answers, reposts
from narratives.simulation.writing import Draft, Writer, diary

SCENARIOS = ("reversal", "honest")
ELECTION = pd.Timestamp("2025-09-14")
CHANGERS, SUPPORTERS, OPPONENTS = 0.05, 0.25, 0.3  # the first of all accounts, the others of the rest
TARGETS = {"X": "zhasanov", "Y": "kordabaev", "C": "council"}
COHORT = "K1"
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
        author_id, role (cohort, changer, supporter, opponent, neutral), cohort_id, turned_at (UTC).
    truth_findings
        kind, target_id, cohort_id, date (median moment at which its members turned), verdict.
    study
        A valid study of it, with paths relative to the folder that `write` fills.
    """

    posts: pd.DataFrame
    accounts: pd.DataFrame
    truth_posts: pd.DataFrame
    truth_accounts: pd.DataFrame
    truth_findings: pd.DataFrame
    study: dict[str, Any]

    def write(self, folder: str | Path) -> Path:
        """Write posts.csv, accounts.csv, study.yaml and truth/*.csv into `folder`, and return it."""
        folder = Path(folder)
        (folder / "truth").mkdir(parents=True, exist_ok=True)
        self.posts.to_csv(folder / "posts.csv", index=False)
        self.accounts.to_csv(folder / "accounts.csv", index=False)
        for name in ("posts", "accounts", "findings"):
            getattr(self, f"truth_{name}").to_csv(folder / "truth" / f"{name}.csv", index=False)
        text = yaml.safe_dump(self.study, allow_unicode=True, sort_keys=False)
        (folder / "study.yaml").write_text(text, encoding="utf-8")
        return folder


def simulate(
    scenario: str = "reversal", *, accounts: int = 240, cohort: int = 24, weeks: int = 10, seed: int = 0
) -> Corpus:
    """Make a corpus in Russian and Kazakh about an election among invented people.

    Parameters
    ----------
    scenario
        ``reversal``: a cohort praises candidate X and turns on him together on election night (a Sunday in the
        middle). ``honest``: no cohort; as many more people change their mind, each on a day of their own.
    accounts, cohort, weeks
        Size. `cohort` accounts are among `accounts`.
    seed
        The same seed gives the same corpus.

    Raises
    ------
    ConfigError
        If the scenario is unknown, or the accounts are too few for the cohort.
    """
    roles = _roles(scenario, accounts, cohort)
    calendar = Calendar(ELECTION - pd.Timedelta(days=weeks // 2 * 7 - 1), weeks * 7)
    who, what, thread = np.random.default_rng(seed).spawn(3)
    persons = people(roles, calendar, who)
    writer = Writer(what)
    turned, drafts = campaign([person for person in persons if person.role == "cohort"], calendar, writer)
    persons = [turned.get(person.author_id, person) for person in persons]
    for person in persons:
        drafts += diary(person, calendar, writer)
    last = calendar.days * DAY
    drafts = sorted((d for d in drafts if d.at < last), key=lambda d: (d.at, d.person.author_id, d.text))
    drafts, repeated = reposts(drafts, thread)
    return _corpus(drafts, persons, calendar, repeated, thread)


def _roles(scenario: str, accounts: int, cohort: int) -> dict[str, int]:
    if scenario not in SCENARIOS:
        raise ConfigError(
            f"there is no scenario '{scenario}'; there are {', '.join(SCENARIOS)}.{nearest(scenario, SCENARIOS)}"
        )
    changers = max(1, round(CHANGERS * accounts))
    rest = accounts - cohort - changers
    if cohort < 0 or rest < accounts / 3:
        raise ConfigError(
            f"a cohort of {cohort} is too large for {accounts} accounts: take more accounts or a smaller cohort."
        )
    if scenario == "honest":
        changers, cohort = changers + cohort, 0
    supporters, opponents = round(SUPPORTERS * rest), round(OPPONENTS * rest)
    return {
        "cohort": cohort, "changer": changers, "supporter": supporters, "opponent": opponents,
        "neutral": rest - supporters - opponents,
    }  # fmt: skip


def _corpus(
    drafts: Sequence[Draft],
    persons: list[Person],
    calendar: Calendar,
    repeated: Mapping[int, int],
    rng: np.random.Generator,
) -> Corpus:
    ids = [f"p{i:07d}" for i in range(len(drafts))]
    replies = answers(drafts, repeated, rng)
    posts = pd.DataFrame(
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
    truth = _truth_accounts(persons, calendar)
    return Corpus(
        posts, profiles(persons, calendar, rng), _truth_posts(ids, drafts), truth, _truth_findings(truth),
        _study(calendar),
    )  # fmt: skip


def _links(ids: Sequence[str], links: Mapping[int, int]) -> pd.Series:
    return pd.Series([ids[links[i]] if i in links else None for i in range(len(ids))], dtype="str")


def _truth_posts(ids: Sequence[str], drafts: Sequence[Draft]) -> pd.DataFrame:
    kinds = load("world")["kinds"]
    rows = [
        (post_id, kinds[draft.kind]["narrative"], draft.lang, target, stance)
        for post_id, draft in zip(ids, drafts, strict=True)
        for target, stance in _stances(kinds[draft.kind])
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
            "cohort_id": pd.Series([COHORT if p.role == "cohort" else None for p in persons], dtype="str"),
            "turned_at": calendar.utc(turns),
        }
    )


def _truth_findings(truth: pd.DataFrame) -> pd.DataFrame:
    members = truth[truth["role"] == "cohort"]
    dates = members.groupby("cohort_id")["turned_at"].median()
    return pd.DataFrame(
        {
            "kind": VERDICT, "target_id": TARGETS["X"], "cohort_id": dates.index.astype("str"),
            "date": dates.to_numpy(), "verdict": VERDICT,
        }
    ).astype({"kind": "str", "target_id": "str", "verdict": "str", "date": "datetime64[us, UTC]"})  # fmt: skip


def _study(calendar: Calendar) -> dict[str, Any]:
    election = calendar.start + pd.Timedelta(days=calendar.election_day)
    study = dict(load("study"))
    days = {"election": election, "debates": election - pd.Timedelta(days=9)}
    return study | {"events": [{"name": name, "date": day.date()} for name, day in days.items()]}
