"""`tutorpulse rejects`: events that broke the contract, to be looked at, corrected and replayed."""

from pathlib import Path
from typing import Annotated

import typer

from tutorpulse.cli import console
from tutorpulse.cli.app import app
from tutorpulse.cli.importing import MappingOption, ReceivedOption, import_options, reject_data, reject_line
from tutorpulse.clock import format_time
from tutorpulse.errors import InputError
from tutorpulse.events.mapping import load_mapping
from tutorpulse.service.replaying import (
    export_lines,
    raw_value,
    read_corrected,
    replay,
)
from tutorpulse.service.root import open_log
from tutorpulse.store.home import Home
from tutorpulse.store.rejects import StoredReject

rejects = typer.Typer(no_args_is_help=True, help="Events that broke the contract: look, correct, replay.")
app.add_typer(rejects, name="rejects")

_LISTED = 100


@rejects.command("list")
def list_(
    home: console.HomeOption = console.DEFAULT_HOME,
    limit: Annotated[int, typer.Option(min=1, help="How many to show at most.")] = _LISTED,
    everything: Annotated[
        bool, typer.Option("--all", help="Those replayed or dismissed already, too.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="Write all of them to this file, to be corrected and replayed.")
    ] = None,
    as_json: console.JsonOption = False,
) -> None:
    """List the rejects, by file and place."""
    with open_log(Home.open(home), read_only=True) as store:
        found = store.rejects(None if everything else "open", None if out else limit)
    if out is not None:
        _write(out, export_lines(found))
        console.print_line(
            f"{len(found):,} rejects in {out}. Correct each line's `event`, then replay --file {out}."
        )
    elif as_json:
        console.print_json([_as_data(reject) for reject in found])
    else:
        for reject in found:
            console.print_line(f"{reject.reject_id} {_line(reject)}")
        if not found:
            console.print_line("No rejects.")


@rejects.command()
def show(
    reject_id: Annotated[str, typer.Argument(help="As `tutorpulse rejects list` shows it.")],
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
) -> None:
    """Show one reject whole."""
    with open_log(Home.open(home), read_only=True) as store:
        found = store.reject(reject_id)
    if as_json:
        console.print_json(_as_data(found))
        return
    for name, value in _as_data(found).items():
        if name != "event":
            console.print_line(f"{name}: {value}")
    console.print_line(found.raw.decode(errors="replace"))


@rejects.command("replay")
def replay_(
    home: console.HomeOption = console.DEFAULT_HOME,
    file: Annotated[
        Path | None, typer.Option(help="Corrected rejects, as `rejects list --out` writes them.")
    ] = None,
    mapping: MappingOption = None,
    received: ReceivedOption = "event",
    as_json: console.JsonOption = False,
) -> None:
    """Try rejects again: all open ones, as they came (after an upgrade, or with their table's mapping), or corrected ones."""
    chosen = load_mapping(mapping) if mapping else None
    with open_log(Home.open(home)) as store:
        some = read_corrected(store, file) if file else store.rejects("open")
        report = replay(store, some, import_options(home, received), chosen)
    if as_json:
        console.print_json(
            {
                "tried": report.tried,
                "replayed": report.replayed,
                "still_rejected": report.tried - report.replayed,
                "rejects": [reject_data(reject) for reject in report.rejects],
            }
        )
        return
    console.print_line(f"{report.tried:,} rejects tried, {report.replayed:,} are events now.")
    for reject in report.rejects:
        console.print_line("  " + reject_line(reject))


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise InputError(f"Cannot write {path}: {error.strerror}. Give another file with --out.") from None


def _line(reject: StoredReject) -> str:
    field = f"{reject.field}: " if reject.field else ""
    state = "" if reject.state == "open" else f" ({reject.state})"
    return f"{reject.source}:{reject.place}: {field}{reject.reason}{state}"


def _as_data(reject: StoredReject) -> dict[str, object]:
    return {
        "reject_id": reject.reject_id,
        "state": reject.state,
        "source": reject.source,
        "place": reject.place,
        "field": reject.field,
        "reason": reject.reason,
        "received_at": format_time(reject.received_us),
        "event": raw_value(reject.raw),
    }
