"""`tutorpulse act`: mark a recommendation done or dismissed."""

import getpass
from typing import Annotated, Literal

import typer

from tutorpulse.cli import console
from tutorpulse.cli.app import app
from tutorpulse.cli.audit import noted
from tutorpulse.service.root import open_pulse
from tutorpulse.service.worklist.shapes import TaskChange
from tutorpulse.service.worklist.tasks import change_task


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
    with open_pulse(home) as pulse:
        change = TaskChange(mark, note)
        task = change_task(pulse, recommendation_id, change, by or getpass.getuser()).task
        noted(pulse.state, "mark recommendation", "recommendation", recommendation_id)
    if as_json:
        console.print_json(task)
    else:
        console.print_line(f"{task.action} ({task.entity_type} {task.entity_id}): {task.state}.")
