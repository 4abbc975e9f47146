"""Why one entity's predictions changed, and what would lower its risk, on the terminal."""

from rich.text import Text

from tutorpulse.cli import console, views
from tutorpulse.decisions.phrases import PHRASES
from tutorpulse.service.queries.shapes import Comparison, OutputChange
from tutorpulse.service.queries.what_if_shapes import WhatIf


def show_comparison(found: Comparison) -> None:
    """Each output's sentence, its parts, and the facts that moved it."""
    first, last = found.models
    models = f"model {last}" if first == last else f"models {first}, then {last}"
    console.print_line(f"{found.entity_id}, {found.earlier.as_of} to {found.later.as_of}, {models}")
    for output in found.outputs:
        console.out.print(Text(f"\n{output.sentence or _unknown(output)}", "bold"))
        if output.data_change is not None:
            _show_parts(output)
        if output.note:
            console.print_line(f"note: {output.note}")


def _unknown(output: OutputChange) -> str:
    return f"{PHRASES[output.output].label}: not known at both times".capitalize()


def _show_parts(output: OutputChange) -> None:
    unit = "points" if "point" in output.unit else output.unit
    parts = (("the facts", output.data_change), ("a change of the model", output.model_change))
    told = [f"{words} {_signed(part)}" for words, part in parts if part is not None]
    if output.rest and abs(output.rest) >= 0.05:
        told.append(f"not reproduced from what was known then {_signed(output.rest)}")
    total = "" if output.change is None else f"{_signed(output.change)} {unit}: "
    console.print_line(total + ", ".join(told))
    if output.drivers:
        table = views.plain_table("fact", "then", "now", unit, right=(1, 2, 3))
        for driver in output.drivers:
            then, now = (
                views.number_text(driver.feature, value) for value in (driver.value_from, driver.value_to)
            )
            table.add_row(PHRASES[driver.feature].label, then, now, _signed(driver.change))
        table.add_row("all other facts", "", "", _signed(output.other))
        console.out.print(table)


def _signed(value: float) -> str:
    return f"{value:+.1f}"


def show_what_if(found: WhatIf) -> None:
    """The sentence, each change, and what it is worth."""
    if not found.changes:
        console.print_line(f"{found.entity_id}: {found.note}.")
        return
    console.out.print(Text(f"{found.sentence}.", "bold"))
    table = views.plain_table("change", "now", "then", right=(1, 2))
    for change in found.changes:
        now, then = (
            views.number_text(change.feature, value) for value in (change.value_from, change.value_to)
        )
        table.add_row(PHRASES[change.feature].label, now, then)
    console.out.print(table)
    if found.note:
        console.print_line(f"note: {found.note}")
    console.print_line(found.caveat)
