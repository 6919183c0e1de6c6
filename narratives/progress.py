"""Progress of a run, for people at a terminal."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bars


class Progress(Protocol):
    """Is told how far a run is."""

    def start(self, stage: str, total: int | None = None) -> None:
        """`stage` begins, or now knows that it takes `total` steps."""

    def advance(self, steps: int) -> None:
        """So many more steps of it are done."""

    def finish(self, stage: str, *, reused: bool) -> None:
        """It is done, or its result was there already."""


class Silent:
    """Shows nothing."""

    def start(self, stage: str, total: int | None = None) -> None:
        """Show nothing."""

    def advance(self, steps: int) -> None:
        """Show nothing."""

    def finish(self, stage: str, *, reused: bool) -> None:
        """Show nothing."""


class Terminal:
    """Shows one line per stage, with a bar where the steps are known."""

    def __init__(self, console: Console) -> None:
        columns = (
            SpinnerColumn(finished_text="✓"),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
        )
        times = (TimeElapsedColumn(), TimeRemainingColumn())
        # One batch of a large model takes seconds: rich's 30 s would give no estimate, or one that jumps.
        self.bars = Bars(*columns, *times, console=console, speed_estimate_period=600)
        self.tasks: dict[str, TaskID] = {}
        self.current: TaskID | None = None

    def __enter__(self) -> Terminal:
        self.bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bars.stop()

    def start(self, stage: str, total: int | None = None) -> None:
        """Open the line of `stage`, or set its total."""
        if stage not in self.tasks:
            self.tasks[stage] = self.bars.add_task(stage, total=total)
        self.current = self.tasks[stage]
        self.bars.update(self.current, total=total)

    def advance(self, steps: int) -> None:
        """Move the bar."""
        if self.current is not None:
            self.bars.advance(self.current, steps)

    def finish(self, stage: str, *, reused: bool) -> None:
        """Close the line."""
        if stage not in self.tasks:
            self.tasks[stage] = self.bars.add_task(stage, total=1)
        task = self.tasks[stage]
        name = f"{stage} [dim](unchanged)[/dim]" if reused else stage
        total = self.bars.tasks[list(self.tasks).index(stage)].total or 1
        self.bars.update(task, description=name, total=total, completed=total)
