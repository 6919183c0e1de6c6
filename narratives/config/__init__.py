"""A study's configuration: frozen sections, read from YAML with errors that name the line."""

from narratives.config.base import Side, duration
from narratives.config.coordination import Coordination
from narratives.config.sections import (
    Clustering,
    Copies,
    Encoder,
    Engine,
    Languages,
    Report,
    Time,
    Tracking,
    Windows,
)
from narratives.config.shifts import Event, Reversal, Shifts
from narratives.config.sources import AccountSource, Columns, FileSource, SimulatedSource
from narratives.config.stance import Phrases, Stance, Target
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
    "Side",
    "SimulatedSource",
    "Stance",
    "Study",
    "Target",
    "Time",
    "Tracking",
    "Windows",
    "duration",
]
