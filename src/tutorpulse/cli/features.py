"""`tutorpulse features`: features of all tutors or students as a file, or what the features are."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from tutorpulse.cli import console
from tutorpulse.cli.app import app
from tutorpulse.clock import format_time, parse_time
from tutorpulse.errors import InputError
from tutorpulse.features.catalog import Feature
from tutorpulse.features.compile import CATALOGS, feature_set_hash
from tutorpulse.features.frame import ENTITY_TYPES, FEATURE_COUNT, EntityType
from tutorpulse.service.exporting import FORMATS
from tutorpulse.service.exporting_features import entity_type_of, export_features, export_moment
from tutorpulse.service.root import open_pulse


@app.command()
def features(
    entity: Annotated[str | None, typer.Option(help=f"Of whom: {' or '.join(ENTITY_TYPES)}.")] = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            help="As of when: a date, or a date and time. Now by default, or the newest event's time if that is old."
        ),
    ] = None,
    known_at: Annotated[
        str | None,
        typer.Option(
            help="From what had been received by then. By default, if --as-of is given, by that time."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help=f"The file to write: {', '.join(FORMATS)}.")] = None,
    catalog: Annotated[bool, typer.Option("--list", help="Show what the features are instead.")] = False,
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
) -> None:
    """Write the features of every tutor or student to a file, as of any time; or list them."""
    kinds = ENTITY_TYPES if entity is None else (entity_type_of(entity),)
    if catalog:
        _list(kinds, as_json)
        return
    if entity is None or out is None:
        raise InputError("What shall be written? Give --entity and --out, or --list to see what there is.")
    times = [None if text is None else parse_time(text) for text in (as_of, known_at)]
    with open_pulse(home) as pulse:
        as_of_us, known_at_us, note = export_moment(pulse, *times)
        count = export_features(pulse, kinds[0], as_of_us, known_at_us, out)
    if as_json:
        console.print_json(
            {"rows": count, "entity_type": kinds[0], "as_of": format_time(as_of_us), "out": str(out)}
        )
    else:
        console.print_line(f"{count:,} rows of {kinds[0]}s as of {format_time(as_of_us)} in {out}")
        if note:
            console.print_line(note)


def _list(kinds: tuple[EntityType, ...], as_json: bool) -> None:
    if as_json:
        listed: dict[str, object] = {
            kind: [_entry(feature) for feature in CATALOGS[kind].shown()] for kind in kinds
        }
        console.print_json({"hash": feature_set_hash()} | listed)
        return
    for kind in kinds:
        for place, feature in enumerate(CATALOGS[kind].shown(), start=1):
            number = str(place) if place <= FEATURE_COUNT else "+"
            console.print_line(f"{kind} {number:>2} {feature.name} ({feature.unit}): {feature.sentence}")


def _entry(feature: Feature) -> dict[str, object]:
    shown = ("name", "group", "unit", "sentence", "healthy", "reach")
    return {name: value for name, value in asdict(feature).items() if name in shown}
