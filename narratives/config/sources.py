"""Where posts and account profiles come from."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field, model_validator

from narratives.config.base import Section, Zone


class Columns(Section):
    """Names of the columns (or JSON keys, dotted for nested ones) that hold each field of a post."""

    post_id: str | None = "post_id"
    """Unique id of a post. `null` numbers the rows as `<file>:<row>`."""
    author_id: str = "author_id"
    """Id of the account that posted."""
    created_at: str = "created_at"
    """Time of the post: ISO 8601, a Unix time in seconds, or `time_format`."""
    text: str = "text"
    """Text of the post."""
    platform: str | None = None
    """Platform of the post; without it the source's `platform` holds for every row."""
    reply_to: str | None = None
    """Id of the post that this one answers."""
    repost_of: str | None = None
    """Id of the post that this one repeats."""
    is_repost: str | None = None
    """Flag (1/0, true/false) of a repost, where the source has no id of the original."""


class FileSource(Section):
    """A file of posts, or several named by a pattern."""

    path: str
    """File or glob pattern, relative to the study file. `${NAME}` is an environment variable."""
    format: Literal["auto", "delimited", "jsonl", "parquet"] = "auto"
    """`auto` goes by the file name's ending."""
    columns: Columns = Columns()
    """Where each field of a post is found."""
    timezone: Zone | None = None
    """Zone of times that are written without one. Without it such rows are refused."""
    time_format: str | None = None
    """A `strptime` format, for times that are not ISO 8601, as in `%d.%m.%Y %H:%M`."""
    encoding: str | None = None
    """Encoding of a text file; detected if not given."""
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    """Delimiter of a delimited file; detected if not given."""
    platform: str = "unknown"
    """Platform of every post of this source."""
    taken: datetime | date | None = None
    """When the posts were collected, in the study's zone. Of two snapshots the later one tells what is gone since."""
    max_text_chars: int = Field(default=20_000, ge=1)
    """Posts longer than this many characters are refused (and kept in the rejects)."""

    @model_validator(mode="after")
    def _snapshots_have_ids(self) -> FileSource:
        if self.taken is not None and self.columns.post_id is None:
            raise ValueError(
                "a source with `taken` needs a column for post_id: numbers of rows tell nothing of other files"
            )
        return self


class SimulatedSource(Section):
    """A corpus with planted truth, made by `narratives.simulate` instead of read."""

    format: Literal["simulated"]
    """Always `simulated`."""
    scenario: Literal["reversal", "honest", "interview", "lives"] = "reversal"
    """`reversal` plants a cohort that turns together; `honest` has only people who change their own mind; `interview`
    plants all that a former worker of a farm told of, one of each; `lives` has
    local matters that are born, grow, shrink, split, merge, pause, drift and die."""
    accounts: int | None = Field(default=None, ge=20, le=1_000_000)
    """Number of accounts, the cohort included; 240 if not given, 320 in `interview`, 600 in `lives`."""
    cohort: int = Field(default=24, ge=0)
    """Number of accounts that turn together (none of them in `honest` and `lives`)."""
    weeks: int | None = Field(default=None, ge=4, le=520)
    """Length of the corpus in weeks; 10 if not given (the election falls in the middle), 18 in `interview`, 12 in
    `lives`."""
    seed: int | None = None
    """Seed of the corpus; the study's seed if not given."""


def source_kind(value: object) -> str:
    """Return the tag of a source: `simulated` or `file`."""
    kind = value.get("format") if isinstance(value, dict) else getattr(value, "format", None)
    return "simulated" if kind == "simulated" else "file"


class AccountColumns(Section):
    """Names of the columns that hold each field of an account; only the id is required."""

    author_id: str = "author_id"
    """Id of the account, as in the posts."""
    created_at: str | None = None
    """When the account was made."""
    followers: str | None = None
    """Number of followers or friends."""
    following: str | None = None
    """Number of accounts it follows."""
    posts_total: str | None = None
    """Number of posts it ever made, as its profile says."""
    has_photo: str | None = None
    """Flag: the profile has a picture."""
    has_bio: str | None = None
    """Flag: the profile has a description."""


class AccountSource(Section):
    """A file with one row per account."""

    path: str
    """File, relative to the study file. `${NAME}` is an environment variable."""
    format: Literal["auto", "delimited", "jsonl", "parquet"] = "auto"
    """`auto` goes by the file name's ending."""
    columns: AccountColumns = AccountColumns()
    """Where each field of an account is found."""
    timezone: Zone | None = None
    """Zone of times that are written without one."""
    encoding: str | None = None
    """Encoding of a text file; detected if not given."""
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    """Delimiter of a delimited file; detected if not given."""
