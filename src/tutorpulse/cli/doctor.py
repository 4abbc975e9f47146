"""`tutorpulse doctor`: is this home, its data and its model fit for use?"""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tutorpulse.cli import console
from tutorpulse.cli.app import app
from tutorpulse.clock import SystemClock
from tutorpulse.decisions.checkup import Finding, Level, checkup, is_fit, overview
from tutorpulse.service.checkup import gather

UNFIT_EXIT_CODE = 1
_DETAILS_SHOWN = 6

_STYLES: dict[Level, str] = {"ok": "green", "notice": "cyan", "warning": "yellow", "problem": "bold red"}


@app.command()
def doctor(
    home: console.HomeOption = console.DEFAULT_HOME,
    show_all: Annotated[
        bool, typer.Option("--all", help="Show what is fine, too, and details in full.")
    ] = False,
    as_json: console.JsonOption = False,
) -> None:
    """Say whether the home, its data and its model are fit for use, and what to do. Exit code 1 if they are not."""
    with console.err.status("Looking") as status:
        facts = gather(home, SystemClock(), lambda what: status.update(f"Looking at {what}"))
    findings = checkup(facts)
    if as_json:
        console.print_json({"fit": is_fit(findings), "findings": findings})
    else:
        for line in overview(facts):
            console.print_line(line)
        _print(findings, show_all)
    if not is_fit(findings):
        raise typer.Exit(UNFIT_EXIT_CODE)


def _print(findings: Sequence[Finding], show_all: bool) -> None:
    said = [finding for finding in findings if show_all or finding.level != "ok"]
    console.print_line("")
    if said:
        console.out.print(_table(said, None if show_all else _DETAILS_SHOWN))
    silent = len(findings) - len(said)
    if silent:
        console.print_line(f"{silent} other checks found nothing to say; --all shows them.")
    console.print_line(_verdict(findings))


def _table(findings: Sequence[Finding], details: int | None) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        table.add_row(Text(finding.level, _STYLES[finding.level]), finding.sentence)
        for line in _details(finding, details):
            table.add_row("", Padding(Text(line, "dim"), (0, 0, 0, 2)))
        if finding.advice:
            table.add_row("", Text(f"→ {finding.advice}"))
            table.add_row("", "")
    return table


def _details(finding: Finding, most: int | None) -> list[str]:
    left = len(finding.details) - len(finding.details[:most])
    return [*finding.details[:most], *([f"and {left} more; --all shows them"] if left else [])]


def _verdict(findings: Sequence[Finding]) -> str:
    problems, warnings = (sum(f.level == level for f in findings) for level in ("problem", "warning"))
    if problems:
        return f"Not fit for use: {problems} {'problem' if problems == 1 else 'problems'} to solve first."
    if warnings:
        return f"Fit for use, with {warnings} {'warning' if warnings == 1 else 'warnings'}."
    return "Fit for use."
