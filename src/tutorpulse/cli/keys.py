"""`tutorpulse keys`: who may use the service, and for what."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.text import Text

from tutorpulse.cli import console, views
from tutorpulse.cli.app import app
from tutorpulse.cli.audit import noted
from tutorpulse.clock import DAY_US, SystemClock, format_time
from tutorpulse.store.home import Home
from tutorpulse.store.state import SCOPES, KeyRow, State

keys = typer.Typer(no_args_is_help=True, help="Keys of the service: who may use it, and for what.")
app.add_typer(keys, name="keys")


@keys.command()
def create(
    name: Annotated[str, typer.Argument(help="Whose key it is.")],
    scope: Annotated[list[str], typer.Option(help=f"What it allows, repeatable: {', '.join(SCOPES)}.")],
    days: Annotated[
        float | None, typer.Option(min=0.01, help="Days until it expires; never by default.")
    ] = None,
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
) -> None:
    """Make a key, and show its secret, once."""
    now_us = SystemClock().now_us()
    expires_us = None if days is None else now_us + int(days * DAY_US)
    with _opened(home, create_home=True) as state:
        row, secret = state.keys.create(name, scope, now_us, expires_us)
        noted(state, "create key", "key", row.key_id)
    if as_json:
        console.print_json({**_as_data(row, now_us), "secret": secret})
        return
    console.print_line(secret)
    console.err.print(
        Text(f"Key {row.key_id} ({', '.join(row.scopes)}). Keep the secret now: it is not shown again.")
    )


@keys.command("list")
def list_(home: console.HomeOption = console.DEFAULT_HOME, as_json: console.JsonOption = False) -> None:
    """List the keys, without their secrets."""
    now_us = SystemClock().now_us()
    with _opened(home) as state:
        rows = state.keys.all()
    if as_json:
        console.print_json([_as_data(row, now_us) for row in rows])
    elif rows:
        console.out.print(_as_table(rows, now_us))
    else:
        console.print_line("No keys. Make one with `tutorpulse keys create NAME --scope read`.")


@keys.command()
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="As `tutorpulse keys list` shows it.")],
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
) -> None:
    """Make a key useless, for good; a running service refuses it within a second."""
    now_us = SystemClock().now_us()
    with _opened(home) as state:
        row = state.keys.revoke(key_id, now_us)
        noted(state, "revoke key", "key", row.key_id)
    if as_json:
        console.print_json(_as_data(row, now_us))
    else:
        console.print_line(f"Key {row.key_id} ({row.name}) is revoked.")


@contextmanager
def _opened(home: Path, create_home: bool = False) -> Iterator[State]:
    with closing(State(Home.open(home, create=create_home).state_path)) as state:
        yield state


def _as_data(row: KeyRow, now_us: int) -> dict[str, object]:
    plain = {k: v for k, v in msgspec.structs.asdict(row).items() if not k.endswith("_us")}
    times = ("created", "expires", "revoked", "last_used")
    return {
        **plain,
        "state": row.standing(now_us),
        **{f"{name}_at": _time(getattr(row, f"{name}_us")) for name in times},
    }


def _as_table(rows: list[KeyRow], now_us: int) -> object:
    table = views.plain_table("id", "name", "scopes", "state", "expires", "last used", fixed=(0,))
    for row in rows:
        times = (_time(row.expires_us) or "never", _time(row.last_used_us) or "never")
        table.add_row(row.key_id, Text(row.name), ", ".join(row.scopes), row.standing(now_us), *times)
    return table


def _time(us: int | None) -> str | None:
    return None if us is None else format_time(us - us % 1_000_000)
