"""Scores of runs whose quality is known: perfect, shuffled, empty, partly there."""

import numpy as np
import pandas as pd
import pytest

from narratives import tables
from narratives.errors import ArtifactError, DataError
from narratives.simulation import evaluate
from narratives.simulation.evaluate import Truth, score_findings
from narratives.text import text_key

VERDICT = "coordinated reversal"


def finding(cohort, target, verdict, date):
    return {"targets": [target], "cohort": cohort, "verdict": verdict, "date": date}


def perfect(corpus):
    """The tables of a run that found exactly what was planted."""
    posts = corpus.posts.assign(text_key=corpus.posts["text"].map(text_key))
    truth = corpus.truth_posts
    first = truth.drop_duplicates("post_id")
    week = (posts["created_at"] - posts["created_at"].min()).dt.days // 7
    names = first["narrative"].to_numpy()
    targets = truth.dropna(subset=["target_id"])
    one_hot = pd.get_dummies(targets["stance"]).astype(float).reset_index(drop=True)
    members = corpus.truth_accounts.query("role == 'cohort'")
    return {
        "posts": posts,
        "membership": pd.DataFrame({"post_id": posts["post_id"], "window_id": week, "cluster_id": names}),
        "languages": posts[["text_key"]].assign(lang=first["lang"].to_numpy()).drop_duplicates("text_key"),
        "stances": pd.concat([targets[["post_id", "target_id"]].reset_index(drop=True), one_hot], axis=1).assign(
            score=one_hot["favor"] - one_hot["against"]
        ),
        "cohorts": members[["author_id"]].assign(cohort_id="C01"),
        "findings": pd.DataFrame(
            [finding("C01", row.target_id, row.verdict, row.date) for row in corpus.truth_findings.itertuples()],
            columns=["targets", "cohort", "verdict", "date"],
        ),
    }


def test_a_perfect_run_scores_perfectly(reversal):
    scores = evaluate(perfect(reversal), reversal)
    assert scores.pop("verdict_right") is True
    assert scores.pop("date_error_days") == scores.pop("false_coordinated") == scores.pop("findings_repeated") == 0
    assert scores.pop("stance_account_error") == pytest.approx(0)
    assert scores.pop("language_accuracy") == pytest.approx(1, abs=0.01)  # one text can stand in two languages
    assert scores == pytest.approx(dict.fromkeys(scores, 1.0))
    assert set(scores) == {
        "cohort_precision", "cohort_recall", "cohort_f1", "narrative_ami", "narrative_coverage", "stance_macro_f1",
        "findings_recall",
    }  # fmt: skip


def test_a_shuffled_run_scores_low(reversal):
    rng, run = np.random.default_rng(0), perfect(reversal)
    for name, column in (("membership", "cluster_id"), ("languages", "lang")):
        run[name] = run[name].assign(**{column: rng.permutation(run[name][column].to_numpy())})
    values = ["favor", "against", "none", "score"]
    run["stances"][values] = run["stances"][values].to_numpy()[rng.permutation(len(run["stances"]))]
    run["cohorts"] = pd.DataFrame({"author_id": rng.choice(reversal.accounts["author_id"], 24, replace=False)})
    run["cohorts"]["cohort_id"] = "C01"
    scores = evaluate(run, reversal)
    assert scores["narrative_ami"] < 0.02
    assert scores["language_accuracy"] < 0.5
    assert scores["stance_macro_f1"] < 0.45
    assert scores["stance_account_error"] > 0.2
    assert scores["cohort_f1"] < 0.4
    assert scores["false_coordinated"] == 1


def test_the_worse_of_two_findings_is_not_the_match(reversal):
    run, right = perfect(reversal), reversal.truth_findings.iloc[0]
    few = run["cohorts"].head(3).assign(cohort_id="C02")
    run["cohorts"] = pd.concat([few, run["cohorts"].iloc[3:]])
    late = right["date"] + pd.Timedelta(days=5)
    run["findings"] = pd.DataFrame(
        [
            finding("C02", "zhasanov", VERDICT, late),
            finding("C01", "zhasanov", "inconclusive", right["date"] - pd.Timedelta(hours=12)),
            finding("C01", "council", VERDICT, late),
        ]
    )
    scores = evaluate(run, reversal)
    assert scores["cohort_recall"] == pytest.approx(21 / 24)
    assert scores["cohort_precision"] == 1
    assert scores["verdict_right"] is False
    assert scores["date_error_days"] == 0.5
    assert scores["false_coordinated"] == 1


