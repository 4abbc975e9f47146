"""`tutorpulse today`: who needs someone today, and why."""

from typing import Annotated

import typer

from tutorpulse.cli import console, views
from tutorpulse.cli.app import app
from tutorpulse.features.frame import ENTITY_TYPES, EntityType
from tutorpulse.service.root import open_pulse
from tutorpulse.service.served import reading_scorer
from tutorpulse.service.today import last_as_of_us, needs_someone


@app.command()
def today(
    home: console.HomeOption = console.DEFAULT_HOME,
    entity: Annotated[EntityType | None, typer.Option(help="Only tutors or only students.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = 10,
    as_json: console.JsonOption = False,
) -> None:
    """Show who needs someone today: the largest risk times value at stake, with the reason."""
    with open_pulse(home) as pulse:
        last_as_of_us(pulse)
        scorer = reading_scorer(pulse)
        needs = needs_someone(pulse, scorer, (entity,) if entity else ENTITY_TYPES, limit)
    views.show_notes(scorer.notes)
    if as_json:
        console.print_json(needs)
    else:
        views.show_needs(needs)
