"""`tutorpulse act`: mark a recommendation done or dismissed."""

import getpass
from contextlib import closing
from typing import Annotated, Literal

import typer

from tutorpulse.cli import console
from tutorpulse.cli.app import app
from tutorpulse.cli.audit import noted
from tutorpulse.clock import SystemClock
from tutorpulse.store.home import Home
from tutorpulse.store.state import State


@app.command()
def act(
    recommendation_id: Annotated[str, typer.Argument(metavar="ID", help="As `tutorpulse show` lists it.")],
    mark: Annotated[Literal["done", "dismissed"], typer.Argument(help="What became of it.")],
    note: Annotated[str | None, typer.Option(help="Why, or what came of it.")] = None,
    by: Annotated[str | None, typer.Option(help="Who; your login name by default.")] = None,
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
) -> None:
    """Mark a recommendation done or dismissed. It stays so until its reason is gone and comes again."""
    with closing(State(Home.open(home).state_path)) as state:
        row = state.recommendations.decide(
            recommendation_id, mark, SystemClock().now_us(), by or getpass.getuser(), note
        )
        noted(state, "mark recommendation", "recommendation", recommendation_id)
    if as_json:
        console.print_json(row)
    else:
        console.print_line(f"{row.action} ({row.entity_type} {row.entity_id}): {row.state}.")
