"""`tutorpulse audit`: who did what."""

import getpass
from typing import Annotated

import typer
from rich.text import Text

from tutorpulse.cli import console, views
from tutorpulse.cli.app import app
from tutorpulse.clock import SystemClock
from tutorpulse.service.queries.audit import entry_of
from tutorpulse.store.home import Home
from tutorpulse.store.state import State
from tutorpulse.store.state.audit import Act, Actor


@app.command()
def audit(
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Entries at most, the newest first.")] = 50,
    actor: Annotated[str | None, typer.Option(help="Only by the user or key of this name.")] = None,
    action: Annotated[str | None, typer.Option(help="Only this action.")] = None,
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
) -> None:
    """Show the audit log: who did what, when, to whom; on pages, over the API and in the shell."""
    state = State(Home.open(home).state_path)
    rows = [entry_of(row) for row in state.audit.newest(None, limit, actor, action)]
    state.close()
    if as_json:
        console.print_json(rows)
        return
    table = views.plain_table("when", "who", "did", "to", "outcome", fixed=(0,))
    for row in rows:
        target = f"{row.target_kind} {row.target_id}".strip()
        table.add_row(
            row.at[:19], Text(f"{row.actor_kind} {row.actor}"), Text(row.action), Text(target), row.outcome
        )
    console.out.print(table if rows else "Nothing was done yet.")


def noted(state: State, action: str, target_kind: str = "", target_id: str = "") -> None:
    """Put what a verb has just done into the audit log, under the name of the system's user."""
    state.audit.add(
        SystemClock().now_us(), Actor("shell", getpass.getuser()), Act(action, target_kind, target_id)
    )
