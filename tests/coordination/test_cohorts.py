"""Communities of a network whose cohorts are plain to see."""

from __future__ import annotations

from itertools import combinations

import pandas as pd

from narratives.config import Coordination
from narratives.coordination.cohorts import attested, find_cohorts


def clique(names: str, trace: str = "near_copy") -> list[tuple[str, str, str]]:
    return [(source, target, trace) for source, target in combinations(sorted(names), 2)]


def cohorts(links: list[tuple[str, str, str]], seed: int = 0, **section: float) -> pd.DataFrame:
    edges = pd.DataFrame(links, columns=["source", "target", "trace"])
    edges = edges.assign(shared=5, expected=0.1, p=1e-9, q=1e-6)
    return find_cohorts(edges, Coordination.model_validate(section), seed)


def groups(table: pd.DataFrame) -> dict[str, str]:
    return table.groupby("cohort_id")["author_id"].agg("".join).to_dict()


def test_largest_comes_first_and_small_ones_are_none() -> None:
    table = cohorts(clique("abcd") + clique("klmnop") + clique("xyz"))
    assert groups(table) == {"C01": "klmnop", "C02": "abcd"}


def test_degree_and_cohesion_count_accounts_not_traces() -> None:
    table = cohorts(clique("abcd") + clique("abcd", "same_narrative") + [("d", "e", "near_copy")], min_cohort=5)
    assert table.set_index("author_id")["degree"].to_dict() == {"a": 3, "b": 3, "c": 3, "d": 4, "e": 1}
    assert table.set_index("author_id")["cohesion"].to_dict() == {"a": 0.75, "b": 0.75, "c": 0.75, "d": 1, "e": 0.25}


def test_one_edge_does_not_join_two_cohorts() -> None:
    bridged = clique("abcdefgh") + clique("klmnopqr") + [("a", "k", "near_copy")]
    assert groups(cohorts(bridged)) == {"C01": "abcdefgh", "C02": "klmnopqr"}


def test_a_thin_network_that_is_one_cohort_stays_whole() -> None:
    names = "abcdefghijklmnopqrstuvwx"
    ring = [(names[i], names[(i + step) % 24]) for i in range(24) for step in (1, 5, 7)]
    links = [(min(pair), max(pair), "near_copy") for pair in ring]
    assert groups(cohorts(links)) == {"C01": names}


def test_neither_order_nor_seed_matters_where_cohorts_are_plain() -> None:
    links = clique("abcdefgh") + clique("klmnop") + [("a", "k", "near_copy")]
    assert all(cohorts(links).equals(cohorts(links[::-1], seed)) for seed in range(5))


def test_who_hangs_on_by_a_thread_is_a_weak_member() -> None:
    hangs_on = [("a", "z", "near_copy"), ("b", "z", "near_copy")]
    strength = cohorts(clique("abcdefgh") + hangs_on, resolution=1.0).set_index("author_id")["strength"]
    assert (strength[list("abcdefgh")] > 0.85).all()
    assert strength["z"] < 0.95 * strength[list("cdefgh")].min()


def test_the_resolution_is_the_one_that_holds() -> None:
    """Between two cliques as many edges as just join them at resolution 1: fewer edges, and they fall apart."""
    between = [(a, b, "near_copy") for a, b in ("an", "aq", "bp", "cn", "dr", "ho")]
    links = clique("abcdefgh") + clique("klmnopqr") + between
    assert groups(cohorts(links, resolution=1.0)) == {"C01": "abcdefghklmnopqr"}
    assert groups(cohorts(links)) == {"C01": "abcdefgh", "C02": "klmnopqr"}


def test_nobody_is_accused_for_fewer_than_three_things() -> None:
    """A star over two texts goes, however often each is repeated, and who hangs on to a triangle with two."""
    triangle = [("a", "b"), ("a", "c"), ("b", "c")]
    things = [(*pair, f"copy {n}") for pair in triangle for n in range(3)]
    things += [("c", "d", f"copy {n}") for n in (0, 1)] + [
        (hub, "z", f"copy {n % 2}") for hub in "wxy" for n in range(6)
    ]
    pairs = pd.DataFrame(things, columns=["source", "target", "what"]).assign(trace="near_copy")
    quick = pairs.assign(trace="quick_copy")
    kept = attested(pd.concat([pairs, quick]))
    assert {*map(tuple, kept[["source", "target"]].to_numpy())} == {*triangle}
    assert len(kept) == 2 * len(triangle)
    assert attested(pairs[:0]).empty
