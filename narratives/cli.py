"""The command line: parse, call the function a notebook would call, say where the result is."""

from __future__ import annotations

import json
import logging
import sys
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.logging import RichHandler
from rich.table import Table

from narratives.config import Study
from narratives.errors import NarrativesError

# The stages import torch, hdbscan and matplotlib, which takes seconds: `narratives --help` must not.

app = typer.Typer(
    help="Narrative-shift timelines: find coordinated reversals in Russian and Kazakh posts.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
out, err = Console(), Console(stderr=True)

StudyFile = Annotated[Path, typer.Argument(help="Study file (YAML).", show_default=False)]
RunFolder = Annotated[Path, typer.Argument(help="Folder of a finished run.", show_default=False)]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Only errors.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")]


def main() -> None:
    """Run the command line. Exit code 0: done; 1: the study, the data or a folder is wrong; 2: wrong usage."""
    try:
        app()
    except NarrativesError as error:
        err.print(f"[bold red]error[/]: {error}", highlight=False, markup=True, soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        err.print("stopped; finished stages are kept, and the same command goes on from there")
        sys.exit(130)


@app.command()
def run(
    study: StudyFile,
    out_folder: Annotated[
        Path | None, typer.Option("--out", "-o", help="Run folder; runs/<study's name> if not given.")
    ] = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Run a study: posts in, report out. Stages that are current are reused."""
    from narratives.config.load import load_study
    from narratives.progress import Silent, Terminal
    from narratives.result import run as run_study

    _log(quiet)
    loaded = load_study(study)
    if quiet or as_json or not err.is_terminal:
        finished = run_study(loaded, out_folder, progress=Silent())
    else:
        with Terminal(err) as progress:
            finished = run_study(loaded, out_folder, progress=progress)
    if as_json:
        _print_json(finished.summary)
    elif not quiet:
        for warning in finished.summary["warnings"]:
            err.print(f"[yellow]note[/]: {warning}", soft_wrap=True)
        _print_quality(finished.summary["stance"]["quality"])
        _print_findings(finished.findings.to_dict("records"))
        out.print(f"report:   {finished.report}\ntimeline: {finished.timeline}", highlight=False, soft_wrap=True)


@app.command()
def check(study: StudyFile, as_json: Json = False) -> None:
    """Validate a study and read its data without running it."""
    from narratives.config.load import load_study
    from narratives.ingest import ingest

    loaded = load_study(study)
    with tempfile.TemporaryDirectory() as scratch:
        came = ingest(loaded, Path(scratch))
    posts = came.posts
    result = {
        "study": loaded.name,
        "files": came.files,
        "posts": len(posts),
        "accounts": int(posts["author_id"].nunique()),
        "first_post": posts["created_at"].min().isoformat(),
        "last_post": posts["created_at"].max().isoformat(),
        "rejects": came.rejects["reason"].value_counts().to_dict(),
    }
    if as_json:
        _print_json(result)
        return
    out.print(f"{result['posts']:,} posts of {result['accounts']:,} accounts, ", end="")
    out.print(f"{result['first_post']} to {result['last_post']}", highlight=False)
    for reason, number in result["rejects"].items():
        out.print(f"{number:,} rows refused: {reason}", highlight=False)


@app.command()
def init(
    study: Annotated[Path, typer.Argument(help="File to write.")] = Path("study.yaml"),
    force: Annotated[bool, typer.Option("--force", help="Overwrite.")] = False,
) -> None:
    """Write a commented starter study."""
    if study.exists() and not force:
        raise NarrativesError(f"{study}: is there already. `--force` overwrites it.")
    study.write_text(files("narratives").joinpath("data/starter.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    out.print(f"{study}: edit it, then `narratives check {study}`", highlight=False, soft_wrap=True)


@app.command()
def schema() -> None:
    """Print the JSON Schema of a study, for editors."""
    _print_json(Study.model_json_schema())


@app.command()
def simulate(  # noqa: PLR0913, PLR0917 - its options
    folder: Annotated[Path, typer.Argument(help="Folder to write the corpus, its truth and a study into.")],
    scenario: Annotated[str, typer.Option(help="What is planted: reversal, honest, interview or lives.")] = "reversal",
    accounts: Annotated[
        int | None,
        typer.Option(
            min=20, help="Accounts, the cohort included: 240, 320 of interview, 600 of lives.", show_default=False
        ),
    ] = None,
    cohort: Annotated[int, typer.Option(min=0, help="Accounts that turn together.")] = 24,
    weeks: Annotated[
        int | None,
        typer.Option(
            min=4, help="Length: 10 (election in the middle), 18 of interview, 12 of lives.", show_default=False
        ),
    ] = None,
    lookalikes: Annotated[
        bool, typer.Option("--lookalikes", help="Add company that only looks coordinated: fans, a newsroom, a feast …")
    ] = False,
    only: Annotated[
        list[str] | None, typer.Option(help="Of interview, plant this alone (revival, pile_on …); may be repeated.")
    ] = None,
    strength: Annotated[float, typer.Option(min=0.05, max=1, help="Of interview, share of their tasks done.")] = 1.0,
    seed: Annotated[int, typer.Option(min=0)] = 0,
) -> None:
    """Write a corpus with planted truth, in Russian and Kazakh, with invented names."""
    from narratives.simulation import simulate as make

    corpus = make(
        scenario, accounts=accounts, cohort=cohort, weeks=weeks, lookalikes=lookalikes, only=only or (),
        strength=strength, seed=seed,
    )  # fmt: skip
    corpus.write(folder)
    out.print(f"{len(corpus.posts):,} posts; `narratives run {folder / 'study.yaml'}`", highlight=False, soft_wrap=True)


@app.command()
def evaluate(
    run_folder: RunFolder,
    truth: Annotated[
        Path | None, typer.Argument(help="Folder of the corpus or its truth; the run's own corpus if not given.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Score a run on a simulated corpus against what was planted."""
    from narratives.simulation import evaluate as score

    scores = score(run_folder, truth or run_folder / "corpus")
    if as_json:
        _print_json(scores)
        return
    table = Table("measure", "value")
    for name, value in scores.items():
        table.add_row(name, f"{value:.3f}" if isinstance(value, float) else str(value))
    out.print(table)


@app.command()
def label(
    run_folder: RunFolder,
    out_file: Annotated[
        Path, typer.Option("--out", "-o", help="CSV to write; if it is there, what it holds stays.")
    ] = Path("labels.csv"),
    n: Annotated[int, typer.Option("-n", min=1, help="How many posts.")] = 200,
) -> None:
    """Write the posts of a run that are most worth a stance label, to be filled in with any spreadsheet."""
    from narratives.result import load

    written = load(run_folder).label(out_file, n)
    out.print(f"{written} posts to label: {out_file}", highlight=False, soft_wrap=True)
    out.print(f"Fill in `label`, then set `stance: {{labels: {out_file.name}}}` in the study.", highlight=False)


@app.command()
def network(
    run_folder: RunFolder,
    out_file: Annotated[Path, typer.Option("--out", "-o", help="GEXF or GraphML file to write.")] = Path(
        "network.gexf"
    ),
) -> None:
    """Write the account network of a run for Gephi, Cytoscape or igraph."""
    from narratives.result import load

    accounts, edges = load(run_folder).network(out_file)
    out.print(f"{accounts} accounts, {edges} edges: {out_file}", highlight=False, soft_wrap=True)


@app.command()
def report(run_folder: RunFolder) -> None:
    """Write the report of a finished run again."""
    from narratives.result import render

    finished = render(run_folder)
    out.print(f"report:   {finished.report}\ntimeline: {finished.timeline}", highlight=False, soft_wrap=True)


def _print_quality(quality: dict[str, Any] | None) -> None:
    if quality is None:
        return
    n, twice = sum(quality["labels"].values()), quality["twice"]
    more = "" if twice is None else f"; {2 * n} labels should give about {twice:.2f}"
    error = f"calibration error {quality['calibration_error']:.3f}"
    out.print(
        f"stance on {n} held-out labels: macro-F1 {quality['macro_f1']:.2f}, {error}{more}",
        highlight=False,
        soft_wrap=True,
    )


def _print_findings(findings: list[dict[Any, Any]]) -> None:
    if not findings:
        out.print("no shift found")
    for row in findings:
        who = f"cohort {row['cohort']}" if isinstance(row["cohort"], str) else "all accounts"
        where = "".join(f"{target}, " for target in row["targets"])
        out.print(
            f"[bold]{row['verdict']}[/]: {where}{who}, {row['date']:%Y-%m-%d %H:%M} UTC, "
            f"{row['effect_name']} {row['effect']:+.2f} [{row['effect_low']:+.2f}, {row['effect_high']:+.2f}], "
            f"q = {row['q']:.2g}",
            highlight=False,
            soft_wrap=True,
        )


def _print_json(value: object) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def _log(quiet: bool) -> None:
    handler = RichHandler(console=err, show_path=False, show_time=False)
    logging.basicConfig(level=logging.ERROR if quiet else logging.WARNING, handlers=[handler], format="%(message)s")
    logging.getLogger("narratives").setLevel(logging.ERROR if quiet else logging.INFO)


if __name__ == "__main__":
    main()
