"""Scores of a run on a simulated corpus against what was planted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import adjusted_mutual_info_score, f1_score

from narratives.errors import ArtifactError, DataError
from narratives.simulation.corpus import Corpus
from narratives.simulation.lives_scores import (
    found_changes,
    majority,
    planted_changes,
    score_changes,
    score_identity,
    score_posts,
)

TABLES = ("findings", "cohorts", "membership", "languages", "posts", "stances", "tracks", "transitions")
TRUTHS = ("posts", "accounts", "findings", "events")
LABELS = ("favor", "against", "none")
SIGN = {"favor": 1.0, "against": -1.0, "none": 0.0}
KEYS = ["post_id", "target_id"]
Scores = dict[str, float | int | bool]


@dataclass(frozen=True)
class Truth:
    """The truth of a corpus, as `Corpus` describes it."""

    posts: pd.DataFrame
    accounts: pd.DataFrame
    findings: pd.DataFrame
    events: pd.DataFrame


def evaluate(run: str | Path | Mapping[str, pd.DataFrame], truth: str | Path | Corpus) -> Scores:
    """Score a run against the truth of the corpus that it ran on.

    Parameters
    ----------
    run
        A run folder, or its tables by name: findings, cohorts, membership, languages, posts, stances, tracks,
        transitions.
    truth
        The corpus, the folder that it was written to, or the `truth` folder in it.

    Returns
    -------
    dict
        Keys are absent where a table or the truth for them is.

        cohort_precision, cohort_recall, cohort_f1
            Accounts of the matched finding's cohort against the planted one, in [0, 1]; 0 where no finding matches.
            The match of a planted finding is the finding on its target with the highest F1, and the planted verdict if
            several have it. Means over the planted findings, where there are several.
        verdict_right, findings_recall
            Every matched finding has the planted verdict; the share that has.
        findings_repeated
            Findings beyond the first with the planted verdict, target and group.
        date_error_days
            Days between its date and the planted one; absent if no finding matches.
        false_coordinated
            Findings with a coordinated verdict that no planted finding stands for: another target (if it has one), or a
            cohort of which at most half was planted. An incidental one stands for its own verdict only, and enters no
            other score.
        narrative_ami
            Adjusted mutual information (Vinh et al. 2010) of clusters and narratives of clustered posts, per window,
            weighted by posts.
        narrative_coverage
            Share of posts that are in a cluster of at least one window.
        language_accuracy
            Share of posts in their planted language.
        stance_macro_f1
            Mean F1 of favor, against and none over (post, target); a pair that only one side has is `none` on the
            other.
        stance_account_error
            Mean absolute error of the mean stance, in [−1, 1], of each account towards each target that it spoke of.
        ami, …, birth_precision, …, event_macro_f1, idf1, identity_switches
            If the corpus has planted lives: see `score_posts`, `score_changes` and `score_identity` of `lives_scores`.

    Raises
    ------
    ArtifactError, DataError
        If a folder holds no tables or no truth.
    """
    tables = _tables(Path(run)) if isinstance(run, str | Path) else run
    planted = _truth(truth)
    scores: Scores = {}
    if {"findings", "cohorts"} <= set(tables):
        scores |= score_findings(tables["findings"], tables["cohorts"], planted)
    if "membership" in tables:
        scores |= score_narratives(tables["membership"], planted.posts)
    if {"languages", "posts"} <= set(tables):
        scores |= score_languages(tables["languages"], tables["posts"], planted.posts)
    if {"stances", "posts"} <= set(tables):
        scores |= score_stances(tables["stances"], tables["posts"], planted.posts)
    if {"membership", "tracks", "transitions"} <= set(tables) and len(planted.events):
        scores |= score_lives(tables["membership"], tables["tracks"], tables["transitions"], planted)
    return scores


def score_lives(
    membership: pd.DataFrame, tracks: pd.DataFrame, transitions: pd.DataFrame, truth: Truth
) -> dict[str, float]:
    """Return the scores of clusters, transitions and tracks against planted lives."""
    of = majority(membership, truth.posts)
    found = found_changes(transitions, of, int(membership["window_id"].min()))
    return {
        **score_posts(membership, truth.posts),
        **score_changes(found, planted_changes(truth.events)),
        **score_identity(membership, tracks, truth.posts),
    }


def score_findings(findings: pd.DataFrame, cohorts: pd.DataFrame, truth: Truth) -> Scores:
    """Return the scores of the planted findings, and the number of repeated and of false ones."""
    members = cohorts.groupby("cohort_id")["author_id"].agg(set).to_dict()
    found = [members.get(cohort, set()) for cohort in findings["cohort"]]
    planted = truth.accounts.groupby("cohort_id")["author_id"].agg(set).to_dict()
    coordinated = findings["verdict"].str.startswith("coordinated").to_numpy(bool)
    stands, right, each = np.zeros(len(findings), bool), np.zeros(len(findings), int), []
    for _, row in truth.findings.iterrows():
        goal, target = planted[row["cohort_id"]], row["target_id"]
        on_target = np.array([pd.isna(target) or target in targets for targets in findings["targets"]], bool)
        bare = np.array([not len(targets) for targets in findings["targets"]], bool)
        of_group = np.array([2 * len(goal & accounts) > len(accounts) for accounts in found], bool)
        says = on_target & of_group & findings["verdict"].eq(row["verdict"]).to_numpy(bool)
        if row["incidental"]:
            stands |= says
            continue
        stands |= (on_target | bare) & of_group
        right += says
        each.append(_matched(findings, found, on_target, goal, row))
    scores: Scores = {"false_coordinated": int((coordinated & ~stands).sum())}
    if each:
        table = pd.DataFrame(each)
        scores |= {name: float(table[name].mean()) for name in table if name != "verdict_right"}
        hits = table["verdict_right"]
        scores |= {"verdict_right": bool(hits.all()), "findings_recall": float(hits.mean())}
        scores["findings_repeated"] = int((right > 0).sum() - hits.sum())
    return scores


def _matched(
    findings: pd.DataFrame, found: list[set[str]], on_target: NDArray[np.bool_], goal: set[str], row: pd.Series
) -> Scores:
    """Return the scores of the finding whose cohort is most like the planted one; if several are, of the right one."""
    f1 = np.array([2 * len(goal & accounts) / (len(goal) + len(accounts)) for accounts in found]) * on_target
    if f1.sum() == 0:
        return {"cohort_precision": 0.0, "cohort_recall": 0.0, "cohort_f1": 0.0, "verdict_right": False}
    says = (findings["verdict"] == row["verdict"]).to_numpy(bool)
    best = int(np.argmax(f1 + 1e-9 * says))
    right = len(goal & found[best])
    return {
        "cohort_precision": right / len(found[best]),
        "cohort_recall": right / len(goal),
        "cohort_f1": float(f1[best]),
        "verdict_right": bool(says[best]),
        "date_error_days": abs(findings["date"].iloc[best] - row["date"]) / pd.Timedelta(days=1),
    }


def score_narratives(membership: pd.DataFrame, posts: pd.DataFrame) -> Scores:
    """Return agreement of clusters with narratives, and how many posts are clustered."""
    narratives = posts.drop_duplicates("post_id")[["post_id", "narrative"]]
    both = membership.merge(narratives, on="post_id")
    clustered = both.dropna(subset=["cluster_id"])
    scores: Scores = {"narrative_coverage": clustered["post_id"].nunique() / max(1, both["post_id"].nunique())}
    windows = [part for _, part in clustered.groupby("window_id")]
    if windows:
        ami = [adjusted_mutual_info_score(part["narrative"], part["cluster_id"]) for part in windows]
        scores["narrative_ami"] = float(np.average(ami, weights=[len(part) for part in windows]))
    return scores


def score_languages(languages: pd.DataFrame, posts: pd.DataFrame, truth: pd.DataFrame) -> Scores:
    """Return the share of posts whose text was taken for its planted language."""
    known = truth.drop_duplicates("post_id")[["post_id", "lang"]]
    found = posts[["post_id", "text_key"]].merge(languages[["text_key", "lang"]], on="text_key")
    both = found.merge(known, on="post_id", suffixes=("", "_true"))
    return {"language_accuracy": float((both["lang"] == both["lang_true"]).mean())} if len(both) else {}


def score_stances(stances: pd.DataFrame, posts: pd.DataFrame, truth: pd.DataFrame) -> Scores:
    """Return how well stances of posts, and mean stances of accounts, agree with the planted ones."""
    labels = stances[list(LABELS)].idxmax(axis=1).astype("str")
    found = stances[[*KEYS, "score"]].assign(label=labels)
    planted = truth.dropna(subset=["target_id"])[[*KEYS, "stance"]]
    seen = found[found["post_id"].isin(truth["post_id"])]
    both = planted.merge(seen, on=KEYS, how="outer").merge(posts[["post_id", "author_id"]], on="post_id")
    if both.empty:
        return {}
    both = both.assign(spoken=both["stance"].notna()).fillna({"stance": "none", "label": "none", "score": 0.0})
    f1 = f1_score(both["stance"], both["label"], labels=list(LABELS), average="macro", zero_division=0.0)
    spoken = both[both["spoken"]].assign(true=both["stance"].map(SIGN))
    means = spoken.groupby(["author_id", "target_id"])[["score", "true"]].mean()
    error = float((means["score"] - means["true"]).abs().mean())
    return {"stance_macro_f1": float(f1), "stance_account_error": error}


def _tables(folder: Path) -> dict[str, pd.DataFrame]:
    paths = {name: folder / "tables" / f"{name}.parquet" for name in TABLES}
    found = {name: pd.read_parquet(path) for name, path in paths.items() if path.is_file()}
    if not found:
        raise ArtifactError(f"{folder}: there is no tables/*.parquet here. Name the folder of a run.")
    return found


def _truth(truth: str | Path | Corpus) -> Truth:
    if isinstance(truth, Corpus):
        return Truth(truth.truth_posts, truth.truth_accounts, truth.truth_findings, truth.truth_events)
    folder = Path(truth) / "truth" if (Path(truth) / "truth").is_dir() else Path(truth)
    missing = [name for name in TRUTHS if not (folder / f"{name}.csv").is_file()]
    if missing:
        raise DataError(f"{folder}: there is no {missing[0]}.csv of a truth. Name a folder that `Corpus.write` filled.")
    # Only an empty field is missing: the stance of a post can be "none".
    read = {
        name: pd.read_csv(folder / f"{name}.csv", dtype="str", keep_default_na=False, na_values=[""]) for name in TRUTHS
    }
    dates = pd.to_datetime(read["findings"]["date"], utc=True, format="ISO8601")
    events = read["events"].astype({"window_id": "int64"})
    incidental = read["findings"].get("incidental", pd.Series(index=dates.index, dtype="str")).eq("True")
    findings = read["findings"].assign(date=dates, incidental=incidental)
    return Truth(read["posts"], read["accounts"], findings, events)
