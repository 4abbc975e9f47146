"""`tutorpulse backup` and `tutorpulse restore`: a copy of the home, and a home from a copy."""

from pathlib import Path
from typing import Annotated

import typer

from tutorpulse.cli import console
from tutorpulse.cli.app import app
from tutorpulse.cli.progress import progress_bar
from tutorpulse.service.root import open_pulse
from tutorpulse.store import backup as copies


@app.command()
def backup(
    folder: Annotated[Path, typer.Argument(help="The new folder to copy the home to.")],
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
) -> None:
    """Copy the home as of now, while it is served or not: events, predictions, models, settings, keys."""
    with open_pulse(home) as pulse, progress_bar("Copying") as tell:
        opened = copies.Opened(pulse.home, pulse.store, pulse.state)
        made = copies.backup(opened, folder, pulse.clock.now_us(), tell)
    _show(f"{made.events:,} events, {made.bytes / 1e6:,.1f} MB in {folder}", made, folder, as_json)


@app.command()
def restore(
    folder: Annotated[Path, typer.Argument(help="A folder that `tutorpulse backup` made.")],
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
) -> None:
    """Make a new home from a backup, comparing every file with its checksum."""
    with progress_bar("Restoring") as tell:
        made = copies.restore(folder, home, tell)
    _show(f"{home} is as of {made.made_at}: {made.events:,} events.", made, home, as_json)


def _show(said: str, made: copies.Backup, place: Path, as_json: bool) -> None:
    if as_json:
        data = {"events": made.events, "bytes": made.bytes, "made_at": made.made_at, "made_by": made.made_by}
        console.print_json({**data, "folder": str(place)})
    else:
        console.print_line(said)
