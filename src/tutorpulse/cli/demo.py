"""`tutorpulse demo`: the whole product once, on a marketplace made for it or on a file of events."""

import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from tutorpulse.cli import console, views
from tutorpulse.cli.app import app
from tutorpulse.cli.demo_live import Feed, serve_demo
from tutorpulse.cli.demo_past import Tell, live_through, moments
from tutorpulse.cli.progress import progress_bar
from tutorpulse.cli.serve import check_installed
from tutorpulse.cli.train import starter_lines
from tutorpulse.clock import DAY_US, WEEK_US
from tutorpulse.decisions.summary import Summary
from tutorpulse.errors import HomeError
from tutorpulse.events.codec import Arrival, decode_lines
from tutorpulse.events.mapping import load_mapping
from tutorpulse.features.frame import ENTITY_TYPES
from tutorpulse.service.importing import ImportOptions, import_sources
from tutorpulse.service.queries.track import track_lines
from tutorpulse.service.root import Pulse, open_alone
from tutorpulse.service.served import open_scorer
from tutorpulse.service.sources import open_sources
from tutorpulse.service.today import InNeed, needs_someone
from tutorpulse.service.training import train_home
from tutorpulse.simulate import emit, parameters, population
from tutorpulse.simulate.state import World
from tutorpulse.store.home import Home
from tutorpulse.training.snapshots import Limits
from tutorpulse.training.stages import Stages

Say: TypeAlias = Callable[[str], None]
DEFAULT_DEMO_HOME = Path("demo-home")
_MARK = "made-by-demo"
_DAYS = 365
_SEED = 7
_LINES_AT_ONCE = 131_072
_LIMITS = Limits(dates=24, rows=20_000)
"""Less than a real training looks at, as a demonstration is to be over in a minute; with half the dates, tutors show too
few departures to learn from."""


@app.command()
def demo(
    home: Annotated[
        Path, typer.Option(help="Where the demonstration lives; an earlier one there is replaced.")
    ] = DEFAULT_DEMO_HOME,
    data: Annotated[
        Path | None, typer.Option(help="A file of events instead of a simulated marketplace.")
    ] = None,
    mapping: Annotated[str | None, typer.Option(help="What that file's columns mean, as for import.")] = None,
    tutors: Annotated[int, typer.Option(min=1, help="Simulated tutors.")] = 300,
    students: Annotated[int, typer.Option(min=1, help="Simulated students.")] = 3000,
    once: Annotated[bool, typer.Option("--once", help="Stop after the list; nothing keeps running.")] = False,
    port: Annotated[
        int, typer.Option(min=0, help="Port of the service, on this machine only; 0: any.")
    ] = 8600,
    rate: Annotated[
        float, typer.Option(min=0, help="Events a second that the simulated feed sends; 0: none.")
    ] = 2.0,
    as_json: console.JsonOption = False,
) -> None:
    """Simulate a year of a marketplace, import it, live through its last weeks (train, refresh), show who needs someone today, serve it all."""
    say: Say = console.err.print if as_json else console.print_line
    if not once:
        check_installed()
    _make_room(home)
    world: World | None = None
    with open_alone(home, create=True) as pulse:
        (home / _MARK).touch()
        if data is None:
            say(f"Simulating a year of {tutors:,} tutors and {students:,} students")
            world = new_world(pulse, tutors, students)
            events = import_simulated(pulse, world)
        else:
            say(f"Importing {data}")
            events = _import_file(pulse, data, mapping)
        say(f"{events:,} events in the log")
        result = _lived(pulse, say)
        if not as_json:
            _show(pulse, result)
    if not once:
        serve_demo(home, port, Feed(world, rate), vars(result) if as_json else None)
    elif as_json:
        console.print_json(result)
    say(f"Look closer: tutorpulse show ID --home {home}")


@dataclass(frozen=True)
class _Result:
    summary: Summary
    today: list[InNeed]


def _make_room(home: Path) -> None:
    if (home / _MARK).exists():
        with Home.open(home).lock():
            shutil.rmtree(home)
    elif home.exists() and (not home.is_dir() or any(home.iterdir())):
        raise HomeError(
            f"{home} was not made by a demonstration and is left alone. Give another with --home."
        )


def new_world(pulse: Pulse, tutors: int, students: int) -> World:
    """The marketplace of the demonstration, which ends today."""
    first_day = pulse.clock.now_us() // DAY_US - _DAYS
    return population.new_world(parameters.load(None), tutors, students, first_day, _DAYS, _SEED)


def import_simulated(pulse: Pulse, world: World) -> int:
    """Bring all of its year into the log; how many events."""
    arrival = Arrival(
        now_us=pulse.clock.now_us(), source="simulation", replayed=True, received_when_happened=True
    )
    accepted = 0
    with progress_bar("Simulating") as tell:
        weeks = _told(emit.line_chunks(world, _DAYS, emit.SPAN_DAYS), tell)
        for lines in _in_blocks(weeks):
            accepted += pulse.store.append(decode_lines(b"\n".join(lines), arrival)).accepted
    return accepted


def _told(weeks: Iterable[tuple[list[str], object]], tell: Callable[[int, int], None]) -> Iterator[list[str]]:
    for week, (lines, _) in enumerate(weeks, 1):
        tell(min(week * emit.SPAN_DAYS, _DAYS), _DAYS)
        yield lines


def _in_blocks(chunks: Iterable[list[str]]) -> Iterator[list[bytes]]:
    block: list[bytes] = []
    for line in chain.from_iterable(chunks):
        block.append(line.encode())
        if len(block) == _LINES_AT_ONCE:
            yield block
            block = []
    yield block


def _import_file(pulse: Pulse, data: Path, mapping: str | None) -> int:
    sources = open_sources([data], load_mapping(mapping) if mapping else None)
    options = ImportOptions(pulse.clock.now_us(), "event", pulse.settings.future_tolerance_hours)
    with progress_bar("Importing") as tell:
        return sum(report.accepted for report in import_sources(pulse.store, sources, options, tell).files)


def train(pulse: Pulse, say: Say, tell: Tell) -> None:
    """Train the home's own model as of the clock's time, and say how good it is."""
    known_us = pulse.clock.now_us()
    trained = train_home(pulse, Stages(ENTITY_TYPES, tell), known_us, limits=_LIMITS)
    for kind, part in trained.artifact.manifest.kinds.items():
        figure = part.metrics.get("churn_risk_14d")
        if figure and figure.auc and figure.recency_auc:
            say(
                f"{kind}s: risk of 14 days on time not seen in training: AUC {figure.auc:.2f}; "
                f"days since the last session alone: {figure.recency_auc:.2f}"
            )
    for line in starter_lines(trained):
        say(line)


def _lived(pulse: Pulse, say: Say) -> _Result:
    past = moments(pulse)
    if len(past) > 1:
        weeks = (past[-1].at_us - past[0].at_us) // WEEK_US
        say(f"Living through its last {weeks} weeks: {len(past)} refreshes, each with what was known then")
    with progress_bar("Refreshing") as tell:
        report = live_through(pulse, past, lambda there, told: train(there, say, told), tell)
    for line in track_lines(pulse.state):
        say(line.sentence)
    scorer = open_scorer(pulse)
    needs = needs_someone(pulse, scorer, ("tutor",)) or needs_someone(pulse, scorer, ("student",))
    return _Result(report.summary, needs)


def _show(pulse: Pulse, result: _Result) -> None:
    run = pulse.state.runs.last()
    assert run is not None
    views.show_run(run)
    console.print_line("")
    views.show_needs(result.today)
