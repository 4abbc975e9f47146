"""`tutorpulse compact`: old events into files, the database in order."""

from tutorpulse.cli import console
from tutorpulse.cli.app import app
from tutorpulse.cli.audit import noted
from tutorpulse.service.root import open_pulse
from tutorpulse.service.upkeep import keep_up

_MB = 1_000_000


@app.command()
def compact(home: console.HomeOption = console.DEFAULT_HOME, as_json: console.JsonOption = False) -> None:
    """Move events older than the setting `retention_days` into files, and put the database in order. A service does so nightly."""
    with open_pulse(home) as pulse, console.err.status("Compacting"):
        done = keep_up(pulse)
        noted(pulse.state, "compact")
        days = pulse.settings.retention_days
    if as_json:
        console.print_json(done)
        return
    moved, order = done.archived, done.compacted
    if days:
        console.print_line(
            f"{moved.events:,} events older than {days} days moved to {moved.files:,} files ({moved.bytes / _MB:,.1f} MB)."
        )
    else:
        console.print_line("The setting retention_days is 0: all events stay in the database.")
    console.print_line(
        f"{order.sessions:,} sessions put in order; blocks in use: {order.bytes_before / _MB:,.1f} MB before, {order.bytes_after / _MB:,.1f} MB now."
    )
