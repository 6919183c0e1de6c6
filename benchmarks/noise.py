"""Which noise should join a narrative: rules compared at the same share of noise among real posts.

Run from the root of the repository: ``python -m benchmarks.noise --data FOLDER``. Prints a Markdown table.

The folder holds `ira_ru.parquet` (github.com/fivethirtyeight/russian-troll-tweets, Linvill & Warren 2018); its posts
from July 2015 to March 2016 are clustered week by week. Their hashtags are taken off first, and then tell what no rule
has seen: a text that joined *agrees* if its hashtag is in the narrative at least half as common as in the narrative
where it is commonest. Where lonely ones leave, so does what has mostly noise around it. The planted posts are whole
weeks of `narratives simulate --scenario lives`. Unlike a run, this leaves loose clusters out before noise joins, and
each week is alone.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import bisect
from sklearn.preprocessing import normalize

import narratives
from benchmarks.clusterers import SECTION, score, windows
from benchmarks.reversal import markdown
from narratives.cluster.hdbscan import FAR, FEW, LIKE, TENTH, centroids, cluster_vectors, least_size, leave, settle
from narratives.config import Copies
from narratives.groups import group_texts
from narratives.text import text_key

START, END = "2015-07-06", "2016-03-28"
COMMON = 15  # texts of narratives that hold a hashtag, from which it counts
HASHTAG = re.compile(r"#(\w+)")
GENERIC = {"новости", "news", "россия", "видео", "video", "фото"}
NOISE = 0.3
Floats = np.ndarray


@dataclass(frozen=True)
class Window:
    """Posts of a week, their distinct texts, unit rows of these, the same smoothed, and labels before noise joins."""

    posts: pd.DataFrame
    heads: pd.DataFrame
    vectors: Floats
    moved: Floats
    labels: Floats


def window(posts: pd.DataFrame, heads: pd.DataFrame, vectors: Floats) -> Window:
    labels, moved = cluster_vectors(vectors, SECTION)
    return Window(posts, heads, vectors, moved, settle(vectors, labels, 1.0))


def cosines(rows: Floats, labels: Floats) -> Floats:
    """Return texts × narratives: cosines to the centroids, both without what these have in common."""
    middle = centroids(rows, labels)
    shared = middle.mean(axis=0)
    return normalize(rows - shared) @ normalize(middle - shared).T


def nearest(week: Window, number: int) -> Floats:
    """Return texts × narratives: the mean cosine to so many texts that each is most like, or a tenth, as in a run."""
    middle = centroids(week.vectors, week.labels)
    rows = normalize(week.vectors - middle.sum(axis=0) / (len(middle) + FEW))
    every = (np.sort(rows @ rows[week.labels == label].T, axis=1) for label in range(len(middle)))
    return np.column_stack([cosine[:, -max(number, cosine.shape[1] // TENTH) :].mean(axis=1) for cosine in every])


def not_far(week: Window, near: Floats) -> Floats:
    """Return likenesses without those of texts that are far from the centroid."""
    return np.where(week.vectors @ centroids(week.vectors, week.labels).T >= FAR, near, -1)


CHOSEN = f"**cosines to the {LIKE} nearest texts, not far itself; lonely ones leave**"
RULES: dict[str, Callable[[Window], Floats]] = {
    CHOSEN: lambda w: not_far(w, nearest(w, LIKE)),
    **{f"cosines to the {number} nearest texts": partial(nearest, number=number) for number in (5, 20, LIKE, 100)},
    "its cosine to the centroid": lambda w: cosines(w.vectors, w.labels),
    "that of smoothed texts": lambda w: cosines(w.moved, w.labels),
    "that of smoothed texts, not far itself": lambda w: not_far(w, cosines(w.moved, w.labels)),
    "the mean of both": lambda w: (cosines(w.vectors, w.labels) + cosines(w.moved, w.labels)) / 2,
}


def joined(week: Window, near: Floats, least: float, *, lonely: bool) -> Floats:
    labels = np.where((week.labels < 0) & (near.max(axis=1) >= least), near.argmax(axis=1), week.labels)
    return leave(week.moved, labels, least_size(len(labels), SECTION)) if lonely else labels


def factory(data: Path) -> Iterator[Window]:
    """Yield the weeks of real posts, without their hashtags, which are a column."""
    posts = pd.read_parquet(data / "ira_ru.parquet", columns=["author_id", "time", "text"]).dropna()
    posts = posts[posts["time"].between(START, END, inclusive="left")].drop_duplicates()
    posts["tags"] = [set(HASHTAG.findall(text.lower())) - GENERIC for text in posts["text"]]
    posts["text"] = posts["text"].str.replace(HASHTAG, "", regex=True)
    posts["post_id"], posts["created_at"] = np.arange(len(posts)).astype(str), posts["time"].dt.tz_localize("UTC")
    posts["text_key"] = posts["text"].map(text_key)
    posts = posts.merge(group_texts(posts, Copies()).text_groups, on="text_key").sort_values("created_at")
    posts = posts[narratives.detect_language(posts["text"].tolist())["lang"].isin(["ru", "kk", "mixed"]).to_numpy()]
    for _, part in posts.groupby((posts["created_at"] - posts["created_at"].min()).dt.days // 7):
        heads = part.drop_duplicates("group_id").sort_values("text_key")
        yield window(part, heads, narratives.load_encoder().encode(heads["text"].tolist()))


def threshold(found: list[Window], near: list[Floats], *, lonely: bool) -> float:
    """Return the least likeness at which so many posts of the windows as `NOISE` says are noise."""

    def short(least: float) -> float:
        labels = [joined(w, n, least, lonely=lonely) for w, n in zip(found, near, strict=True)]
        noise = [w.posts["group_id"].isin(w.heads["group_id"][ls < 0]) for w, ls in zip(found, labels, strict=True)]
        return float(pd.concat(noise).mean()) - NOISE

    return float(bisect(short, -1, 1, xtol=1e-3))


def agreement(week: Window, labels: Floats) -> list[bool]:
    """Return, for each text that joined and each of its hashtags, whether they agree."""
    tags = week.heads[["tags"]].assign(label=labels, joined=week.labels < 0).explode("tags").dropna()
    core = tags[~tags["joined"] & (tags["label"] >= 0)]
    count = pd.crosstab(core["tags"], core["label"])
    rate = count[count.sum(axis=1) >= COMMON] / np.bincount(week.labels + 1)[1:][count.columns]
    new = tags[tags["joined"] & (tags["label"] >= 0) & tags["tags"].isin(rate.index)]
    return [
        rate.loc[tag].get(label, 0) >= rate.loc[tag].max() / 2
        for tag, label in zip(new["tags"], new["label"], strict=True)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    options = parser.parse_args()
    real = list(factory(options.data))
    planted = [window(*week) for seed in options.seeds for week in windows("lives", seed, 1)]
    rows = []
    for name, rule in RULES.items():
        lonely = name == CHOSEN
        least = threshold(real, near := [rule(week) for week in real], lonely=lonely)
        agree = [
            one for w, n in zip(real, near, strict=True) for one in agreement(w, joined(w, n, least, lonely=lonely))
        ]
        mean = pd.DataFrame([score(w.posts, w.heads, joined(w, rule(w), least, lonely=lonely)) for w in planted]).mean()
        figures = {"AMI": mean["AMI"], "purity": mean["purity"], "of no narrative, clustered": mean["noise"]}
        rows.append({"a text joins by": name, "from": least} | figures | {"hashtags agree": np.mean(agree)})
        rows[-1]["of"] = str(len(agree))
        rows[-1] = {key: f"{value:.3f}" if isinstance(value, float) else value for key, value in rows[-1].items()}
    print(markdown(pd.DataFrame(rows)))


if __name__ == "__main__":
    main()