def test_a_post_that_two_windows_hold_counts_once_in_coverage(reversal):
    run = perfect(reversal)
    half = run["membership"].head(len(run["membership"]) // 2)
    run["membership"] = pd.concat([run["membership"], half.assign(window_id=99, cluster_id=None)])
    assert evaluate(run, reversal)["narrative_coverage"] == 1
    assert evaluate(run, reversal)["narrative_ami"] == pytest.approx(1)


def test_several_planted_findings_are_matched_by_verdict_and_repeats_counted(reversal):
    run, right = perfect(reversal), reversal.truth_findings.iloc[0]
    quiet = right.to_frame().T.assign(target_id=np.nan, verdict="coordinated silence")
    planted = pd.concat([reversal.truth_findings, quiet], ignore_index=True)
    truth = Truth(reversal.truth_posts, reversal.truth_accounts, planted, reversal.truth_events)
    silence = [finding("C01", "none", "coordinated silence", right["date"]) for _ in range(2)]
    run["findings"] = pd.concat([run["findings"], pd.DataFrame(silence)], ignore_index=True)
    scores = score_findings(run["findings"], run["cohorts"], truth)
    assert (scores["findings_recall"], scores["findings_repeated"], scores["verdict_right"]) == (1, 1, True)
    lost = score_findings(run["findings"].head(1), run["cohorts"], truth)
    assert (lost["findings_recall"], lost["verdict_right"]) == (0.5, False)


def test_an_incidental_finding_may_be_found_and_need_not(reversal):
    run, right = perfect(reversal), reversal.truth_findings.iloc[0]
    besides = right.to_frame().T.assign(target_id="kordabaev", verdict="coordinated amplification", incidental=True)
    planted = pd.concat([reversal.truth_findings, besides], ignore_index=True)
    truth = Truth(reversal.truth_posts, reversal.truth_accounts, planted, reversal.truth_events)
    without = score_findings(run["findings"], run["cohorts"], truth)
    more = [finding("C01", "kordabaev", verdict, right["date"]) for verdict in ("coordinated amplification", VERDICT)]
    run["findings"] = pd.concat([run["findings"], pd.DataFrame(more)], ignore_index=True)
    assert score_findings(run["findings"], run["cohorts"], truth) == without | {"false_coordinated": 1}


def test_a_truth_written_before_there_were_incidental_findings_is_read(reversal, tmp_path):
    findings = reversal.write(tmp_path) / "truth" / "findings.csv"
    pd.read_csv(findings).drop(columns="incidental").to_csv(findings, index=False)
    assert evaluate(perfect(reversal), tmp_path) == evaluate(perfect(reversal), reversal)


def test_nothing_found(reversal):
    run = {name: tables.empty(name) for name in ("findings", "cohorts")}
    assert evaluate(run, reversal) == {
        "cohort_precision": 0, "cohort_recall": 0, "cohort_f1": 0, "verdict_right": False, "false_coordinated": 0,
        "findings_recall": 0, "findings_repeated": 0,
    }  # fmt: skip


def test_nothing_planted(honest):
    run = perfect(honest)
    assert evaluate({"findings": run["findings"], "cohorts": run["cohorts"]}, honest) == {"false_coordinated": 0}
    accounts = honest.accounts["author_id"].head(10)
    run["cohorts"] = pd.DataFrame({"cohort_id": "C01", "author_id": accounts})
    run["findings"] = pd.DataFrame([finding("C01", "zhasanov", VERDICT, honest.posts["created_at"].min())])
    assert evaluate(run, honest)["false_coordinated"] == 1


def test_a_missed_mention_is_an_error(reversal):
    run = perfect(reversal)
    run["stances"] = run["stances"].iloc[::2]
    scores = evaluate(run, reversal)
    assert scores["stance_macro_f1"] < 0.8
    assert scores["stance_account_error"] > 0.1


def test_files_score_as_the_corpus_does(reversal, tmp_path):
    (tmp_path / "run" / "tables").mkdir(parents=True)
    for name, table in perfect(reversal).items():
        table.to_parquet(tmp_path / "run" / "tables" / f"{name}.parquet")
    reversal.write(tmp_path / "corpus")
    expected = evaluate(perfect(reversal), reversal)
    for truth in (tmp_path / "corpus", tmp_path / "corpus" / "truth"):
        assert evaluate(tmp_path / "run", truth) == expected


def test_folders_without_tables_or_truth(reversal, tmp_path):
    with pytest.raises(ArtifactError, match="there is no tables"):
        evaluate(tmp_path, reversal)
    with pytest.raises(DataError, match="there is no posts.csv of a truth"):
        evaluate(perfect(reversal), tmp_path)
