"""How well the account network finds a real troll factory among ordinary people.

Run from the root of the repository: ``python -m benchmarks.ira --data FOLDER [--show 3]``. Prints Markdown tables.

The folder holds `ira_ru.parquet`, Russian posts of 1,141 accounts that Twitter attributed to a troll factory
(github.com/fivethirtyeight/russian-troll-tweets, Linvill & Warren 2018), and `organic_vk_comments_ru.parquet`, comments
of 22,031 users under media pages of VK, February to April 2022 (github.com/guardeec/datasets, MKWM2022). The factory's
posts of autumn 2015 are mixed with ten ordinary accounts for each of its own, whose news shock (24 February 2022) is
moved onto the factory's (24 November 2015), hours of the day kept. The two come from two platforms, years and kinds of
post, so few ordinary accounts in cohorts is the least to ask for, not a proof; and nobody has shown that they are all
uncoordinated. They hardly speak of the target and repost nothing: they are controls of activity, not of stance, nor of
a trace that reads reposts. The settings besides the shipped ones were chosen after a look at these data.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

import narratives
from benchmarks.reversal import markdown
from narratives.coordination.cohorts import find_cohorts
from narratives.copies import normalise

SEED = 2015
START, END = "2015-09-01", "2016-01-01"
SHIFT = pd.Timestamp("2015-11-24") - pd.Timestamp("2022-02-24")
RATIO = 10  # ordinary accounts for each of the factory's
ACTIVE = 50  # posts in the period
OWN = [0, 1, 3, 10, 50, 200, np.inf]  # classes of posts that are no reposts: [0, 1), [1, 3), …
COLUMNS = ["author_id", "time", "text", "retweet"]
SETTINGS: dict[str, dict[str, object]] = {  # the last is looked at closely
    "three shared actions at least": {"min_shared": 3},
    "near copies within 10 minutes": {"near_copy": {"window": "10min"}},
    "as shipped": {},
}
STUDY = {
    "name": "A troll factory among ordinary people",
    "seed": SEED,
    "sources": [
        {
            "path": "posts.parquet",
            "columns": {"post_id": None, "created_at": "time", "is_repost": "retweet"},
            "timezone": "UTC",
        }
    ],
    "time": {"zone": "Europe/Moscow"},
    "targets": [{"id": "turkey", "name": "Турция", "aliases": {"ru": ["Турция", "турок", "Анкара"]}}],
    "events": [{"name": "aircraft shot down", "date": "2015-11-24"}],
}


def factory(data: Path) -> pd.DataFrame:
    """Return the factory's distinct posts of the period."""
    posts = pd.read_parquet(data / "ira_ru.parquet", columns=COLUMNS).drop_duplicates()
    return posts[posts["time"].between(START, END, inclusive="left")]


def ordinary(data: Path) -> pd.DataFrame:
    """Return the ordinary accounts' distinct comments, moved in time, as far as they fall in the period."""
    posts = pd.read_parquet(data / "organic_vk_comments_ru.parquet").rename(columns={"account_id": "author_id"})
    posts = posts.drop_duplicates().assign(time=lambda d: d["time"] + SHIFT, retweet="0")
    return posts.loc[posts["time"].between(START, END, inclusive="left"), COLUMNS]


def corpus_table(corpora: dict[str, pd.DataFrame]) -> str:
    rows = []
    for name, posts in corpora.items():
        sizes, own = posts["author_id"].value_counts(), (posts["retweet"] == "0").sum()
        several = (sizes > 1).sum()
        rows.append(
            {"": name, "posts": len(posts), "no reposts": own, "accounts": len(sizes), "of two posts or more": several}
        )
    return markdown(pd.DataFrame(rows))


def sample(posts: pd.DataFrame, number: int) -> pd.DataFrame:
    """Return the posts of `number` random accounts (all if there are fewer), those with two or more posts first."""
    sizes = posts["author_id"].value_counts().sort_index().sample(frac=1, random_state=SEED)
    chosen = [*sizes[sizes > 1].index, *sizes[sizes == 1].index][:number]
    return posts[posts["author_id"].isin(chosen)]


