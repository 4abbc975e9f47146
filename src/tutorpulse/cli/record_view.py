"""One entity's record on the terminal."""

from collections.abc import Iterable

from rich.text import Text

from tutorpulse.cli import console, views
from tutorpulse.cli.page_view import show_page
from tutorpulse.service.worklist.record_shapes import Record


def show_record(record: Record) -> None:
    """Print the page, then what else is held; empty parts are left out."""
    show_page(record.page)
    _lines("Why", record.why)
    table = views.plain_table("events", "", "first", "last", right=(1,))
    for span in record.events:
        table.add_row(span.event_type, f"{span.count:,}", span.first[:10], span.last[:10])
    console.out.print(views.section("What the log holds", table))
    _lines("States", (f"{s.state} since {s.since[:10]}, by {s.set_by}" for s in record.states))
    _lines(
        "Segments set by hand",
        (f"{o.segment} until {o.expires[:10]}, by {o.owner}" for o in record.overrides),
    )
    _lines(
        "Predicted in shadow, shown nowhere",
        (f"{s.count:,} by {s.model_version}, {s.first[:10]} to {s.last[:10]}" for s in record.shadow),
    )
    _lines("Tasks", (f"{t.action}: {t.state}" for t in record.tasks))
    _lines("Trials", (f"{t.rule}: {t.arm} since {t.enrolled[:10]}" for t in record.trials))
    _lines("Verdicts", (f"{f.about} {f.verdict}, by {f.given_by}" for f in record.feedback))
    _lines("Reviews", (f"{r.state}: {r.reason}" for r in record.reviews))
    _lines("Alerts", (f"{a.opened[:10]} {a.title}: {a.state}" for a in record.alerts))
    _lines("Who did what", (f"{a.time[:16].replace('T', ' ')} {a.done_by}: {a.action}" for a in record.trail))
    _lines("What is done with it", record.principles)


def _lines(title: str, lines: Iterable[str]) -> None:
    text = "\n".join(lines)
    if text:
        console.out.print(views.section(title, Text(text)))
