"""`tutorpulse track-record`: what came true of the predictions."""

from pathlib import Path
from typing import Annotated

import typer

from tutorpulse.cli import console
from tutorpulse.cli.app import app
from tutorpulse.cli.track_view import show_track_record
from tutorpulse.features.frame import EntityType
from tutorpulse.service.queries.track import TrackAsked, track_record
from tutorpulse.service.root import open_pulse
from tutorpulse.service.track.maturing import mature
from tutorpulse.service.track.truth import take


@app.command("track-record")
def track_record_verb(
    home: console.HomeOption = console.DEFAULT_HOME,
    entity: Annotated[EntityType | None, typer.Option(help="Only of tutors or of students.")] = None,
    output: Annotated[
        str | None, typer.Option(help="Only of one prediction, such as churn_risk_14d.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="Only of one model version.")] = None,
    month: Annotated[str | None, typer.Option(help="Only of one month, such as 2026-03.")] = None,
    anew: Annotated[
        bool, typer.Option("--anew", help="Make the figures of finished months again too.")
    ] = False,
    truth: Annotated[
        Path | None,
        typer.Option(
            help="The truth of a simulated marketplace (`simulate --truth`): the home keeps it, and is judged beside it."
        ),
    ] = None,
    as_json: console.JsonOption = False,
) -> None:
    """Show what came true of the predictions: how well each model ranked, how honest its percentages were, what flags were worth.

    Outcomes are taken down seven days after they matured; what is due is looked up first.
    """
    with open_pulse(home) as pulse:
        if truth:
            take(pulse.home, truth)
        with console.err.status("Looking up what came true") as status:
            mature(
                pulse,
                lambda doing: status.update(f"Looking up what came true: {doing}"),
                anew or truth is not None,
            )
        record = track_record(pulse.state, TrackAsked(entity, output, model, month))
    if as_json:
        console.print_json(record)
    else:
        show_track_record(record)
