"""Corpora in Russian and Kazakh with planted truth, and scores of a run against it."""

from narratives.simulate.corpus import Corpus, simulate
from narratives.simulate.evaluate import evaluate

__all__ = ["Corpus", "evaluate", "simulate"]
