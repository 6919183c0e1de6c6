"""Two narratives side by side: meaning, accounts, words, time."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import hypergeom, spearmanr

from narratives.config import Study
from narratives.explore.tracks import Frames, find_track, list_narratives, members_of, track_of_clusters

LEAST_WINDOWS = 4  # below that a rank correlation has too few values to be worth a figure


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two tracks, a and b, side by side. No figure says that one caused the other.

    Attributes
    ----------
    a, b : track_ids.
    cosine : of their mean centroids, weighted by distinct texts, in [−1, 1].
    accounts_a, accounts_b, shared_accounts : accounts with a post in the track, and in both.
    jaccard : shared accounts over accounts in either, in [0, 1].
    expected_shared : shared accounts expected if each track drew its accounts by chance from `accounts`.
    accounts : accounts with a post in any narrative, from the first window of the earlier track to the last of the
        later one.
    p_shared : hypergeometric chance of so many shared accounts or more under that null, which takes every account as
        equally active. Loud accounts are in many narratives, so a small p alone is no sign of coordination.
    shared_keywords : words that are keywords of both in some window, sorted.
    windows_a, windows_b, windows_both : windows in which the track has posts, and in which both have.
    volume_correlation : Spearman's, in [−1, 1], of posts per day over the windows from the first of the earlier track
        to the last of the later one that the data cover, silent ones included; NaN below four windows or where one
        volume never changes. What makes all posts more numerous raises it too.
    windows : one row per such window: `window_id`, `start`, `end` (study's zone), `partial`, `posts_a`, `posts_b`, and
        `cosine` of the two centroids (NaN unless both have posts).
    texts : the most typical text of each (columns `a`, `b`), in Russian and in Kazakh (rows `ru`, `kk`); missing where
        the track has no text in the language.
    """

    a: str
    b: str
    cosine: float
    accounts_a: int
    accounts_b: int
    shared_accounts: int
    jaccard: float
    expected_shared: float
    accounts: int
    p_shared: float
    shared_keywords: list[str]
    windows_a: int
    windows_b: int
    windows_both: int
    volume_correlation: float
    windows: pd.DataFrame = field(repr=False)
    texts: pd.DataFrame = field(repr=False)

    @property
    def figures(self) -> pd.Series:
        """All that is one value, by its name."""
        names = [spec.name for spec in fields(self) if spec.repr]
        return pd.Series([getattr(self, name) for name in names], index=names, dtype=object)

    def __repr__(self) -> str:
        return str(self.figures.to_string())


def compare_tracks(tables: Frames, study: Study, a: str, b: str) -> Comparison:
    """Return track `a` beside track `b`; see `Comparison`.

    Raises
    ------
    NarrativesError
        If there is no such track.
    """
    clusters = tables["clusters"]
    clusters = clusters.assign(track_id=clusters["cluster_id"].map(track_of_clusters(tables["tracks"])))
    both = [find_track(tables["tracks"], name) for name in (a, b)]
    sides = [clusters[clusters["track_id"] == track["track_id"]] for track in both]
    first, last = min(t["first_window"] for t in both), max(t["last_window"] for t in both)
    windows = _side_by_side(tables["windows"][tables["windows"]["window_id"].between(first, last)], sides, study)
    middle = [_mean_centroid(side) for side in sides]
    words = [set[str]().union(*side["keywords_ru"], *side["keywords_kk"]) for side in sides]
    typical = list_narratives(tables, study).set_index("track_id").loc[[a, b], ["text_ru", "text_kk"]]
    return Comparison(
        a,
        b,
        float(np.clip(middle[0] @ middle[1], -1, 1)),
        **_accounts(tables, a, b, (first, last)),
        shared_keywords=sorted(words[0] & words[1]),
        windows_a=int(windows["posts_a"].gt(0).sum()),
        windows_b=int(windows["posts_b"].gt(0).sum()),
        windows_both=int((windows["posts_a"].gt(0) & windows["posts_b"].gt(0)).sum()),
        volume_correlation=_correlation(windows),
        windows=windows,
        texts=pd.DataFrame(typical.to_numpy().T, index=["ru", "kk"], columns=["a", "b"]),
    )


def _mean_centroid(clusters: pd.DataFrame) -> NDArray[np.float64]:
    middle = np.average(np.vstack([*clusters["centroid"]]).astype(float), axis=0, weights=clusters["n_texts"])
    return np.asarray(middle / np.linalg.norm(middle))


def _accounts(tables: Frames, a: str, b: str, span: tuple[int, int]) -> dict[str, Any]:
    members = members_of(tables)
    of_a, of_b = (set(members.loc[members["track_id"] == name, "author_id"]) for name in (a, b))
    everyone = members.loc[members["window_id"].between(*span), "author_id"].nunique()
    shared = len(of_a & of_b)
    return {
        "accounts_a": len(of_a),
        "accounts_b": len(of_b),
        "shared_accounts": shared,
        "jaccard": shared / len(of_a | of_b),
        "expected_shared": len(of_a) * len(of_b) / everyone,
        "accounts": int(everyone),
        "p_shared": float(hypergeom.sf(shared - 1, everyone, len(of_a), len(of_b))),
    }


def _side_by_side(windows: pd.DataFrame, sides: list[pd.DataFrame], study: Study) -> pd.DataFrame:
    a, b = (side.set_index("window_id") for side in sides)
    made = windows[["window_id", "start", "end", "partial"]].reset_index(drop=True)
    for edge in ("start", "end"):
        made[edge] = made[edge].dt.tz_convert(study.time.zone)
    for name, side in (("posts_a", a), ("posts_b", b)):
        made[name] = side["n_posts"].reindex(made["window_id"], fill_value=0).to_numpy()
    together = a.index.intersection(b.index)
    cosine = [float(np.dot(a.at[w, "centroid"], b.at[w, "centroid"])) for w in together]  # noqa: PD008 - holds arrays
    return made.assign(cosine=made["window_id"].map(pd.Series(cosine, index=together, dtype=float).clip(-1, 1)))


def _correlation(windows: pd.DataFrame) -> float:
    whole = windows[~windows["partial"]]
    days = (whole["end"] - whole["start"]) / pd.Timedelta(days=1)
    rates = [whole[name] / days for name in ("posts_a", "posts_b")]
    if len(whole) < LEAST_WINDOWS or any(rate.nunique() < 2 for rate in rates):
        return float("nan")
    return float(spearmanr(*rates).statistic)
