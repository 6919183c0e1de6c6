"""Matters: what a cohort speaks of, and who else does."""

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from sklearn.preprocessing import normalize

from narratives import tables
from narratives.config import Clustering
from narratives.embed import Vectors
from narratives.matters import cohort_matters

MEMBERS = [f"m{n}" for n in range(5)]


def corpus(sizes=(40, 30), apart=1.0, seed=0):
    """Texts of a cohort on matters of `sizes`, two lines each; as many of others on the first matter, and chatter."""
    rng = np.random.default_rng(seed)
    made, rows = [], []
    for matter, size in enumerate(sizes):
        middle = np.zeros(48)
        middle[3 * matter] = 1.0
        for n in range(size):
            line = np.zeros(48)
            line[3 * matter + 1 + n % 2] = apart
            made.append(middle + line + rng.normal(0, 0.06, 48))
            rows.append((MEMBERS[n % 5], f"matter {matter}"))
    for n in range(20):
        made += [made[n] + rng.normal(0, 0.06, 48), rng.normal(0, 1, 48)]
        rows += [(f"o{n % 7}", "matter 0"), (f"o{n % 7}", "chatter")]
    posts = pd.DataFrame(rows, columns=["author_id", "about"])
    posts["post_id"] = posts["text_key"] = [f"p{n:03d}" for n in range(len(posts))]
    vectors = Vectors(pd.Index(posts["text_key"]), normalize(np.array(made)).astype(np.float32), "planted")
    cohorts = pd.DataFrame({"cohort_id": "C01", "author_id": MEMBERS, "degree": 4, "cohesion": 1.0, "strength": 1.0})
    return posts.assign(is_repost=False), cohorts, vectors


def test_lines_that_are_alike_are_one_matter_which_others_may_speak_of_too():
    posts, cohorts, vectors = corpus()
    found = cohort_matters(posts, cohorts, vectors, Clustering()).merge(posts, on="post_id")
    by_matter = found.groupby("matter_id")["about"].agg(lambda about: about.mode()[0])
    assert by_matter.to_dict() == {"C01.M01": "matter 0", "C01.M02": "matter 1"}
    assert (found["about"] == found["matter_id"].map(by_matter)).mean() > 0.95
    assert found["author_id"].str.startswith("o").sum() >= 18
    assert set(found["about"]) <= {"matter 0", "matter 1"} or (found["about"] == "chatter").sum() <= 1


def test_a_matter_does_not_depend_on_what_others_write():
    posts, cohorts, vectors = corpus()
    inside = posts["author_id"].isin(MEMBERS)
    all_found = cohort_matters(posts, cohorts, vectors, Clustering())
    alone = cohort_matters(posts[inside], cohorts, vectors, Clustering())
    mine = all_found[all_found["post_id"].isin(posts.loc[inside, "post_id"])].reset_index(drop=True)
    assert_frame_equal(mine, alone)


def test_row_order_never_matters():
    posts, cohorts, vectors = corpus()
    mixed = posts.sample(frac=1, random_state=1), cohorts.sample(frac=1, random_state=2)
    assert_frame_equal(
        cohort_matters(*mixed, vectors, Clustering()), cohort_matters(posts, cohorts, vectors, Clustering())
    )


@pytest.mark.parametrize("cohorts", [0, 1])
def test_no_cohort_and_a_cohort_without_a_line_have_no_matters(cohorts):
    posts, members, vectors = corpus(sizes=(4,))
    found = cohort_matters(posts, members.head(5 * cohorts), vectors, Clustering())
    assert_frame_equal(found, tables.empty("matters"))


def test_reposts_make_no_matter():
    posts, cohorts, vectors = corpus()
    repeated = posts.assign(is_repost=posts["about"].eq("matter 1"))
    found = cohort_matters(repeated, cohorts, vectors, Clustering()).merge(posts, on="post_id")
    assert "matter 1" not in set(found["about"])
