"""What the log holds at a glance, counted by hand."""

from pathlib import Path

from tests.service.logs import NOW_US, home_with, lesson
from tutorpulse.clock import FixedClock
from tutorpulse.service.queries.log import log_standing
from tutorpulse.service.root import open_alone

MINUTE = 1 / 1_440


def test_events_are_counted_by_the_minute_in_which_they_were_received(tmp_path: Path) -> None:
    received = (0.5, 1.5, 1.6, 59.5, 60.5)
    events = [lesson(3, f"t{i}", received_days_ago=ago * MINUTE) for i, ago in enumerate(received)]
    home_with(tmp_path / "h", events)
    with open_alone(tmp_path / "h", clock=FixedClock(NOW_US)) as pulse:
        found = log_standing(pulse)
    assert found.received == (1, *[0] * 57, 2, 1)
    assert found.total == 5
    assert sum(day.count for day in found.days) == 5
