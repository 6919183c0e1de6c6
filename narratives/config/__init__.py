"""A study's configuration: frozen sections, read from YAML with errors that name the line."""

from narratives.config.sections import (
    Clustering,
    Coordination,
    Copies,
    Encoder,
    Engine,
    Event,
    Languages,
    Phrases,
    Report,
    Reversal,
    Shifts,
    Stance,
    Target,
    Time,
    Tracking,
    Windows,
)
from narratives.config.sources import AccountSource, Columns, FileSource, SimulatedSource
from narratives.config.study import Study

__all__ = [
    "AccountSource",
    "Clustering",
    "Columns",
    "Coordination",
    "Copies",
    "Encoder",
    "Engine",
    "Event",
    "FileSource",
    "Languages",
    "Phrases",
    "Report",
    "Reversal",
    "Shifts",
    "SimulatedSource",
    "Stance",
    "Study",
    "Target",
    "Time",
    "Tracking",
    "Windows",
]
