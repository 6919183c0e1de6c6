"""Narrative-shift timelines: find coordinated reversals in Russian and Kazakh posts."""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from narratives.config import Study
    from narratives.config.load import load_study
    from narratives.embed import load_encoder
    from narratives.errors import ArtifactError, ConfigError, DataError, NarrativesError
    from narratives.language import detect_language, language_spans
    from narratives.result import Run, load, run
    from narratives.simulation import Corpus, evaluate, simulate
    from narratives.stance import score_stance

__version__ = version("narratives")

# Imported when first used: torch, hdbscan and matplotlib take seconds, and `narratives --help` needs none of them.
_HOMES = {
    "narratives.config": ("Study",),
    "narratives.config.load": ("load_study",),
    "narratives.embed": ("load_encoder",),
    "narratives.errors": ("ArtifactError", "ConfigError", "DataError", "NarrativesError"),
    "narratives.language": ("detect_language", "language_spans"),
    "narratives.result": ("Run", "load", "run"),
    "narratives.simulation": ("Corpus", "evaluate", "simulate"),
    "narratives.stance": ("score_stance",),
}

__all__ = [
    "ArtifactError",
    "ConfigError",
    "Corpus",
    "DataError",
    "NarrativesError",
    "Run",
    "Study",
    "detect_language",
    "evaluate",
    "language_spans",
    "load",
    "load_encoder",
    "load_study",
    "run",
    "score_stance",
    "simulate",
]


def __getattr__(name: str) -> object:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(f"module 'narratives' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
