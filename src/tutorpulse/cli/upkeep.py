"""`tutorpulse upkeep`: what a home needs once a day."""

import msgspec

from tutorpulse.cli import console, views
from tutorpulse.cli.app import app
from tutorpulse.service.lifecycle.upkeep import upkeep as keep_up
from tutorpulse.service.root import open_pulse


@app.command()
def upkeep(home: console.HomeOption = console.DEFAULT_HOME, as_json: console.JsonOption = False) -> None:
    """Take down what came true, judge drift, and train a challenger when it is time. A service does it nightly by itself.

    The challenger goes in force only where it is better beyond noise than the model that serves.
    """
    with open_pulse(home) as pulse, console.err.status("Upkeep") as status:
        done = keep_up(pulse, lambda doing: status.update(f"Upkeep: {doing}"))
    if as_json:
        console.print_json(msgspec.to_builtins(done))
        return
    console.print_line(f"{done.outcomes:,} outcomes taken down.")
    for drift in done.drift:
        console.print_line(drift.sentence)
    if done.retrained is not None:
        verb = "is in force now" if done.retrained.promoted else "was not put in force"
        console.print_line(f"Model {done.retrained.version} {verb}: {done.retrained.reason}.")
    views.show_notes(done.notes)
