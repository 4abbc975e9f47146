"""`tutorpulse erase`: remove everything about one tutor or student."""

from typing import Annotated

import typer

from tutorpulse.cli import console
from tutorpulse.cli.app import app
from tutorpulse.cli.audit import noted
from tutorpulse.features.frame import EntityType
from tutorpulse.service.erasing import erase_entity
from tutorpulse.service.root import open_pulse


@app.command()
def erase(
    entity_id: Annotated[str, typer.Argument(metavar="ID", help="Whom to erase.")],
    entity: Annotated[EntityType, typer.Option(help="Tutor or student.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
) -> None:
    """Erase a tutor or student: events, rejects, predictions, insights, recommendations, alerts. There is no way back."""
    with open_pulse(home) as pulse:
        if not yes:
            typer.confirm(f"Erase {entity} {entity_id} for good?", abort=True, err=True)
        erased = erase_entity(pulse, entity, entity_id)
        noted(pulse.state, f"erase {entity}")
    if as_json:
        console.print_json(erased)
    else:
        console.print_line(
            f"Erased {entity} {entity_id}: {erased.events:,} events, {erased.rejects:,} rejects, {erased.state_rows:,} rows of state."
        )
