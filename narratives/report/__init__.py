"""Numbers → figure → page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from narratives.config import Study
from narratives.files import write_atomically
from narratives.report.plots import draw_timeline
from narratives.report.render import render_page
from narratives.report.summarize import ReportData, summarize

__all__ = ["ReportData", "summarize", "write_report"]


def write_report(tables: Mapping[str, pd.DataFrame], study: Study, out: Path, *, summary: Mapping[str, Any]) -> None:
    """Write `timeline.png` and `report.html` into the folder `out`, each atomically.

    Parameters
    ----------
    tables : every table of the run, by name.
    summary : counts, cost, versions and warnings of the run, as `narratives.summary` makes them.
    """
    data = summarize(tables, study)
    title = study.report.title or study.name
    picture = draw_timeline(data, title)
    write_atomically(out / "timeline.png", picture)
    write_atomically(out / "report.html", render_page(data, tables, study, summary, picture).encode())
