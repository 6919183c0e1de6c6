"""The study: all sections together, and what must hold between them."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Annotated

from pydantic import Discriminator, Field, PrivateAttr, Tag, model_validator

from narratives.config import sections
from narratives.config.base import Section
from narratives.config.coordination import Coordination
from narratives.config.shifts import Event, Shifts
from narratives.config.sources import AccountSource, FileSource, SimulatedSource, source_kind
from narratives.config.stance import Stance, Target
from narratives.errors import nearest

Source = Annotated[
    Annotated[FileSource, Tag("file")] | Annotated[SimulatedSource, Tag("simulated")],
    Discriminator(source_kind),
]


class Study(Section):
    """A whole study, as its YAML file says it. Dates are meant in `time.zone`."""

    name: str = Field(min_length=1)
    """Name of the study."""
    seed: int = Field(default=0, ge=0)
    """The one seed of everything random."""
    sources: tuple[Source, ...] = Field(min_length=1)
    """Where posts come from."""
    accounts: tuple[AccountSource, ...] = ()
    """Where account profiles come from, if there are any."""
    time: sections.Time = sections.Time()
    """Time range and zone."""
    languages: sections.Languages = sections.Languages()
    """Languages that are analysed."""
    encoder: sections.Encoder = sections.Encoder()
    """Where vectors come from."""
    copies: sections.Copies = sections.Copies()
    """Which texts are near copies."""
    windows: sections.Windows = sections.Windows()
    """How time is cut."""
    clustering: sections.Clustering = sections.Clustering()
    """Posts of a window into narratives."""
    tracking: sections.Tracking = sections.Tracking()
    """Narratives over time."""
    targets: tuple[Target, ...] = ()
    """Whom or what posts take a stance on."""
    stance: Stance = Stance()
    """How stance is scored."""
    events: tuple[Event, ...] = ()
    """What happened when."""
    coordination: Coordination = Coordination()
    """Which accounts act together."""
    shifts: Shifts = Shifts()
    """Which shifts are tested."""
    report: sections.Report = sections.Report()
    """What the report shows."""
    engine: sections.Engine = sections.Engine()
    """Where work runs."""

    _folder: Path = PrivateAttr(default_factory=Path)

    @property
    def folder(self) -> Path:
        """Folder that relative source paths start from: the study file's, or the working folder."""
        return self._folder

    @model_validator(mode="after")
    def _consistent(self) -> Study:
        for kind, names in (("target id", [t.id for t in self.targets]), ("event name", [e.name for e in self.events])):
            twice = [name for name, n in Counter(names).items() if n > 1]
            if twice:
                raise ValueError(f"the {kind} '{twice[0]}' is used twice")
        anchor, events = self.windows.anchor, [e.name for e in self.events]
        if anchor is not None and anchor not in events:
            raise ValueError(f"windows.anchor names no event: '{anchor}'.{nearest(anchor, events)}")
        targets = [target.id for target in self.targets]
        for event in self.events:
            for role, named in (("publisher", event.publisher), ("act", event.act)):
                if named is not None and named not in targets:
                    near = nearest(named, targets)
                    raise ValueError(f"the event '{event.name}' names as {role} no target: '{named}'.{near}")
        return self

    def event_time(self, name: str) -> datetime:
        """Return the moment (UTC) of the event called `name`."""
        return self.time.utc(next(e.date for e in self.events if e.name == name))
