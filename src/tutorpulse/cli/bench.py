"""`tutorpulse bench`: figures of this machine beside what it could do at best."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from tutorpulse.bench.catalog import BENCHMARKS
from tutorpulse.bench.harness import Options, Result
from tutorpulse.cli import console
from tutorpulse.cli.app import app
from tutorpulse.cli.progress import progress_bar
from tutorpulse.errors import InputError

_FEWEST_EVENTS = 1_000


@app.command()
def bench(
    name: Annotated[str, typer.Argument(help=f"One of {', '.join(BENCHMARKS)}.")],
    events: Annotated[
        int | None,
        typer.Option(
            min=_FEWEST_EVENTS, help="Events in the home; fewer for a quick look.", show_default="as stated"
        ),
    ] = None,
    repeats: Annotated[int, typer.Option(min=1, help="How often to measure.")] = 3,
    seconds: Annotated[
        float | None,
        typer.Option(
            min=5,
            help="How long `soak` measures; it warms up for as long before.",
            show_default="600",
        ),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option("--in", help="Where to work, on the disk to be measured; the system's by default."),
    ] = None,
    as_json: console.JsonOption = False,
) -> None:
    """Measure one thing, in a home made for it and removed after it, beside the physical limit in the same run."""
    if name not in BENCHMARKS:
        raise InputError(f"{name!r} is no benchmark. Give one of: {', '.join(BENCHMARKS)}.")
    if folder is not None and not folder.is_dir():
        raise InputError(f"{folder} is no folder. Give one that exists with --in.")
    chosen = BENCHMARKS[name]
    with (
        tempfile.TemporaryDirectory(prefix="tutorpulse-", dir=folder) as work,
        progress_bar("Preparing") as progress,
    ):
        found = chosen.run(Options(events or chosen.events, repeats, Path(work), progress, seconds))
    if as_json:
        console.print_json(found.as_data())
    else:
        console.print_line(_sentence(found))
        if found.verdict:
            console.print_line(found.verdict)


def _sentence(found: Result) -> str:
    spread = "" if found.spread is None else f", spread {found.spread:.0%} over {len(found.repeats)} runs"
    return f"{found.name}: {found.value:,.4g} {found.unit}, {found.ratio:.0%} of the limit {found.limit:,.4g}{spread}"
