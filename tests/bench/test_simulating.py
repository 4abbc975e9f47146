"""The benchmark of the simulator."""

from pathlib import Path

from tutorpulse.bench import simulating
from tutorpulse.bench.harness import Options


def test_whole_weeks_are_written_until_the_events_are_enough(tmp_path: Path) -> None:
    found = simulating.run(Options(events=2000, repeats=2, folder=tmp_path))
    lines = (tmp_path / "events.ndjson").read_bytes().splitlines()
    assert found.details["events"] == len(lines) >= 2000
    assert found.details["bytes"] == sum(len(line) + 1 for line in lines)
    assert (found.name, found.unit, len(found.repeats)) == ("simulate", "events/s", 2)
    assert found.ratio == found.value / found.limit
