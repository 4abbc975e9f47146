"""`tutorpulse simulate`: a marketplace to practise on, as a file of events or sent to a service."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from tutorpulse.cli import console
from tutorpulse.cli.app import app
from tutorpulse.cli.progress import progress_bar
from tutorpulse.cli.tables import write_events, write_truth
from tutorpulse.clock import DAY_US, SystemClock, parse_time
from tutorpulse.errors import InputError
from tutorpulse.simulate import emit, files, parameters, population, post
from tutorpulse.simulate.dirt import Dirt, dirtied, parse_dirt
from tutorpulse.simulate.record import Kind
from tutorpulse.simulate.state import World
from tutorpulse.simulate.study import Study, new_study
from tutorpulse.simulate.truth import WEEK_DAYS

_YEAR_DAYS = 365
_Week = TypeVar("_Week")


@app.command()
def simulate(
    out: Annotated[
        Path | None, typer.Option(help="Where the events go: .ndjson, .ndjson.gz, .ndjson.zst or .parquet.")
    ] = None,
    to: Annotated[str | None, typer.Option(help="Address of a service to send the events to.")] = None,
    rate: Annotated[float, typer.Option(min=0, help="Events a second to send; 0: all it takes.")] = 0.0,
    header: Annotated[
        list[str] | None, typer.Option(help="Header to send, such as 'Authorization: Bearer KEY'.")
    ] = None,
    truth: Annotated[
        Path | None, typer.Option(help="Where the truth goes (.parquet): what is to come of everybody.")
    ] = None,
    mornings: Annotated[int, typer.Option(min=1, help="Mornings to tell the truth about.")] = 4,
    continuations: Annotated[int, typer.Option(min=1, help="Continuations of the world from each.")] = 100,
    exit_gap_tutor: Annotated[
        int | None, typer.Option(min=1, max=365, help="Days of silence that count as leaving; default: auto.")
    ] = None,
    exit_gap_student: Annotated[
        int | None, typer.Option(min=1, max=365, help="Days of silence that count as leaving; default: auto.")
    ] = None,
    tutors: Annotated[int, typer.Option(min=1, help="Tutors who ever register.")] = 50,
    students: Annotated[int, typer.Option(min=1, help="Students who ever register.")] = 500,
    start: Annotated[str | None, typer.Option(help="First day; a year before the end by default.")] = None,
    end: Annotated[str | None, typer.Option(help="The day after the last; today by default.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes.")] = 7,
    dirt: Annotated[
        str | None,
        typer.Option(help="Faults to add: a share such as 0.02, or kinds: late=0.01,malformed=0.001."),
    ] = None,
    parameters_file: Annotated[
        Path | None,
        typer.Option("--parameters", help="TOML file of parameters that differ from the defaults."),
    ] = None,
    list_parameters: Annotated[
        bool,
        typer.Option("--list-parameters", help="Print all parameters in force as such a file, and stop."),
    ] = False,
    as_json: console.JsonOption = False,
) -> None:
    """Simulate a tutoring marketplace and give what happened as contract events."""
    chosen = parameters.load(parameters_file)
    if list_parameters:
        console.print_line(parameters.as_toml(chosen))
        return
    first, days = _period(start, end)
    world = population.new_world(chosen, tutors, students, first, days, seed)
    study = _study(world, days, mornings) if truth else None
    target = _target(to, header or [], rate)
    count = _deliver(_Run(world, days, parse_dirt(dirt) if dirt else None, study), out, target)
    if study and truth:
        _tell_truth(
            study, truth, continuations, world.day, {"tutor": exit_gap_tutor, "student": exit_gap_student}
        )
    if as_json:
        console.print_json({"events": count, "days": days, "seed": seed, "out": str(out) if out else to})
    else:
        console.print_line(f"{count:,} events of {days} days, {out or to}")


@dataclass(frozen=True)
class _Run:
    world: World
    days: int
    dirt: Dirt | None
    study: Study | None

    def texts(self) -> Iterator[emit.Text]:
        """The clean lines, some days at a time; the study looks on."""
        if self.study is None:
            return emit.texts_ahead(self.world, self.days)
        return emit.texts_ahead(
            self.world, self.days, self.study.record, partial(self.study.look, self.world)
        )


def _period(start: str | None, end: str | None) -> tuple[int, int]:
    """The first day's number and how many days follow, itself included."""
    last = (parse_time(end) if end else SystemClock().now_us()) // DAY_US
    first = parse_time(start) // DAY_US if start else last - _YEAR_DAYS
    if first >= last:
        raise InputError("The simulation would end before it begins. Give a --start before --end.")
    return first, last - first


def _study(world: World, days: int, mornings: int) -> Study:
    if days < WEEK_DAYS:
        raise InputError(
            f"The truth is told of mornings after whole weeks, and the simulation lasts {days} days. Give {WEEK_DAYS} days or more."
        )
    return new_study(world, days, mornings)


def _target(to: str | None, headers: list[str], rate: float) -> post.Target | None:
    return post.Target(to, tuple(map(post.parse_header, headers)), rate) if to else None


def _deliver(run: _Run, out: Path | None, target: post.Target | None) -> int:
    """Write or send the events; how many."""
    if (out is None) == (target is None):
        raise InputError("Say where the events go: --out FILE or --to URL, one of them.")
    if out and out.suffix == ".parquet":
        if run.dirt:
            raise InputError(
                "Dirt needs lines. Give an --out that ends with .ndjson, .ndjson.gz or .ndjson.zst."
            )
        return write_events(out, run.world, run.days, run.study)
    if out and run.dirt:
        return files.write_lines(out, _chunks(run))
    if out:
        return files.write_texts(out, _told(run, ((text.lines, len(text.ts_us)) for text in run.texts())))
    assert target
    return post.post_lines(target, (line.encode() for line in chain.from_iterable(_chunks(run))))


def _chunks(run: _Run) -> Iterator[list[str]]:
    clean = ((text.lines.decode().split("\n")[:-1], text.ts_us) for text in run.texts())
    return _told(run, dirtied(clean, run.dirt, run.world.seed) if run.dirt else (lines for lines, _ in clean))


def _told(run: _Run, weeks: Iterable[_Week]) -> Iterator[_Week]:
    """The weeks, while it is told how far the world is."""
    first = run.world.day
    with progress_bar("Simulating") as tell:
        for week in weeks:
            tell(run.world.day - first, run.days)
            yield week


def _tell_truth(study: Study, path: Path, continuations: int, day: int, gaps: dict[Kind, int | None]) -> None:
    given: dict[Kind, float] = {kind: gap for kind, gap in gaps.items() if gap is not None}
    with progress_bar("Continuing the world") as tell:
        write_truth(path, study.truth(continuations, day, given, tell))