def run(posts: pd.DataFrame, folder: Path, coordination: dict[str, object]) -> narratives.Run:
    """Run the study of `posts` in `folder`; what its last run there made and still holds is reused."""
    folder.mkdir(parents=True, exist_ok=True)
    posts.to_parquet(folder / "posts.parquet")
    study = yaml.safe_dump(STUDY | {"coordination": coordination}, allow_unicode=True)
    (folder / "study.yaml").write_text(study, encoding="utf-8")
    return narratives.run(folder / "study.yaml", folder / "run")


def networks(found: narratives.Run) -> Iterator[tuple[str, pd.DataFrame, pd.DataFrame]]:
    """Yield name, edges and cohorts of the whole network, then of each trace that has edges.

    A trace alone has communities of all its edges: its members may share fewer than three things.
    """
    edges, study = found.edges, found.study
    yield "all traces", edges, found.cohorts
    for trace in sorted(edges["trace"].unique()):
        part = edges[edges["trace"] == trace]
        yield trace, part, find_cohorts(part, study.coordination, study.seed)


def share(part: float, whole: float) -> str:
    return f"{part / whole:.2%}" if whole else "–"


def percent(flags: pd.Series) -> str:
    return f"{flags.mean():.0%}"


def network_row(edges: pd.DataFrame, cohorts: pd.DataFrame, posts: pd.DataFrame, trolls: set[str]) -> dict[str, object]:
    """Return the size of a network, and whom its edges and cohorts hold of the authors of `posts`."""
    ends, members = {*edges["source"], *edges["target"]}, set(cohorts["author_id"])
    sizes = posts["author_id"].value_counts()
    active, ordinary_ones = trolls & set(sizes[sizes >= ACTIVE].index), set(sizes.index) - trolls
    return {
        "edges": len(edges),
        "accounts with an edge: factory": len(ends & trolls),
        "ordinary": len(ends - trolls),
        "cohorts": cohorts["cohort_id"].nunique(),
        "members: factory": len(members & trolls),
        "ordinary ": len(members - trolls),
        "precision": share(len(members & trolls), len(members)),
        "recall of the factory's active": share(len(members & active), len(active)),
        "share of ordinary in a cohort": share(len(members - trolls), len(ordinary_ones)),
    }


def recall_table(found: narratives.Run, trolls: set[str]) -> pd.DataFrame:
    """Return how many active accounts of the factory are in a cohort (have an edge), by their own posts."""
    posts = found.tables["posts"]
    posts = posts[posts["author_id"].isin(trolls)]
    counts = posts.groupby("author_id")["is_repost"].agg(posts="size", own=lambda flags: (~flags).sum())
    active = counts[counts["posts"] >= ACTIVE]
    classes = pd.cut(active["own"], OWN, right=False)
    rows = []
    for name, held in [*classes.groupby(classes, observed=False), ("all", classes)]:
        row: dict[str, object] = {"own posts": name, "accounts": len(held)}
        for trace, edges, cohorts in networks(found):
            inside = held.index.isin(cohorts["author_id"]).sum()
            linked = held.index.isin([*edges["source"], *edges["target"]]).sum()
            row[trace] = f"{inside} = {share(inside, len(held))} ({linked})"
        rows.append(row)
    return pd.DataFrame(rows)


def meetings(found: narratives.Run) -> pd.DataFrame:
    """Return the kept post pairs of each edge with both texts and the cohort that the edge lies in, if in one."""
    texts = found.tables["posts"].set_index("post_id")["text"]
    cohort = found.cohorts.set_index("author_id")["cohort_id"]
    pairs = found.edge_evidence.assign(
        one=lambda d: d["source_post"].map(texts),
        other=lambda d: d["target_post"].map(texts),
        cohort=lambda d: d["source"].map(cohort).where(d["source"].map(cohort).eq(d["target"].map(cohort)), "none"),
    )
    return pairs.sort_values(["cohort", "trace", "source", "target", "seconds"], ignore_index=True)


