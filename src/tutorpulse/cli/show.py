"""`tutorpulse show`: one tutor or student on a page."""

from typing import Annotated

import typer

from tutorpulse.cli import console, views
from tutorpulse.cli.app import app
from tutorpulse.cli.page_view import show_page
from tutorpulse.cli.record_view import show_record
from tutorpulse.features.frame import EntityType
from tutorpulse.service.page import find, page
from tutorpulse.service.root import open_pulse
from tutorpulse.service.served import reading_scorer
from tutorpulse.service.today import last_as_of_us
from tutorpulse.service.worklist.record import record


@app.command()
def show(
    entity_id: Annotated[str, typer.Argument(metavar="ID", help="A tutor's or student's id.")],
    entity: Annotated[
        EntityType | None, typer.Option(help="Tutor or student, where both have that id.")
    ] = None,
    whole: Annotated[
        bool, typer.Option("--record", help="All that is held: events, states, tasks, alerts, who did what.")
    ] = False,
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
) -> None:
    """Show one tutor or student: predictions with history, drivers, recommendations, insights, facts."""
    with open_pulse(home) as pulse:
        last_as_of_us(pulse)
        find(pulse, entity_id, entity)
        scorer = reading_scorer(pulse)
        held = record(pulse, scorer, entity_id, entity) if whole else None
        shown = held.page if held else page(pulse, scorer, entity_id, entity)
    views.show_notes(scorer.notes)
    if as_json:
        console.print_json(held or shown)
    elif held:
        show_record(held)
    else:
        show_page(shown)
