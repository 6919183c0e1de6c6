"""The contract of every table: columns, dtypes, units. Stages take and return these frames.

Ids are strings. Times are UTC with microseconds. A table never holds an index that matters.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import pandera.pandas as pa

from narratives.errors import DataError

TIME = pd.DatetimeTZDtype("us", "UTC")
TEXT = pd.StringDtype(na_value=float("nan"))


def _table(name: str, *, unique: list[str] | None = None, **columns: pa.Column) -> pa.DataFrameSchema:
    return pa.DataFrameSchema(columns, name=name, strict=True, coerce=True, ordered=True, unique=unique)


def _text(description: str, *, nullable: bool = False, **more: Any) -> pa.Column:
    return pa.Column(TEXT, description=description, nullable=nullable, **more)


def _time(description: str, *, nullable: bool = False) -> pa.Column:
    return pa.Column(TIME, description=description, nullable=nullable)


def _real(
    description: str, low: float | None = None, high: float | None = None, *, nullable: bool = False
) -> pa.Column:
    bounds = [pa.Check.ge(low)] if low is not None else []
    bounds += [pa.Check.le(high)] if high is not None else []
    return pa.Column("float64", bounds, description=description, nullable=nullable)


def _count(description: str, low: int = 0) -> pa.Column:
    return pa.Column("int64", pa.Check.ge(low), description=description)


def _maybe(dtype: str, description: str) -> pa.Column:
    return pa.Column(dtype, description=description, nullable=True)


def _flag(description: str) -> pa.Column:
    return pa.Column("bool", description=description)


def _list(description: str) -> pa.Column:
    return pa.Column(object, description=description)


POSTS = _table(
    "posts",
    post_id=_text("id, unique", unique=True),
    author_id=_text("account that posted"),
    created_at=_time("when"),
    text=_text("as written"),
    platform=_text("where"),
    reply_to=_text("post_id that this one answers", nullable=True),
    repost_of=_text("post_id that this one repeats", nullable=True),
    is_repost=_flag("repeats another post, by its id or by the source's flag"),
    text_key=_text("hash of the text: equal for equal texts"),
)
ACCOUNTS = _table(
    "accounts",
    author_id=_text("id, unique", unique=True),
    created_at=_time("when the account was made", nullable=True),
    followers=_maybe("Int64", "number of followers or friends"),
    following=_maybe("Int64", "number of accounts it follows"),
    posts_total=_maybe("Int64", "number of posts it ever made, as its profile says"),
    has_photo=_maybe("boolean", "the profile has a picture"),
    has_bio=_maybe("boolean", "the profile has a description"),
)
REJECTS = _table(
    "rejects",
    source=_text("file"),
    row=_count("1-based row of data (a header does not count)", 0),
    reason=_text("why it was refused"),
    value=_text("what was refused, cut to 200 characters", nullable=True),
)
DELETIONS = _table(
    "deletions",
    post_id=_text("post that a later snapshot of the data covers", unique=True),
    seen_at=_time("when the last snapshot that holds it was taken"),
    gone_by=_time("when the first later snapshot that lacks it was taken; missing if none does", nullable=True),
)
LANGUAGES = _table(
    "languages",
    text_key=_text("text", unique=True),
    lang=_text("ru, kk, kk-Latn, kk-ru-letters, mixed, none (no words), or another language's code"),
    kk_share=_real("share of words that are Kazakh", 0, 1),
    confidence=_real("of lang", 0, 1),
)
TEXT_GROUPS = _table(
    "text_groups",
    text_key=_text("text", unique=True),
    group_id=_text("group of copies and near copies that it belongs to"),
)
GROUPS = _table(
    "groups",
    group_id=_text("`G000001`, … in the order of first appearance", unique=True),
    n_texts=_count("distinct texts", 1),
    n_posts=_count("posts", 1),
    n_accounts=_count("accounts", 1),
    first_at=_time("first post"),
    last_at=_time("last post"),
    post_id=_text("first post"),
)
WINDOWS = _table(
    "windows",
    window_id=_count("0, 1, … in time order"),
    start=_time("first moment"),
    end=_time("first moment after"),
    n_posts=_count("posts in the window"),
    partial=_flag("more than a twentieth of it lies before the data begin or after they end"),
)
CLUSTERS = _table(
    "clusters",
    cluster_id=_text("`<window>-<number>`, largest first", unique=True),
    window_id=_count("window"),
    n_posts=_count("posts", 1),
    n_texts=_count("distinct texts", 1),
    n_accounts=_count("accounts", 1),
    n_ru=_count("groups of copies in Russian"),
    n_kk=_count("groups of copies in Kazakh, however spelled"),
    n_mixed=_count("groups of copies in both languages"),
    label=_text("its keywords, or what the labeler says"),
    medoid_ru=_text("post_id of the most central Russian post", nullable=True),
    medoid_kk=_text("post_id of the most central Kazakh post", nullable=True),
    keywords_ru=_list("words that set it apart, Russian"),
    keywords_kk=_list("words that set it apart, Kazakh"),
    kk_share=_real("share of posts that are Kazakh, mixed ones by half", 0, 1),
    cohesion=_real("mean cosine of its distinct texts to its centroid", -1, 1),
    centroid=_list("unit vector, float32"),
)
MEMBERSHIP = _table(
    "membership",
    unique=["post_id", "window_id"],
    post_id=_text("post; in several windows where they overlap"),
    window_id=_count("window"),
    cluster_id=_text("narrative of the window; none if unclustered", nullable=True),
    strength=_real("cosine to the centroid for posts of a narrative", -1, 1, nullable=True),
    reason=_text("core, near (joined by similarity), noise, language, no words, or too few posts"),
)
TRACKS = _table(
    "tracks",
    track_id=_text("`T001`, … by first window, then size", unique=True),
    label=_text("keywords of its life"),
    first_window=_count("first window"),
    last_window=_count("last window"),
    n_windows=_count("windows with posts", 1),
    n_posts=_count("posts, each counted once", 1),
    n_accounts=_count("accounts", 1),
    clusters=_list("cluster_ids, in time order"),
)
TRANSITIONS = _table(
    "transitions",
    kind=_text("birth, survival (also in another track), growth, shrinkage, split, merge, death, revival"),
    window_id=_count("window in which it is seen (for a death: the first without it)"),
    source=_text("cluster_id before; none for a birth", nullable=True),
    target=_text("cluster_id after; none for a death", nullable=True),
    track_id=_text("track of the target (of the source for a death)"),
    weight=_real("blended similarity; 0 for birth and death", 0, 1),
    centroid=_real("its part: cosine of the centroids", 0, 1, nullable=True),
    accounts=_real("its part: overlap coefficient of the accounts beyond chance", 0, 1, nullable=True),
    keywords=_real("its part: overlap coefficient of the keywords", 0, 1, nullable=True),
    source_share=_real("share of the source's texts that lie nearest to the target", 0, 1, nullable=True),
    target_share=_real("share of the target's texts that lie nearest to the source", 0, 1, nullable=True),
)
MENTIONS = _table(
    "mentions",
    post_id=_text("post"),
    target_id=_text("target"),
    start=_maybe("Int64", "first character; of the repeated post's text in a `repost`, none in a `reply`"),
    end=_maybe("Int64", "character after the last"),
    alias=_text("alias in its base form"),
    via=_text(
        "`text`; `quote`: inside the quotation of a sentence; the post names no target, and the post that it repeats "
        "(`repost`) or answers (`reply`) names this one"
    ),
)
STANCES = _table(
    "stances",
    unique=["post_id", "target_id"],
    post_id=_text("post"),
    target_id=_text("target"),
    favor=_real("probability", 0, 1),
    against=_real("probability", 0, 1),
    none=_real("probability", 0, 1),
    score=_real("favor − against", -1, 1),
    method=_text("backend that scored it"),
    abstained=_flag("no answer is probable enough (`stance.min_confidence`): it counts in no mean and no test"),
)
REPLIES = _table(
    "replies",
    post_id=_text("post that answers another account's", unique=True),
    reply_to=_text("post that it answers"),
    author_id=_text("account that answers"),
    to_author=_text("account that is answered"),
    created_at=_time("when"),
    score=_real("favor − against of what it says to the account answered", -1, 1),
)
ACCOUNT_STANCES = _table(
    "account_stances",
    unique=["author_id", "target_id", "window_id"],
    author_id=_text("account"),
    target_id=_text("target"),
    window_id=_count("window"),
    n_posts=_count("posts on the target", 1),
    mean=_real("mean score of its posts", -1, 1),
    shrunk=_real("the same, drawn to the mean of the window's accounts the more, the fewer its posts", -1, 1),
)
STANCE_SERIES = _table(
    "stance_series",
    target_id=_text("target"),
    kind=_text("all accounts; a cohort; others (accounts of no cohort); a track"),
    unit=_text("cohort_id or track_id", nullable=True),
    window_id=pa.Column("Int64", description="window; none for the whole time", nullable=True),
    n_posts=_count("posts on the target", 1),
    n_accounts=_count("accounts that made them", 1),
    mean=_real("mean of the accounts' mean scores", -1, 1),
    low=_real("lower end of its 95 % interval, bootstrap over accounts; none for one account", -1, 1, nullable=True),
    high=_real("upper end", -1, 1, nullable=True),
)
EDGES = _table(
    "edges",
    unique=["source", "target", "trace"],
    source=_text("account, the smaller id"),
    target=_text("account, the larger id"),
    trace=_text(
        "near_copy, quick_copy, same_narrative, same_url, same_hashtags, same_repost, same_reply, or several of these"
    ),
    shared=_count("actions that both took", 1),
    expected=_real("shared actions under the null", 0),
    p=_real("of the null", 0, 1),
    q=_real("Benjamini–Hochberg over all pairs tested in the trace", 0, 1),
)
EDGE_EVIDENCE = _table(
    "edge_evidence",
    source=_text("account, the smaller id"),
    target=_text("account, the larger id"),
    trace=_text("trace"),
    source_post=_text("post_id of the source's action"),
    target_post=_text("post_id of the target's action"),
    seconds=_real("time between them", 0),
)
COHORTS = _table(
    "cohorts",
    cohort_id=_text("`C01`, … largest first"),
    author_id=_text("member", unique=True),
    degree=_count("validated edges to other members", 1),
    cohesion=_real("share of the cohort's other members that it has an edge to", 0, 1),
    strength=_real("share of them that are found with it when a fifth of the edges is left out", 0, 1),
)
MATTERS = _table(
    "matters",
    unique=["cohort_id", "post_id"],
    cohort_id=_text("cohort whose members speak of it"),
    matter_id=_text("`C01.M01`, … by cohort, largest first"),
    post_id=_text("post on it, of a member or of anybody else"),
)
COHORT_CARDS = _table(
    "cohort_cards",
    cohort_id=_text("cohort", unique=True),
    n_accounts=_count("members", 1),
    n_posts=_count("posts of members", 1),
    first=_time("first post of a member"),
    last=_time("last post of a member"),
    traces=_list("traces of its edges, the one with most of them first"),
    tempo=_real("median time in seconds between the posts that link two members", 0),
    cohesion=_real("mean of its members'", 0, 1),
    strength=_real("mean of its members'", 0, 1),
    hours_alike=_real(
        "mean cosine of two members' posts by hour of the day; missing if fewer than 4 post enough", 0, 1, nullable=True
    ),
    hours_alike_others=_real("the same among matched accounts, mean of the permutations", 0, 1, nullable=True),
    hours_p=_real("p of members as alike, labels permuted among matched accounts", 0, 1, nullable=True),
    empty=_real("share of empty profiles of those known; missing if none is", 0, 1, nullable=True),
    empty_others=_real("the same of matched accounts; missing if there are too few", 0, 1, nullable=True),
    batch=_real(
        "share of members made within one `shifts.swarm.burst`, of those of which it is known", 0, 1, nullable=True
    ),
    batch_others=_real("share of matched accounts made within the same time", 0, 1, nullable=True),
)
FINDINGS = _table(
    "findings",
    finding_id=_text("`F01`, … strongest first", unique=True),
    kind=_text("what was tested"),
    verdict=_text("what it was found to be"),
    targets=_list("target_ids; none where it is about no target"),
    cohort=_text("cohort_id", nullable=True),
    event=_text("event it is related to", nullable=True),
    date=_time("estimated moment of the shift"),
    date_low=_time("lower end of its 95 % interval"),
    date_high=_time("upper end of its 95 % interval"),
    statistic_name=_text("what `statistic` is"),
    statistic=_real("of the test"),
    effect_name=_text("what `effect` is, with its unit"),
    effect=_real("size of what happened"),
    effect_low=_real("lower end of its 95 % interval"),
    effect_high=_real("upper end of its 95 % interval"),
    p=_real("of the test", 0, 1),
    q=_real("Benjamini–Hochberg over all tests of the study", 0, 1),
    placebo_rank=pa.Column(
        "Int64",
        description="rank among admissible dates, 1 strongest: a cohort's date by its contrast, else an event's day",
        nullable=True,
    ),
    placebo_dates=pa.Column("Int64", description="admissible dates compared", nullable=True),
    details=_text("JSON object: further figures of the test, each with its meaning in the report"),
    reasons=_list("sentences that lead to the verdict"),
    caveats=_list("what could make it wrong"),
    evidence=_list("post_ids"),
)

SCHEMAS: dict[str, pa.DataFrameSchema] = {
    schema.name: schema
    for schema in (
        POSTS, ACCOUNTS, DELETIONS, REJECTS, LANGUAGES, TEXT_GROUPS, GROUPS, WINDOWS, CLUSTERS, MEMBERSHIP, TRACKS,
        TRANSITIONS, MENTIONS, STANCES, REPLIES, EDGES, EDGE_EVIDENCE, COHORTS, COHORT_CARDS, MATTERS, ACCOUNT_STANCES,
        STANCE_SERIES, FINDINGS,
    )
}  # fmt: skip


def empty(name: str) -> pd.DataFrame:
    """Return the table called `name` with its columns and dtypes and no rows."""
    return SCHEMAS[name].validate(pd.DataFrame({column: [] for column in SCHEMAS[name].columns}))


def check(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Return `table` in the columns, order and dtypes of its contract.

    Raises
    ------
    DataError
        If a column is missing or too many, or a value breaks the contract; names table, column and value.
    """
    if table.empty:
        return empty(name)
    schema = SCHEMAS[name]
    try:
        ordered = table.loc[
            :, [c for c in schema.columns if c in table] + [c for c in table if c not in schema.columns]
        ]
        return schema.validate(ordered.reset_index(drop=True))
    except (pa.errors.SchemaError, pa.errors.SchemaErrors) as error:
        raise DataError(f"table '{name}' breaks its contract: {error}") from error


def one_per_post(membership: pd.DataFrame) -> pd.DataFrame:
    """Return one row of `membership` per post: of its first window with a narrative, or else of its first window.

    A later window never changes that choice.
    """
    ranked = membership.assign(alone=membership["cluster_id"].isna()).sort_values(["alone", "window_id"], kind="stable")
    return ranked.drop_duplicates("post_id").drop(columns="alone")


def describe() -> pd.DataFrame:
    """Return the documentation of all tables: one row per column, with `table`, `column`, `dtype`, `description`."""
    rows = [
        {"table": name, "column": column, "dtype": str(spec.dtype), "description": spec.description}
        for name, schema in SCHEMAS.items()
        for column, spec in schema.columns.items()
    ]
    return pd.DataFrame(rows)
