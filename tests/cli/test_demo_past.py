"""The past of a demonstration is what a home would hold that had been in use all along."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from tests.service.logs import NOW_US, Event, home_with, lesson, lessons
from tutorpulse.cli.demo_past import DAYS_AGO, TRAINED_DAYS_AGO, Moment, live_through, moments
from tutorpulse.clock import DAY_US, FixedClock
from tutorpulse.service.refresh import refresh
from tutorpulse.service.root import Pulse, open_alone
from tutorpulse.service.served import open_scorer

LONG = [*lessons(8, 300)]


def days_ago(pulse: Pulse) -> list[tuple[int, bool]]:
    return [((NOW_US - moment.at_us) // DAY_US, moment.trains) for moment in moments(pulse)]


def of(path: Path, events: Iterable[Event]) -> Path:
    return home_with(path, events).path


def test_a_long_log_is_lived_through_and_trained_on_once(tmp_path: Path) -> None:
    with open_alone(of(tmp_path / "h", LONG), clock=FixedClock(NOW_US)) as pulse:
        found = days_ago(pulse)
    assert found == [(days, days == TRAINED_DAYS_AGO) for days in DAYS_AGO]


@pytest.mark.parametrize(
    ("days", "expected"),
    [(100, [(0, True)]), (190, [(7, True), (0, False)])],
)
def test_a_shorter_log_is_lived_through_from_where_half_a_year_is_known(
    tmp_path: Path, days: int, expected: list[tuple[int, bool]]
) -> None:
    with open_alone(of(tmp_path / "h", [lesson(days), lesson(0)]), clock=FixedClock(NOW_US)) as pulse:
        assert days_ago(pulse) == expected


def test_the_past_is_what_a_home_would_hold_that_had_only_heard_of_events_until_then(tmp_path: Path) -> None:
    late = lesson(60, "t1", "s3", received_days_ago=50)
    cut_us = NOW_US - 56 * DAY_US
    known = [event for event in LONG if float(str(event["event_id"]).split("-")[1]) >= 56]
    assert 0 < len(known) < len(LONG)
    with open_alone(of(tmp_path / "then", known), clock=FixedClock(cut_us)) as pulse:
        refresh(pulse, open_scorer(pulse))
        then = pulse.state.predictions.all("tutor")
    past = [Moment(cut_us - 14 * DAY_US, False), Moment(cut_us, False), Moment(NOW_US, True)]
    trained_us: list[int] = []
    with open_alone(of(tmp_path / "lived", [*LONG, late]), clock=FixedClock(NOW_US)) as pulse:
        live_through(pulse, past, lambda there, _: trained_us.append(there.clock.now_us()), lambda *_: None)
        assert (pulse.state.runs.first_us(), trained_us) == (past[0].at_us, [NOW_US])
        of_record = [pulse.state.predictions.history("tutor", str(who)).columns for who in then.entity_ids]
    compared = 0
    for row, columns in enumerate(of_record):
        for at in np.flatnonzero(columns["as_of_us"] == cut_us).tolist():
            compared += 1
            for name in ("churn_risk_14d", "health_score"):
                assert columns[name][at] == then.columns[name][row]
    assert compared > 3
