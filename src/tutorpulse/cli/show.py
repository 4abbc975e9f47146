"""`tutorpulse show`: one tutor or student on a page."""

from typing import Annotated

import typer

from tutorpulse.cli import console, views
from tutorpulse.cli.app import app
from tutorpulse.cli.change_view import show_comparison, show_what_if
from tutorpulse.cli.page_view import show_page
from tutorpulse.cli.record_view import show_record
from tutorpulse.clock import parse_time
from tutorpulse.features.frame import EntityType
from tutorpulse.service.page import find, page
from tutorpulse.service.queries.comparing import compare
from tutorpulse.service.queries.shapes import Comparison
from tutorpulse.service.queries.what_if_shapes import WhatIf
from tutorpulse.service.root import Pulse, open_pulse
from tutorpulse.service.scoring import Scorer
from tutorpulse.service.served import reading_scorer
from tutorpulse.service.today import last_as_of_us
from tutorpulse.service.what_if import what_if as what_would_lower
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
    since: Annotated[
        str | None,
        typer.Option(help="Why it changed since that day (or time), and how much another model did."),
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="With --since: up to that day (or time). Default: the newest.")
    ] = None,
    what_if: Annotated[
        bool, typer.Option("--what-if", help="The smallest realistic changes that would lower the risk.")
    ] = False,
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
) -> None:
    """Show one tutor or student: predictions with history, drivers, recommendations, insights, facts."""
    with open_pulse(home) as pulse:
        last_as_of_us(pulse)
        kind = find(pulse, entity_id, entity).entity_type
        scorer = reading_scorer(pulse)
        if since or what_if:
            asked = _asked(pulse, scorer, "tutor" if kind == "tutor" else "student", entity_id, since, until)
            _print(asked, as_json)
            return
        held = record(pulse, scorer, entity_id, entity) if whole else None
        shown = held.page if held else page(pulse, scorer, entity_id, entity)
    views.show_notes(scorer.notes)
    if as_json:
        console.print_json(held or shown)
    elif held:
        show_record(held)
    else:
        show_page(shown)


def _asked(
    pulse: Pulse, scorer: Scorer, kind: EntityType, entity_id: str, since: str | None, until: str | None
) -> Comparison | WhatIf:
    if since is None:
        return what_would_lower(pulse, scorer, entity_id, kind)
    until_us = None if until is None else parse_time(until)
    return compare(pulse, scorer, kind, entity_id, parse_time(since), until_us)


def _print(asked: Comparison | WhatIf, as_json: bool) -> None:
    if as_json:
        console.print_json(asked)
    elif isinstance(asked, Comparison):
        show_comparison(asked)
    else:
        show_what_if(asked)
