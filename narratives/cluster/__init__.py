"""Posts of each window into narratives of that window; nothing of a later window is looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from narratives import tables
from narratives.cluster.camps import Voices, part
from narratives.cluster.hdbscan import centroids, cluster_vectors, least_size, leave, nearest, settle
from narratives.cluster.keywords import keywords
from narratives.cluster.labels import keyword_label
from narratives.config import Study
from narratives.embed.vectors import Vectors
from narratives.engine import parallel
from narratives.windows import place

KAZAKH = {"kk": 1.0, "kk-Latn": 1.0, "kk-ru-letters": 1.0, "mixed": 0.5}


@dataclass(frozen=True)
class Clustered:
    """The `clusters` and `membership` tables."""

    clusters: pd.DataFrame
    membership: pd.DataFrame


def cluster_windows(
    posts: pd.DataFrame,
    windows: pd.DataFrame,
    vectors: Vectors,
    study: Study,
    *,
    progress: Callable[[int], None] = lambda _: None,
) -> Clustered:
    """Cluster the posts of every window, beside the texts of its `clustering.context` earlier windows.

    Where windows overlap, a post is clustered in each that holds it.

    Parameters
    ----------
    posts : `posts` joined with `lang` of the `languages` table and `group_id` of `text_groups`.
    progress : called with 1 after each window.
    """
    position, window_id = place(posts["created_at"], windows)
    posts = posts.iloc[position].assign(window_id=window_id)
    posts = posts.sort_values(["window_id", "created_at", "post_id"])
    jobs = _jobs({int(window): part for window, part in posts.groupby("window_id")}, vectors, study)
    done = parallel(_cluster_window, jobs, workers=study.engine.workers, progress=progress)
    return Clustered(
        tables.check("clusters", pd.concat([part.clusters for part in done], ignore_index=True)),
        tables.check("membership", pd.concat([part.membership for part in done], ignore_index=True)),
    )


def _jobs(by_window: dict[int, pd.DataFrame], vectors: Vectors, study: Study) -> Iterator[tuple[object, ...]]:
    """Yield what `_cluster_window` takes, for each window; heads of earlier ones that are no copies are its context."""
    texts = {window: _texts(posts, vectors, study) for window, posts in by_window.items()}
    heads = {window: _heads(part) for window, part in texts.items()}
    for window, posts in by_window.items():
        near = [n for n in range(window, window - 1 - study.clustering.context, -1) if n in heads]
        every = pd.concat([heads[n] for n in near]).drop_duplicates("group_id")
        yield (
            posts,
            texts[window],
            vectors.of(texts[window]["text_key"]),
            vectors.of(every["text_key"].iloc[len(heads[window]) :]),
            _voices(pd.concat([by_window[n] for n in near]), every, window),
            study,
        )


def _voices(posts: pd.DataFrame, heads: pd.DataFrame, window: int) -> Voices:
    """Return who says which of `heads`, those of the window being the first of them; of copies the first of `posts`."""
    said = posts.drop_duplicates(["author_id", "group_id"])[["author_id", "group_id", "window_id", "created_at"]]
    own = heads["window_id"].eq(window).to_numpy()
    said = said.merge(heads[["group_id", "lang"]].assign(text=np.arange(len(heads))), on="group_id")
    return Voices(
        account=pd.factorize(said["author_id"])[0],
        day=said["created_at"].dt.floor("D").astype("int64").to_numpy(),
        text=said["text"].to_numpy(),
        stratum=said.groupby(["lang", "window_id"]).ngroup().to_numpy(),
        now=said["window_id"].eq(window).to_numpy() & own[said["text"]],
    )


def _texts(posts: pd.DataFrame, vectors: Vectors, study: Study) -> pd.DataFrame:
    """Return one row per distinct text of a window, sorted by key, the earliest post of each, and if it is `usable`."""
    texts = posts.drop_duplicates("text_key").sort_values("text_key")
    meant = np.abs(vectors.of(texts["text_key"])).sum(axis=1) > 0
    return texts.assign(usable=meant & texts["lang"].isin(study.languages.analyse), place=np.arange(len(texts)))


def _heads(texts: pd.DataFrame) -> pd.DataFrame:
    """Return, of each group of copies, the earliest usable text: copy-paste makes no narrative and hides none."""
    order = texts[texts["usable"]].sort_values(["created_at", "text_key"])
    return order.drop_duplicates("group_id").sort_values("text_key")


def _cluster_window(
    posts: pd.DataFrame,
    texts: pd.DataFrame,
    vectors: NDArray[np.float32],
    context: NDArray[np.float32],
    voices: Voices,
    study: Study,
) -> Clustered:
    section, heads, window = study.clustering, _heads(texts), int(posts["window_id"].iloc[0])
    own = vectors[heads["place"]]
    found, moved = cluster_vectors(own, section, context)
    smallest = least_size(len(own), section)
    core = settle(own, found, 1) >= 0
    label = leave(moved[: len(own)], settle(own, found, section.min_similarity), smallest)
    if section.camps:
        earlier = nearest(context, own, label, section.min_similarity)
        label = part(np.vstack([own, context]), np.append(label, earlier), core, voices, smallest=smallest)
    middle = centroids(own, label)
    placed = heads.assign(label=label, core=core)[["group_id", "label", "core"]]
    texts = texts.merge(placed, on="group_id", how="left").set_index("text_key")
    texts["label"] = texts["label"].where(texts["usable"]).fillna(-1).astype(int)
    inside = texts["label"].to_numpy() >= 0
    cosine = np.full(len(texts), np.nan)
    cosine[inside] = (vectors[inside] * middle[texts["label"].to_numpy()[inside]]).sum(axis=1).clip(-1, 1)
    texts["strength"] = cosine
    texts["reason"] = _reasons(texts, study, too_few=not (label >= 0).any() and len(heads) < 10)
    membership = _membership(window, posts, texts)
    return Clustered(_describe(window, posts, texts, middle, study), membership)


def _reasons(texts: pd.DataFrame, study: Study, *, too_few: bool) -> NDArray[np.object_]:
    analysed = texts["lang"].isin(study.languages.analyse)
    return np.select(
        [texts["label"].ge(0) & texts["core"].eq(True), texts["label"].ge(0), texts["lang"].eq("none"), ~analysed],
        ["core", "near", "no words", "language"],
        default="too few posts" if too_few else "noise",
    ).astype(object)


def _membership(window: int, posts: pd.DataFrame, texts: pd.DataFrame) -> pd.DataFrame:
    of_post = texts.loc[posts["text_key"], ["label", "strength", "reason"]].reset_index(drop=True)
    names = of_post["label"].map(lambda label: f"{window}-{label}" if label >= 0 else None)
    return pd.DataFrame(
        {
            "post_id": posts["post_id"].to_numpy(),
            "window_id": window,
            "cluster_id": names,
            "strength": of_post["strength"],
            "reason": of_post["reason"],
        }
    )


def _describe(
    window: int, posts: pd.DataFrame, texts: pd.DataFrame, middle: NDArray[np.float32], study: Study
) -> pd.DataFrame:
    """Return the `clusters` rows of one window."""
    labels = texts["label"].to_numpy()
    once = texts.sort_values("created_at", kind="stable").drop_duplicates(["label", "group_id"])
    words_of = keywords(once["text"], once["lang"], once["label"].to_numpy(), study.clustering.keywords)
    posts = posts.assign(label=texts.loc[posts["text_key"], "label"].to_numpy())
    posts = posts[posts["label"] >= 0].assign(kazakh=posts["lang"].map(KAZAKH).fillna(0))
    by_post = posts.groupby("label")
    clustered = texts[labels >= 0]
    by_text = clustered.groupby("label")
    frame = pd.DataFrame(
        {
            "n_posts": by_post.size(),
            "n_texts": by_text.size(),
            "n_accounts": by_post["author_id"].nunique(),
            "kk_share": by_post["kazakh"].mean(),
            "cohesion": by_text["strength"].mean(),
        }
    )
    side = once["lang"].map(lambda lang: {"ru": "ru", "mixed": "mixed"}.get(lang, "kk"))
    counts = pd.crosstab(once["label"], side).reindex(index=frame.index, columns=["ru", "kk", "mixed"], fill_value=0)
    frame[["n_ru", "n_kk", "n_mixed"]] = counts.to_numpy()
    frame["medoid_ru"] = _medoids(clustered[clustered["lang"] == "ru"])
    frame["medoid_kk"] = _medoids(clustered[clustered["lang"].str.startswith("kk")])
    frame["keywords_ru"] = [words_of[label][0] for label in frame.index]
    frame["keywords_kk"] = [words_of[label][1] for label in frame.index]
    frame["label"] = [
        keyword_label(ru, kk, share)
        for ru, kk, share in zip(frame["keywords_ru"], frame["keywords_kk"], frame["kk_share"], strict=True)
    ]
    frame["centroid"] = [middle[label] for label in frame.index]
    frame["cluster_id"] = [f"{window}-{label}" for label in frame.index]
    frame["window_id"] = window
    return frame[list(tables.CLUSTERS.columns)]


def _medoids(texts: pd.DataFrame) -> pd.Series:
    """Return, per cluster, the post of the text nearest to the centroid; of equally near ones the first by key."""
    return texts.sort_values(["strength"], ascending=False, kind="stable").groupby("label")["post_id"].first()
