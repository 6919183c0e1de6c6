"""The line from posts to report. Only this module knows the order of stages."""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from narratives import tables
from narratives.cluster import cluster_windows
from narratives.cluster.labels import Labeler, name_of, relabel
from narratives.config import Study
from narratives.config.load import dump_study
from narratives.coordination import detect_coordination
from narratives.embed import Encoder, Vectors, embed, load_encoder
from narratives.engine import on_one_thread
from narratives.files import hash_file, write_atomically
from narratives.groups import group_texts
from narratives.ingest import account_files, ingest, post_files
from narratives.language import detect_language
from narratives.matters import cohort_matters
from narratives.measure import measured
from narratives.progress import Progress, Silent
from narratives.report import write_report
from narratives.shifts import detect_shifts
from narratives.shifts.cards import cohort_cards
from narratives.stance import decided, find_mentions, label_file, load_backend, score_mentions
from narratives.stance.protocol import Resources
from narratives.stance.replies import score_replies
from narratives.stance.series import account_stances, locate, stance_series
from narratives.store import Store, key_of
from narratives.summary import findings_json, summarize_run
from narratives.track import track_narratives
from narratives.windows import make_windows

log = logging.getLogger(__name__)

PACKAGES = ("narratives", "numpy", "pandas", "scikit-learn", "hdbscan", "sentence-transformers", "langdetect")
Frames = dict[str, pd.DataFrame]


@dataclass
class Context:
    """What a stage may use: the study, the run folder, and the tables read so far."""

    study: Study
    store: Store
    progress: Progress
    labeler: Labeler | None = None
    cached: Frames = field(default_factory=dict)
    info: dict[str, Any] = field(default_factory=dict)

    def read(self, table: str) -> pd.DataFrame:
        """Return a table, read from disk once."""
        if table not in self.cached:
            self.cached[table] = self.store.read(table)
        return self.cached[table]

    def posts_with_language(self) -> pd.DataFrame:
        """Return the posts joined with their language."""
        return self.read("posts").merge(self.read("languages")[["text_key", "lang"]], on="text_key", how="left")

    def distinct_texts(self) -> pd.Series:
        """Return each text once, by its text_key, sorted."""
        return self.read("posts").drop_duplicates("text_key").set_index("text_key")["text"].sort_index()

    def encoder(self) -> Encoder:
        """Return the study's encoder, fitted on the run's texts if it is one to fit."""
        study = self.study
        corpus = self.distinct_texts().tolist()
        return load_encoder(study.encoder.name, corpus=corpus, section=study.encoder, seed=study.seed)


