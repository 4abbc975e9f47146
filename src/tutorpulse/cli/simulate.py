"""`tutorpulse simulate`: a marketplace to practise on, as a file of events."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track

from tutorpulse.cli import console
from tutorpulse.cli.app import app
from tutorpulse.clock import DAY_US, SystemClock, parse_time
from tutorpulse.errors import InputError
from tutorpulse.simulate import emit, files, parameters, population
from tutorpulse.simulate.state import World

_YEAR_DAYS = 365


@app.command()
def simulate(
    out: Annotated[Path, typer.Option(help="Where the events go: .ndjson, with .gz or .zst if wanted.")],
    tutors: Annotated[int, typer.Option(min=1, help="Tutors who ever register.")] = 50,
    students: Annotated[int, typer.Option(min=1, help="Students who ever register.")] = 500,
    start: Annotated[str | None, typer.Option(help="First day; a year before the end by default.")] = None,
    end: Annotated[str | None, typer.Option(help="The day after the last; today by default.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes.")] = 7,
    parameters_file: Annotated[
        Path | None,
        typer.Option("--parameters", help="TOML file of parameters that differ from the defaults."),
    ] = None,
    as_json: console.JsonOption = False,
) -> None:
    """Simulate a tutoring marketplace and write what happened as contract events."""
    first, days = _period(start, end)
    world = population.new_world(parameters.load(parameters_file), tutors, students, first, days, seed)
    count = files.write_lines(out, _chunks(world, days))
    if as_json:
        console.print_json({"events": count, "days": days, "seed": seed, "out": str(out)})
    else:
        console.print_line(f"{count:,} events of {days} days in {out}")


def _period(start: str | None, end: str | None) -> tuple[int, int]:
    """The first day's number and how many days follow, itself included."""
    last = (parse_time(end) if end else SystemClock().now_us()) // DAY_US
    first = parse_time(start) // DAY_US if start else last - _YEAR_DAYS
    if first >= last:
        raise InputError(
            f"The simulation would begin ({start}) when it has ended ({end}). Give a later --end."
        )
    return first, last - first


def _chunks(world: World, days: int) -> Iterator[list[bytes]]:
    chunks = emit.line_chunks(world, days)
    for lines, _ in track(chunks, "Simulating", total=days, console=console.err, transient=True):
        yield [line.encode() for line in lines]
