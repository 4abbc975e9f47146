"""`tutorpulse summary`: what the last refresh found."""

from contextlib import closing

import msgspec

from tutorpulse.cli import console, views
from tutorpulse.cli.app import app
from tutorpulse.decisions.alerts.severity import SEVERITIES
from tutorpulse.decisions.summary import Summary
from tutorpulse.errors import HistoryError
from tutorpulse.service.queries.alert_shapes import AlertCounts
from tutorpulse.service.queries.alerts import counts
from tutorpulse.store.home import Home
from tutorpulse.store.state import State


@app.command()
def summary(home: console.HomeOption = console.DEFAULT_HOME, as_json: console.JsonOption = False) -> None:
    """Show how many tutors and students are in which segment, as of the last refresh."""
    with closing(State(Home.open(home).state_path)) as state:
        run = state.runs.last()
        alerts = counts(state)
    if run is None:
        raise HistoryError("Nothing was predicted yet. Run `tutorpulse refresh` first.")
    if as_json:
        console.print_json(msgspec.json.decode(run.summary, type=Summary))
    else:
        views.show_run(run)
        console.print_line(_told(alerts))


def _told(alerts: AlertCounts) -> str:
    """How many are not resolved, the worst first."""
    listed = ", ".join(
        f"{alerts.by_severity[name]:,} {name}" for name in reversed(SEVERITIES) if name in alerts.by_severity
    )
    return f"{alerts.total:,} alerts not resolved: {listed}." if alerts.total else "No alerts."
