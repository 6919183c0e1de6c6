import pandas as pd
import pytest

from narratives import tables
from narratives.errors import DataError

MEMBERSHIP = pd.DataFrame(
    {
        "post_id": ["a", "a", "a", "b", "b"],
        "window_id": [2, 0, 1, 1, 0],
        "cluster_id": ["2-0", None, "1-0", None, None],
        "strength": [0.9, None, 0.5, None, None],
        "reason": ["core", "noise", "near", "noise", "too few posts"],
    }
)


def test_a_post_counts_in_its_first_window_with_a_narrative():
    one = tables.one_per_post(tables.check("membership", MEMBERSHIP)).set_index("post_id")
    assert one.loc["a", "cluster_id"] == "1-0"
    assert one.loc["b", "reason"] == "too few posts"
    shuffled = tables.one_per_post(MEMBERSHIP.sample(frac=1, random_state=1)).set_index("post_id")
    assert shuffled["window_id"].to_dict() == {"a": 1, "b": 0}
    assert tables.one_per_post(tables.empty("membership")).empty


def test_a_post_is_in_a_window_once():
    twice = pd.concat([MEMBERSHIP, MEMBERSHIP.head(1)])
    with pytest.raises(DataError, match="table 'membership' breaks its contract"):
        tables.check("membership", twice)
