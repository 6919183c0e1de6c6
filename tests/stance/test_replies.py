from __future__ import annotations

import pandas as pd

from narratives import tables
from narratives.config import Stance, Target
from narratives.stance import find_mentions
from narratives.stance.replies import score_replies

TARGETS = [Target(id="x", name="Марат Касенов")]
THREAD = [
    ("p1", "critic", None, "тариф вырос, Касенов молчит"),
    ("p2", "one", "p1", "ты лжец и позор"),
    ("p3", "two", "p1", "спасибо, вы честный и смелый"),
    ("p4", "three", "p1", "Касенов лжец и вор"),
    ("p5", "critic", "p2", "сам лжец"),
    ("p6", "critic", "p1", "добавлю: это позор"),
    ("p7", "four", "gone", "позор"),
]


def replies(rows=THREAD):
    posts = pd.DataFrame(rows, columns=["post_id", "author_id", "reply_to", "text"])
    posts["created_at"] = pd.Timestamp("2026-01-05", tz="UTC")
    posts["repost_of"] = None
    return score_replies(posts, find_mentions(posts, TARGETS), Stance(), TARGETS).set_index("post_id")


def test_a_reply_is_read_towards_the_author_it_answers():
    found = replies()
    assert found["to_author"].to_dict() == {"p2": "critic", "p3": "critic", "p4": "critic", "p5": "one"}
    assert found["score"]["p2"] < -0.3
    assert found["score"]["p3"] > 0.3
    assert found["score"]["p5"] < -0.3


def test_what_is_said_of_a_target_is_not_laid_at_the_door_of_the_author():
    found = replies()
    assert abs(found["score"]["p4"]) < 0.3


def test_without_replies_the_table_is_empty():
    assert list(replies(THREAD[:1]).reset_index()) == list(tables.SCHEMAS["replies"].columns)


def test_the_order_of_posts_does_not_matter():
    pd.testing.assert_frame_equal(replies(THREAD[::-1]), replies())
