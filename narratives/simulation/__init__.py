"""Corpora in Russian and Kazakh with planted truth, and scores of a run against it."""

from narratives.simulation.corpus import Corpus, simulate
from narratives.simulation.evaluate import evaluate

__all__ = ["Corpus", "evaluate", "simulate"]
