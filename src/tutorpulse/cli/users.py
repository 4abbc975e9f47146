"""`tutorpulse users`: who may sign in to the dashboard, and as what."""

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from tutorpulse.cli import console, views
from tutorpulse.cli.app import app
from tutorpulse.cli.audit import noted
from tutorpulse.clock import SystemClock, format_time
from tutorpulse.service.access import users as access
from tutorpulse.service.access.links import link_to
from tutorpulse.settings import load
from tutorpulse.store.home import Home
from tutorpulse.store.state import State
from tutorpulse.store.state.users import ROLES, UserRow

users = typer.Typer(no_args_is_help=True, help="Users of the dashboard: who may sign in, and as what.")
app.add_typer(users, name="users")

NameArgument = Annotated[str, typer.Argument(help="The name that they sign in with.")]
RoleOption = Annotated[str, typer.Option(help=f"What they may do: {', '.join(ROLES)}.")]


@dataclass(frozen=True)
class _Desk:
    """A home's users, now."""

    home: Home
    state: State
    now_us: int

    def told(self, user: UserRow, as_json: bool, said: str, secret: str = "") -> None:
        """Print what became of a user, with the link where one was made."""
        link = link_to(self.home, load(self.home.path), secret) if secret else None
        if as_json:
            console.print_json(as_data(user) | ({"link": link} if link else {}))
        elif link:
            console.print_line(link)
            console.err.print(Text(f"{said} The link works once."))
        else:
            console.print_line(said)


@contextmanager
def _opened(home: Path, create: bool = False) -> Iterator[_Desk]:
    opened = Home.open(home, create=create)
    with closing(State(opened.state_path)) as state:
        yield _Desk(opened, state, SystemClock().now_us())


@users.command()
def create(
    name: NameArgument,
    role: RoleOption = "viewer",
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
) -> None:
    """Make a user with a password, which is asked for, or read from standard input where that is no terminal."""
    password = _password()
    with _opened(home, create=True) as desk:
        user = access.create(desk.state, name, role, password, desk.now_us)
        noted(desk.state, "create user", "user", user.name)
        desk.told(user, as_json, f"{user.name} may sign in as {user.role}.")


@users.command()
def invite(
    name: NameArgument,
    role: RoleOption = "viewer",
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
) -> None:
    """Make a user, and a link by which they choose their password. It works once, within 7 days."""
    with _opened(home, create=True) as desk:
        user, secret = access.invite(desk.state, name, role, desk.now_us)
        noted(desk.state, "invite user", "user", user.name)
        desk.told(user, as_json, f"Give this to {user.name}, who may sign in as {user.role} then.", secret)


@users.command("list")
def list_(home: console.HomeOption = console.DEFAULT_HOME, as_json: console.JsonOption = False) -> None:
    """List the users."""
    with _opened(home) as desk:
        rows = desk.state.users.all()
    if as_json:
        console.print_json([as_data(row) for row in rows])
    elif rows:
        console.out.print(_as_table(rows))
    else:
        console.print_line("No users. Make one with `tutorpulse users invite NAME --role viewer`.")


@users.command()
def role(
    name: NameArgument,
    new_role: Annotated[str, typer.Argument(metavar="ROLE", help=f"One of {', '.join(ROLES)}.")],
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
) -> None:
    """Change what a user may do; a running service follows within a second."""
    with _opened(home) as desk:
        user = desk.state.users.set_role(desk.state.users.get_named(name).user_id, new_role)
        noted(desk.state, f"make user {user.role}", "user", user.name)
        desk.told(user, as_json, f"{user.name} is {user.role}.")


@users.command()
def disable(
    name: NameArgument,
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
) -> None:
    """Shut a user out: signed out everywhere within a second, until enabled again."""
    with _opened(home) as desk:
        user = access.shut_out(desk.state, desk.state.users.get_named(name).user_id, desk.now_us)
        noted(desk.state, "disable user", "user", user.name)
        desk.told(user, as_json, f"{user.name} is shut out.")


@users.command()
def enable(
    name: NameArgument,
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
) -> None:
    """Let a user in again who was shut out."""
    with _opened(home) as desk:
        user = desk.state.users.disable(desk.state.users.get_named(name).user_id, None)
        noted(desk.state, "enable user", "user", user.name)
        desk.told(user, as_json, f"{user.name} may sign in again.")


@users.command()
def reset(
    name: NameArgument,
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
) -> None:
    """Make a link by which a user chooses another password. It works once, within a day, and signs them out everywhere else."""
    with _opened(home) as desk:
        user, secret = access.reset(desk.state, desk.state.users.get_named(name).user_id, desk.now_us)
        noted(desk.state, "reset password", "user", user.name)
        desk.told(user, as_json, f"Give this to {user.name}.", secret)


def as_data(row: UserRow) -> dict[str, object]:
    """A user as JSON: all but what proves who they are."""
    seen = None if row.seen_us is None else format_time(row.seen_us)
    return {
        "user_id": row.user_id,
        "name": row.name,
        "role": row.role,
        "state": row.standing,
        "by": row.issuer or "password",
        "created_at": format_time(row.created_us),
        "last_signed_in_at": seen,
    }


def _as_table(rows: list[UserRow]) -> object:
    table = views.plain_table("name", "role", "state", "by", "last signed in")
    for row in rows:
        seen = "never" if row.seen_us is None else format_time(row.seen_us - row.seen_us % 1_000_000)
        table.add_row(Text(row.name), row.role, row.standing, Text(row.issuer or "password"), seen)
    return table


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    entered: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return entered
