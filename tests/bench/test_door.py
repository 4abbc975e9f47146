"""The benchmark of the live door measures what it says, on a small log."""

from pathlib import Path

from tutorpulse.bench import door
from tutorpulse.bench.harness import Options
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore


def test_every_event_that_was_measured_is_in_the_log(tmp_path: Path) -> None:
    found = door.run(Options(20_000, 2, tmp_path))
    assert found.unit == "events/s"
    assert len(found.repeats) == 2
    assert found.details["events_each"] == 1_000
    with EventStore.open(Home.open(tmp_path / "home")) as store:
        sent = 2 * 1_000 + 100 + door.FEW_EVENTS
        assert 20_000 + sent < len(store) <= 20_000 + sent + 1_000