@dataclass(frozen=True)
class Stage:
    """One step: the sections and tables it depends on, the tables it makes, and how."""

    name: str
    sections: tuple[str, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    make: Callable[[Context], Frames]


def run_study(
    study: Study, out: Path, *, progress: Progress | None = None, labeler: Labeler | None = None
) -> dict[str, Any]:
    """Run every stage that is not current, write the report, and return the summary.

    Raises
    ------
    ConfigError, DataError, ArtifactError
        If the study, its data or the folder `out` cannot be used. Finished stages stay.
    """
    context = Context(study, Store(out), progress or Silent(), labeler)
    sources = _fingerprints(study, out)
    versions = {package: version(package) for package in PACKAGES}
    context.store.manifest |= {"study": study.name, "seed": study.seed, "versions": versions}
    for stage in STAGES:
        _run_stage(stage, context, sources)
    write_atomically(out / "study.resolved.yaml", dump_study(study).encode())
    return write_outputs(context)


def write_outputs(context: Context) -> dict[str, Any]:
    """Write findings, summary and report of a run whose stages are done, and return the summary."""
    frames = {name: context.read(name) for name in tables.SCHEMAS}
    out = context.store.folder
    summary = summarize_run(frames, context.study, context.store.manifest)
    write_atomically(out / "findings.json", findings_json(frames["findings"]).encode())
    context.progress.start("report")
    with measured() as cost:
        write_report(frames, context.study, out, summary=summary)
    summary["stages"]["report"] = cost.figures()
    write_atomically(out / "summary.json", json.dumps(summary, ensure_ascii=False, indent=2).encode())
    context.progress.finish("report", reused=False)
    return summary


def _run_stage(stage: Stage, context: Context, sources: Mapping[str, str]) -> None:
    study, store = context.study, context.store
    config = study.model_dump(mode="json", include={*stage.sections, "seed"})
    if stage.make is _cluster and context.labeler is not None:
        config["labeler"] = name_of(context.labeler)
    inputs = {table: store.hash_of(table) for table in stage.inputs} or dict(sources)
    if stage.make is _stance and study.stance.labels is not None:
        inputs["labels"] = hash_file(label_file(study.stance, study.folder))
    key = key_of([stage.name, list(stage.outputs), version("narratives"), config, inputs])
    reused = store.is_current(stage.name, key)
    if not reused:
        context.progress.start(stage.name)
        context.info = {}
        with measured() as cost:
            made = stage.make(context)
        record = {"config": key_of([config]), "inputs": inputs, "seed": study.seed, **cost.figures(), **context.info}
        store.save(stage.name, key, made, stage.outputs, record)
        context.cached |= made
    context.progress.finish(stage.name, reused=reused)


def _fingerprints(study: Study, out: Path) -> dict[str, str]:
    """Return the content hash of every source file, by its path from the study; simulated ones need none."""
    files = [*post_files(study, out / "corpus"), *account_files(study, out / "corpus")]
    given = [path for path, _ in files if not path.is_relative_to(out / "corpus")]
    return {os.path.relpath(path, study.folder): hash_file(path) for path in given}


def _ingest(context: Context) -> Frames:
    came = ingest(context.study, context.store.folder / "corpus")
    context.info["files"] = came.files
    return {"posts": came.posts, "accounts": came.accounts, "deletions": came.deletions, "rejects": came.rejects}


def _language(context: Context) -> Frames:
    texts = context.distinct_texts()
    found = detect_language(texts.tolist())
    found.insert(0, "text_key", texts.index)
    return {"languages": tables.check("languages", found[list(tables.LANGUAGES.columns)])}


def _embed(context: Context) -> Frames:
    store, texts, encoder = context.store, context.distinct_texts(), context.encoder()
    cache = store.folder / "cache"
    context.progress.start("embed", len(texts))
    vectors = embed(texts, encoder, store.path("vectors"), cache, progress=context.progress.advance)
    vectors.write(store.path("vectors"))
    shutil.rmtree(cache, ignore_errors=True)
    context.info |= {"model": vectors.model, "texts_cut": encoder.count_cut(texts.tolist())}
    return {}


def _windows(context: Context) -> Frames:
    return {"windows": make_windows(context.read("posts")["created_at"], context.study)}


def _group(context: Context) -> Frames:
    found = group_texts(context.read("posts"), context.study.copies)
    return {"text_groups": found.text_groups, "groups": found.groups}


def _cluster(context: Context) -> Frames:
    windows, vectors = context.read("windows"), Vectors.read(context.store.path("vectors"))
    context.progress.start("cluster", int((windows["n_posts"] > 0).sum()))
    posts = context.posts_with_language().merge(context.read("text_groups"), on="text_key")
    found = cluster_windows(posts, windows, vectors, context.study, progress=context.progress.advance)
    clusters = found.clusters
    if context.labeler is not None:
        clusters = relabel(clusters, found.membership, posts, context.labeler)
    return {"clusters": tables.check("clusters", clusters), "membership": found.membership}


def _track(context: Context) -> Frames:
    clusters, membership = context.read("clusters"), context.read("membership")
    posts, windows, vectors = (
        context.read("posts"),
        context.read("windows"),
        Vectors.read(context.store.path("vectors")),
    )
    found = track_narratives(clusters, membership, posts, windows, vectors, context.study)
    return {"tracks": found.tracks, "transitions": found.transitions}


def _stance(context: Context) -> Frames:
    study, posts = context.study, context.read("posts")
    mentions = find_mentions(posts, study.targets)
    backend = load_backend(Resources(study.stance, study.targets, context.encoder, study.folder, study.seed))
    if backend.quality is not None:
        context.info["quality"] = backend.quality.record()
    stances = score_mentions(posts, mentions, backend, study.stance)
    replies = score_replies(posts, mentions, study.stance, study.targets)
    return {"mentions": mentions, "stances": stances, "replies": replies}


def _coordination(context: Context) -> Frames:
    study = context.study
    translated = study.coordination.near_copy.translations is not None
    vectors = Vectors.read(context.store.path("vectors")) if translated else None
    posts, membership = context.posts_with_language(), context.read("membership")
    found = detect_coordination(posts, membership, study.coordination, seed=study.seed, vectors=vectors)
    return {"edges": found.edges, "edge_evidence": found.edge_evidence, "cohorts": found.cohorts}


def _matters(context: Context) -> Frames:
    posts, cohorts = context.read("posts"), context.read("cohorts")
    vectors = Vectors.read(context.store.path("vectors"))
    return {"matters": on_one_thread(cohort_matters, posts, cohorts, vectors, context.study.clustering)}


def _series(context: Context) -> Frames:
    stances = decided(context.read("stances"))
    located = locate(stances, *(context.read(table) for table in ("posts", "membership", "tracks")))
    series = stance_series(located, context.read("cohorts"), seed=context.study.seed)
    return {"account_stances": account_stances(located), "stance_series": series}


def _shifts(context: Context) -> Frames:
    frames = {table: context.read(table) for table in SHIFTED}
    findings = detect_shifts(frames | {"stances": decided(frames["stances"])}, context.study)
    return {"findings": findings, "cohort_cards": cohort_cards(frames, context.study)}


SHIFTED = (
    "posts",
    "accounts",
    "deletions",
    "languages",
    "text_groups",
    "matters",
    "mentions",
    "stances",
    "replies",
    "edges",
    "edge_evidence",
    "cohorts",
)
STAGES = (
    Stage("ingest", ("sources", "accounts", "time"), (), ("posts", "accounts", "deletions", "rejects"), _ingest),
    Stage("language", (), ("posts",), ("languages",), _language),
    Stage("embed", ("encoder",), ("posts",), ("vectors",), _embed),
    Stage("windows", ("windows", "time", "events"), ("posts",), ("windows",), _windows),
    Stage("group", ("copies",), ("posts",), ("text_groups", "groups"), _group),
    Stage(
        "cluster",
        ("clustering", "languages"),
        ("posts", "languages", "vectors", "text_groups", "windows"),
        ("clusters", "membership"),
        _cluster,
    ),
    Stage(
        "track",
        ("tracking",),
        ("posts", "windows", "vectors", "clusters", "membership"),
        ("tracks", "transitions"),
        _track,
    ),
    Stage("stance", ("targets", "stance", "encoder"), ("posts",), ("mentions", "stances", "replies"), _stance),
    Stage(
        "coordination",
        ("coordination",),
        ("posts", "languages", "vectors", "membership"),
        ("edges", "edge_evidence", "cohorts"),
        _coordination,
    ),
    Stage("matters", ("clustering",), ("posts", "vectors", "cohorts"), ("matters",), _matters),
    Stage(
        "series",
        (),
        ("posts", "membership", "tracks", "stances", "cohorts"),
        ("account_stances", "stance_series"),
        _series,
    ),
    Stage(
        "shifts",
        ("shifts", "events", "targets", "time"),
        SHIFTED,
        ("findings", "cohort_cards"),
        _shifts,
    ),
)
