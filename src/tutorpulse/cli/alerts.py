"""`tutorpulse alerts`: who is affected, why, and what is made of it."""

import getpass
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.text import Text

from tutorpulse.cli import console, views
from tutorpulse.cli.app import app
from tutorpulse.cli.audit import noted
from tutorpulse.clock import HOUR_US, SystemClock
from tutorpulse.decisions.alerts.severity import Severity
from tutorpulse.service.alerting import acting
from tutorpulse.service.queries import alerts as queries
from tutorpulse.service.queries.alert_shapes import ShownAlert
from tutorpulse.settings import Settings, load
from tutorpulse.store.home import Home
from tutorpulse.store.state import State
from tutorpulse.store.state.alerts import STATES, AlertRow

alerts = typer.Typer(no_args_is_help=True, help="Alerts: who is affected, why, and what is made of it.")
app.add_typer(alerts, name="alerts")

AlertId = Annotated[str, typer.Argument(metavar="ID", help="As `tutorpulse alerts list` shows it.")]
NoteOption = Annotated[str | None, typer.Option(help="What there is to say about it.")]
ByOption = Annotated[str | None, typer.Option(help="Who; your login name by default.")]
HoursOption = Annotated[float, typer.Option(min=0.01, max=8_784, help="For how many hours.")]

_STYLES = {"critical": "bold red", "warning": "yellow", "info": "dim"}


@dataclass(frozen=True)
class Desk:
    """A home's state and settings at one moment."""

    home: Path
    state: State
    settings: Settings
    now_us: int


@contextmanager
def at_desk(home: Path) -> Iterator[Desk]:
    """The home at that path, now."""
    opened = Home.open(home)
    settings = load(opened.path)
    with closing(State(opened.state_path)) as state:
        yield Desk(opened.path, state, settings, SystemClock().now_us())


