"""`tutorpulse alerts`: who is told, and when nobody is."""

from typing import Annotated, Literal

import typer

from tutorpulse.cli import console, views
from tutorpulse.cli.alerts import ByOption, HoursOption, alerts, at_desk, who
from tutorpulse.cli.audit import noted
from tutorpulse.clock import SystemClock, format_time
from tutorpulse.errors import InputError
from tutorpulse.service.delivery.delivering import deliver as deliver_all
from tutorpulse.service.delivery.receivers import load_receivers
from tutorpulse.service.queries import alerts as queries
from tutorpulse.service.queries import receivers as receiver_queries
from tutorpulse.service.queries.alert_shapes import Affected, SilenceRequest


@alerts.command()
def silence(
    reason: Annotated[str, typer.Argument(help="Why nobody is to be told.")],
    hours: HoursOption = 1.0,
    rule: Annotated[str | None, typer.Option(help="Of one rule only.")] = None,
    entity: Annotated[
        Literal["tutor", "student", "subject", "system"] | None,
        typer.Option(help="About one kind; with --id."),
    ] = None,
    entity_id: Annotated[str | None, typer.Option("--id", help="About one entity; with --entity.")] = None,
    by: ByOption = None,
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
) -> None:
    """Keep alerts, but tell nobody for a while, such as during maintenance. What is still open then is told then."""
    if (entity is None) != (entity_id is None):
        raise InputError("Give both --entity and --id, or neither.")
    about = Affected(entity, entity_id) if entity and entity_id else None
    asked = SilenceRequest(hours * 60, reason, 0.0, rule, about)
    with at_desk(home) as desk:
        made = queries.silence(desk.state, desk.home, asked, who(by), desk.now_us)
        noted(desk.state, "silence alerts", "silence", made.silence_id)
    if as_json:
        console.print_json(made)
    else:
        console.print_line(
            f"Silence {made.silence_id} until {made.until}. End it with `tutorpulse alerts unsilence`."
        )


@alerts.command()
def unsilence(
    silence_id: Annotated[
        str, typer.Argument(metavar="ID", help="As `tutorpulse alerts silences` shows it.")
    ],
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
) -> None:
    """End a silence now."""
    with at_desk(home) as desk:
        desk.state.silences.end(silence_id, desk.now_us)
        noted(desk.state, "end silence", "silence", silence_id)
    if as_json:
        console.print_json({"silence_id": silence_id, "ended": format_time(desk.now_us)})
    else:
        console.print_line(f"Silence {silence_id} is over.")


@alerts.command()
def silences(home: console.HomeOption = console.DEFAULT_HOME, as_json: console.JsonOption = False) -> None:
    """List the silences that last or are to come."""
    with at_desk(home) as desk:
        found = queries.silences(desk.state, desk.now_us).silences
    if as_json:
        console.print_json(found)
        return
    for one in found:
        about = f"{one.entity_type} {one.entity_id}" if one.entity_id else one.rule or "all alerts"
        console.print_line(f"{one.silence_id} until {one.until}: {about} ({one.reason}, by {one.made_by})")
    if not found:
        console.print_line("No silences.")


@alerts.command()
def receivers(home: console.HomeOption = console.DEFAULT_HOME, as_json: console.JsonOption = False) -> None:
    """List who is told of alerts, and how it stands with each. Nothing secret is shown."""
    with at_desk(home) as desk:
        found = receiver_queries.receivers(desk.state, desk.home, desk.settings).receivers
    if as_json:
        console.print_json(found)
        return
    if not found:
        console.print_line("No receivers. Name some in receivers.toml of the home; docs/alerts.md shows how.")
        return
    table = views.plain_table("receiver", "via", "sent", "waiting", "given up", "last error", right=(2, 3, 4))
    for one in found:
        waits = one.pending + one.waiting
        table.add_row(one.name, one.via, f"{one.sent:,}", f"{waits:,}", f"{one.given_up:,}", one.error or "")
    console.out.print(table)


@alerts.command()
def deliver(home: console.HomeOption = console.DEFAULT_HOME, as_json: console.JsonOption = False) -> None:
    """Tell the receivers what there is to tell, for homes without a service; run it after `refresh`, and every few minutes."""
    with at_desk(home) as desk:
        found = load_receivers(desk.home, desk.settings)
        done = deliver_all(desk.state, desk.settings, SystemClock(), found)
    if as_json:
        console.print_json(done)
        return
    again = f", {done.failed:,} failed and are tried again later" if done.failed else ""
    lost = f", {done.given_up:,} given up" if done.given_up else ""
    console.print_line(f"{done.sent:,} messages sent to {len(found):,} receivers{again}{lost}.")


@alerts.command("test")
def try_out(
    receiver: Annotated[str, typer.Argument(help="As `tutorpulse alerts receivers` lists it.")],
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
) -> None:
    """Send a receiver a message that says it is a trial. Exit code 2 if it is not taken."""
    with at_desk(home) as desk:
        found = receiver_queries.tried(desk.home, desk.settings, receiver, desk.now_us)
    if as_json:
        console.print_json(found)
    if not found.taken:
        raise InputError(
            f"{receiver} did not take it: {found.reason}. Mend its entry in receivers.toml, or the receiver."
        )
    if not as_json:
        console.print_line(f"{receiver} took it.")
