"""`tutorpulse tasks`: the work list in the terminal."""

import getpass
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from tutorpulse.cli import console, views
from tutorpulse.cli.app import app
from tutorpulse.cli.audit import noted
from tutorpulse.decisions.tasks import Outcome
from tutorpulse.features.frame import EntityType
from tutorpulse.service.root import open_pulse
from tutorpulse.service.worklist.shapes import Task, TaskChange, TaskPage
from tutorpulse.service.worklist.tasks import Asked, change_task, listed, task_page
from tutorpulse.service.worklist.values import keep_values
from tutorpulse.store.state.tasks import TaskState

tasks = typer.Typer(no_args_is_help=True, help="The work list: what is to be done, most worth first.")
app.add_typer(tasks, name="tasks")

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="As `tutorpulse tasks list` shows it.")]
ByOption = Annotated[str | None, typer.Option("--by", help="Who; your login name by default.")]
NoteOption = Annotated[str | None, typer.Option("--note", help="Why, or what came of it.")]


@tasks.command("list")
def list_(
    home: console.HomeOption = console.DEFAULT_HOME,
    state: Annotated[
        TaskState, typer.Option(help="Of this state; over: its reason was gone first.")
    ] = "open",
    entity: Annotated[EntityType | None, typer.Option(help="Only tutors or only students.")] = None,
    owner: Annotated[str | None, typer.Option(help="Only this owner's; '' for nobody's.")] = None,
    rule: Annotated[str | None, typer.Option(help="Only of this rule.")] = None,
    due_before: Annotated[str | None, typer.Option(help="Only those due before this time.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = 20,
    as_json: console.JsonOption = False,
) -> None:
    """List tasks by risk × value at stake × how much such an action has helped."""
    asked = Asked(state, entity, None, owner, rule, due_before, None, limit)
    with open_pulse(home) as pulse:
        keep_values(pulse)
        found = listed(pulse, asked).items
    if as_json:
        console.print_json(found)
    elif found:
        _show(found)
    else:
        console.print_line(f"No tasks are {state}.")


@tasks.command()
def show(
    task_id: IdArgument, home: console.HomeOption = console.DEFAULT_HOME, as_json: console.JsonOption = False
) -> None:
    """Show one task, and who did what about it."""
    with open_pulse(home) as pulse:
        page = task_page(pulse, task_id)
    if as_json:
        console.print_json(page)
        return
    _show([page.task])
    for deed in page.trail:
        told = " ".join(filter(None, (deed.action, deed.detail, f"– {deed.note}" if deed.note else "")))
        console.print_line(f"{deed.time[:16].replace('T', ' ')} {deed.done_by}: {told}")


@tasks.command()
def done(
    task_id: IdArgument,
    outcome: Annotated[Outcome | None, typer.Option(help="What came of it.")] = None,
    note: NoteOption = None,
    by: ByOption = None,
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
) -> None:
    """Mark a task done; the log is told that somebody acted."""
    _change(home, task_id, TaskChange("done", note, outcome), by, as_json)


@tasks.command()
def dismiss(
    task_id: IdArgument,
    note: NoteOption = None,
    by: ByOption = None,
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
) -> None:
    """Mark a task as not to be done. It comes again when its reason goes and comes again."""
    _change(home, task_id, TaskChange("dismissed", note), by, as_json)


@tasks.command()
def snooze(
    task_id: IdArgument,
    until: Annotated[str, typer.Option(help="Until when, such as 2026-03-01.")],
    note: NoteOption = None,
    by: ByOption = None,
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
) -> None:
    """Put a task off."""
    _change(home, task_id, TaskChange("snoozed", note, until=until), by, as_json)


@tasks.command()
def assign(
    task_id: IdArgument,
    owner: Annotated[str | None, typer.Argument(help="To whom; nobody where it is left out.")] = None,
    note: NoteOption = None,
    by: ByOption = None,
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
) -> None:
    """Give a task to somebody."""
    _change(home, task_id, TaskChange("assigned", note, owner=owner), by, as_json)


@tasks.command()
def note(
    task_id: IdArgument,
    text: Annotated[str, typer.Argument(help="What to note.")],
    by: ByOption = None,
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
) -> None:
    """Note something about a task."""
    _change(home, task_id, TaskChange("noted", text), by, as_json)


def _change(home: Path, task_id: str, change: TaskChange, by: str | None, as_json: bool) -> None:
    with open_pulse(home) as pulse:
        page: TaskPage = change_task(pulse, task_id, change, by or getpass.getuser())
        noted(pulse.state, f"{change.move} task", "task", task_id)
    if as_json:
        console.print_json(page)
    else:
        task = page.task
        console.print_line(f"{task.action} ({task.entity_type} {task.entity_id}): {change.move}.")


def _show(found: list[Task] | tuple[Task, ...]) -> None:
    table = views.plain_table("id", "who", "what", "due", "worth", right=(4,), fixed=(0,))
    for task in found:
        who = Text.assemble((task.entity_id, "bold"), "\n", views.segment_text(task.segment))
        if task.override:
            who.append(f" (set by {task.override.owner})", "dim")
        what = Text.assemble(task.action, (f"\n{task.owner or 'nobody'}", "dim"))
        due = Text(task.due[:16].replace("T", "\n") if task.due else "–", "bold red" if task.overdue else "")
        table.add_row(Text(task.task_id, "dim"), who, what, due, f"{task.benefit:,.1f}")
    console.out.print(views.section("Tasks", table, _footer(found)))


def _footer(found: list[Task] | tuple[Task, ...]) -> str:
    unit = next((task.unit for task in found if task.unit), None)
    of = f" ({unit} of 30 days)" if unit else ""
    return f"Worth: risk × value at stake{of} × how much such an action has helped."