@alerts.command("list")
def list_(
    home: console.HomeOption = console.DEFAULT_HOME,
    severity: Annotated[Severity | None, typer.Option(help="Of this severity.")] = None,
    rule: Annotated[str | None, typer.Option(help="Of this rule.")] = None,
    team: Annotated[str | None, typer.Option(help="Of this team.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Those that are resolved, too.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 100,
    as_json: console.JsonOption = False,
) -> None:
    """List the alerts that are not resolved, the last opened first."""
    asked = queries.AlertsAsked(
        states=STATES if everything else (),
        severities=(severity,) if severity else (),
        rule=rule,
        team=team,
        limit=limit,
    )
    with at_desk(home) as desk:
        found = queries.listed(desk.state, asked, desk.settings.public_url).items
    if as_json:
        console.print_json(found)
        return
    if not found:
        console.print_line("No alerts.")
        return
    table = views.plain_table("id", "severity", "state", "who", "why", fixed=(0, 1, 2))
    for alert in found:
        style = _STYLES[alert.severity]
        who = f"{alert.entity_type} {alert.entity_id}"
        table.add_row(alert.alert_id, Text(alert.severity, style), alert.state, who, alert.why)
    console.out.print(table)


@alerts.command()
def show(
    alert_id: AlertId,
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
) -> None:
    """Show one alert with all that became of it."""
    with at_desk(home) as desk:
        alert = queries.one(desk.state, alert_id, desk.settings.public_url)
        changes = queries.history(desk.state, alert_id).changes
    if as_json:
        console.print_json({"alert": alert, "changes": changes})
        return
    _show(alert)
    for change in changes:
        by, note = (f" by {change.by}" if change.by else ""), (f": {change.note}" if change.note else "")
        console.print_line(f"{change.at} {change.change} ({change.severity}){by}{note}")


@alerts.command()
def ack(
    alert_id: AlertId,
    note: NoteOption = None,
    by: ByOption = None,
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
) -> None:
    """Acknowledge an alert: you see to it, and it is not escalated any more."""
    _act(
        home,
        ("acknowledge alert", alert_id, as_json),
        lambda desk: acting.acknowledge(desk.state, alert_id, who(by), desk.now_us, note),
    )


@alerts.command()
def snooze(
    alert_id: AlertId,
    hours: HoursOption = 24.0,
    note: NoteOption = None,
    by: ByOption = None,
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
) -> None:
    """Hear no more of an alert for a while, unless it gets worse or resolves."""
    _act(
        home,
        ("snooze alert", alert_id, as_json),
        lambda desk: acting.snooze(
            desk.state, alert_id, desk.now_us + int(hours * HOUR_US), who(by), desk.now_us, note
        ),
    )


@alerts.command()
def resolve(
    alert_id: AlertId,
    note: NoteOption = None,
    by: ByOption = None,
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
) -> None:
    """Resolve an alert by hand. Should its condition still hold after the cooldown, another opens."""
    _act(
        home,
        ("resolve alert", alert_id, as_json),
        lambda desk: acting.resolve(desk.state, alert_id, who(by), desk.now_us, note),
    )


@alerts.command()
def feedback(
    alert_id: AlertId,
    verdict: Annotated[Literal["confirmed", "wrong"], typer.Argument(help="Whether it was right.")],
    reason: Annotated[str | None, typer.Option(help="Why; needed where it is wrong.")] = None,
    by: ByOption = None,
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
) -> None:
    """Say whether an alert was right. The precision of its rule is made of these; a wrong one is resolved."""
    _act(
        home,
        ("judge alert", alert_id, as_json),
        lambda desk: acting.feedback(desk.state, alert_id, verdict, who(by), desk.now_us, reason),
    )


@alerts.command()
def rules(home: console.HomeOption = console.DEFAULT_HOME, as_json: console.JsonOption = False) -> None:
    """List the rules with their thresholds, and how many of their alerts were right."""
    with at_desk(home) as desk:
        found = queries.rules(desk.state, desk.home, desk.settings).rules
    if as_json:
        console.print_json(found)
        return
    table = views.plain_table("rule", "fact", "live", "opened", "right", right=(2, 3, 4), fixed=(0,))
    for rule in found:
        marks = ", ".join(f"{name} {value:g}" for name, value in rule.thresholds.items())
        right = (
            "–"
            if rule.precision is None
            else f"{100 * rule.precision:.0f} % of {rule.confirmed + rule.wrong}"
        )
        said = Text(f"{right}\ncries wolf", "bold red") if rule.cries_wolf else Text(right)
        fact = f"{rule.fact} {rule.test.replace('_', ' ')} {marks}"
        table.add_row(rule.key, fact, f"{rule.live:,}", f"{rule.opened:,}", said)
    console.out.print(table)


def _act(home: Path, what: tuple[str, str, bool], act: Callable[[Desk], AlertRow]) -> None:
    action, alert_id, as_json = what
    with at_desk(home) as desk:
        alert = queries.as_shown(act(desk), desk.settings.public_url)
        noted(desk.state, action, "alert", alert_id)
    if as_json:
        console.print_json(alert)
    else:
        console.print_line(f"{alert.title}, {alert.entity_type} {alert.entity_id}: {alert.state}.")


def who(by: str | None) -> str:
    """Who acts: as given, else the login name."""
    return by or getpass.getuser()


def _show(alert: ShownAlert) -> None:
    console.out.print(Text(f"{alert.severity}: {alert.title}", _STYLES[alert.severity]))
    console.print_line(f"who: {alert.entity_type} {alert.entity_id}\nwhy: {alert.why}\nsince: {alert.since}")
    for action in alert.actions:
        console.print_line(f"to do: {action}")
    console.print_line(f"state: {alert.state}" + (f" ({alert.resolution})" if alert.resolution else ""))
    if alert.verdict:
        console.print_line(f"verdict: {alert.verdict} ({alert.verdict_reason or 'no reason given'})")
    console.print_line(f"page: {alert.url}\n")
