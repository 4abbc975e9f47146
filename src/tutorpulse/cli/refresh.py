"""`tutorpulse refresh`: every prediction up to date."""

import logging
import sys
from contextlib import nullcontext
from typing import Annotated

import typer

from tutorpulse.cli import console, views
from tutorpulse.cli.app import app
from tutorpulse.errors import ModelError
from tutorpulse.service.predicting import lines_to
from tutorpulse.service.root import newest_event_us, open_pulse
from tutorpulse.service.served import open_scorer
from tutorpulse.service.socket.refreshing import refresh_anywhere
from tutorpulse.service.unmodelled import leave_standing


@app.command()
def refresh(
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
    verbose: Annotated[
        bool,
        typer.Option(
            "--verbose", "-v", help="A line on standard error for each tutor or student that changed."
        ),
    ] = False,
) -> None:
    """Predict anew for every tutor and student, and keep what changed. Prints the summary.

    Where the model cannot be used the last predictions stay, marked stale, and an alert says so.
    """
    lines = lines_to(logging.StreamHandler(sys.stderr)) if verbose else nullcontext()
    with open_pulse(home) as pulse, lines:
        newest_event_us(pulse)
        with console.err.status("Refreshing") as status:
            try:
                report = refresh_anywhere(
                    pulse, open_scorer, lambda doing: status.update(f"Refreshing: {doing}")
                )
            except ModelError as error:
                leave_standing(pulse, str(error))
                raise
        run = pulse.state.runs.last()
    if as_json:
        console.print_json(report.summary)
        views.show_notes(report.notes)
    elif run is not None:
        views.show_run(run)
        console.print_line(f"{report.changed:,} changed, {report.insights:,} new insights.")