def evidence_table(found: narratives.Run, trolls: set[str]) -> pd.DataFrame:
    """Return what holds each cohort together: edges by trace, and what the posts are that meet.

    Shares are of the up to ten closest post pairs per edge. A headline from a feed has a link, and comes minutes apart.
    """
    rows, edges = [], found.edges.set_index(["source", "target", "trace"])
    for (cohort, trace), pairs in meetings(found).groupby(["cohort", "trace"]):
        members = found.cohorts.loc[found.cohorts["cohort_id"] == cohort, "author_id"]
        figures = edges.loc[pd.MultiIndex.from_frame(pairs[edges.index.names]).unique()]
        rows.append(
            {
                "cohort": cohort,
                "accounts": len(members) or "–",
                "of the factory": members.isin(trolls).sum() if len(members) else "–",
                "trace": trace,
                "edges": len(figures),
                "shared, median": figures["shared"].median(),
                "expected, median": f"{figures['expected'].median():.3f}",
                "post pairs": len(pairs),
                "same words": percent(pairs["one"].map(normalise) == pairs["other"].map(normalise)),
                "both with a link": percent(pairs["one"].str.contains("http") & pairs["other"].str.contains("http")),
                "same minute": percent(pairs["seconds"] < 60),
                "minutes between, median": pairs["seconds"].median() / 60,
            }
        )
    return pd.DataFrame(rows)


def target_rows(found: narratives.Run, trolls: set[str]) -> Iterator[str]:
    """Say who speaks of the target, and what the finding of everybody's stance on it consists of."""
    named = found.mentions[["post_id"]].merge(found.tables["posts"], on="post_id").drop_duplicates("post_id")
    ours = named["author_id"].isin(trolls)
    for name, part in (("factory", named[ours]), ("ordinary", named[~ours])):
        yield f"- {len(part)} {name} posts of {part['author_id'].nunique()} accounts name the target"
    for finding in found.findings.itertuples():
        details = json.loads(finding.details)
        parts = {key: details[key] for key in ("accounts", "stance_parts", "volume") if key in details}
        who = "everybody" if pd.isna(finding.cohort) else finding.cohort
        date = finding.date.tz_convert(found.study.time.zone)
        yield f"- {finding.kind} of {who}: {finding.verdict}, {date:%Y-%m-%d}; {parts}"


def show(found: narratives.Run, number: int) -> None:
    """Print texts of up to `number` post pairs that meet, of each cohort and trace, each text once."""
    for (cohort, trace), pairs in meetings(found).drop_duplicates("one").groupby(["cohort", "trace"]):
        print(f"\n{cohort}, {trace}:")
        for pair in pairs.sample(min(number, len(pairs)), random_state=SEED).itertuples():
            print(f"- {pair.seconds / 60:.0f} min: {pair.one!r} | {pair.other!r}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--show", type=int, default=0, help="post pairs to print of each cohort and trace")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report(options.data, Path(folder), options.show)


def report(data: Path, folder: Path, number: int) -> None:
    ours, others = factory(data), ordinary(data)
    trolls = set(ours["author_id"])
    controls = sample(others, RATIO * len(trolls))
    print("## Posts\n")
    print(corpus_table({"factory": ours, "ordinary, all": others, "ordinary, chosen": controls}))
    corpora = {"mixed": pd.concat([ours, controls]), "factory alone": ours, "ordinary alone": controls}
    for corpus, posts in corpora.items():
        rows: list[dict[str, object]] = []
        for setting, section in SETTINGS.items():
            found = run(posts, folder / corpus, section)
            for name, edges, cohorts in networks(found):
                row = network_row(edges, cohorts, posts, trolls)
                rows.append({"setting": setting, "network": name} | row)
        print(f"\n## {corpus.capitalize()}: networks\n\n{markdown(pd.DataFrame(rows))}", flush=True)
        if len(found.edges):
            print(f"\nWhat holds the cohorts together (as shipped)\n\n{markdown(evidence_table(found, trolls))}")
        show(found, number)
        if trolls & set(posts["author_id"]):
            print(f"\nThe factory's accounts with {ACTIVE} posts or more: in a cohort (with an edge)\n")
            print(markdown(recall_table(found, trolls)))
        print("\nThe target, and the findings\n", *target_rows(found, trolls), sep="\n", flush=True)


if __name__ == "__main__":
    main()
