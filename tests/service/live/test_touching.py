"""Whom events touch: by name, and by what they are about."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.service.live.homes import LIVE_US, PAIRS, append
from tests.service.logs import NOW_US, Event, event, home_with, lesson
from tests.store.batches import batch_of
from tests.store.histories import histories
from tutorpulse.clock import FixedClock
from tutorpulse.features.frame import ENTITY_TYPES, EntityType
from tutorpulse.service.live import touching
from tutorpulse.service.root import Pulse, open_pulse
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore


@pytest.fixture(params=["few", "many"])
def pulse(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pulse]:
    """A home whose new events count as few, found by places, or as many, found by reading the log."""
    if request.param == "many":
        monkeypatch.setattr(touching, "FEW_EVENTS", 0)
    home_with(tmp_path, PAIRS)
    with open_pulse(tmp_path, clock=FixedClock(LIVE_US)) as opened:
        yield opened


def touched_by(pulse: Pulse, kind: EntityType, *events: Event) -> list[str]:
    place = touching.newest_seq(pulse.store)
    append(pulse, *events)
    return sorted(touching.touched(pulse.store, kind, place).since_us)


def test_events_touch_those_they_name(pulse: Pulse) -> None:
    call = event("ib_call_logged", 0, student_id="s2")
    assert touched_by(pulse, "student", lesson(0, "t1", "s9"), call) == ["s2", "s9"]
    assert touched_by(pulse, "tutor", lesson(0, "t5", "s1"), call) == ["t5"]


def test_the_placeholder_is_nobody(pulse: Pulse) -> None:
    assert touched_by(pulse, "tutor", lesson(0, "-", "s1")) == []


def test_an_action_touches_whom_it_is_about(pulse: Pulse) -> None:
    action = event("action_taken", 0, entity_type="tutor", entity_id="t3", recommendation="call")
    assert touched_by(pulse, "tutor", action) == ["t3"]
    assert touched_by(pulse, "student", action) == []


def test_a_refund_touches_the_tutor_of_its_session(pulse: Pulse) -> None:
    refund = event("refund_issued", 0, student_id="s1", amount=9, session_id="t2-s2-2")
    assert touched_by(pulse, "tutor", refund) == ["t2"]


def test_a_session_touches_whom_its_earlier_events_named(pulse: Pulse) -> None:
    substitute = event(
        "session_rescheduled",
        0,
        session_id="t2-s2-2",
        tutor_id="t4",
        student_id="-",
        new_starts_at="2024-10-09T00:00:00Z",
    )
    assert touched_by(pulse, "tutor", substitute) == ["t2", "t4"]
    place = touching.newest_seq(pulse.store) - 1
    assert sorted(touching.touched(pulse.store, "student", place).since_us) == ["s2"]


def test_a_request_touches_who_answered_before_it_came_in(pulse: Pulse) -> None:
    append(pulse, event("booking_responded", 0, request_id="r", tutor_id="t3", accepted=True))
    asked = event("booking_requested", 0.1, request_id="r", student_id="s1", subject="maths")
    assert touched_by(pulse, "tutor", asked) == ["t3"]


def test_each_waits_since_the_first_of_its_events_was_received(pulse: Pulse) -> None:
    place = touching.newest_seq(pulse.store)
    append(pulse, lesson(0, "t1", "s1"))
    assert isinstance(pulse.clock, FixedClock)
    pulse.clock.advance(50)
    append(pulse, lesson(0.5, "t1", "s2"))
    found = touching.touched(pulse.store, "student", place)
    assert found.since_us == {"s1": LIVE_US, "s2": LIVE_US + 50}
    assert found.seq == touching.newest_seq(pulse.store)
    again = touching.touched(pulse.store, "student", found.seq)
    assert (again.since_us, again.seq, again.first_received_us) == ({}, found.seq, None)


@settings(max_examples=25, deadline=None)
@given(events=histories(30), cut=st.integers(0, 30), after=st.integers(0, 30))
def test_few_events_touch_whom_reading_the_log_finds(
    events: list[dict[str, Any]], cut: int, after: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with EventStore.open(Home.open(tmp_path_factory.mktemp("homes") / "h", create=True)) as store:
        for part in (events[:cut], events[cut:]):
            store.append(batch_of(part))
            for kind in ENTITY_TYPES:
                found = touching.touched(store, kind, after)
                with pytest.MonkeyPatch.context() as patched:
                    patched.setattr(touching, "FEW_EVENTS", 0)
                    assert touching.touched(store, kind, after) == found


def test_events_received_before_midnight_reach_the_population(pulse: Pulse) -> None:
    before = touching.Touched({}, 1, NOW_US)
    assert touching.reaches_population(before, LIVE_US)
    assert not touching.reaches_population(touching.Touched({}, 1, NOW_US + 1), LIVE_US)
    assert not touching.reaches_population(touching.Touched({}, 1, None), LIVE_US)


def test_students_of_a_tutor_are_those_of_thirty_days(pulse: Pulse) -> None:
    append(pulse, lesson(29, "t1", "s7"), lesson(31, "t1", "s8"), lesson(1, "t1", "s9", was_cancelled=True))
    pulse.store.settle()
    assert sorted(touching.students_of(pulse.store, ["t1", "t4"], NOW_US)) == ["s1", "s4", "s7"]
    assert sorted(touching.partners(pulse.store, "tutor", "t1")) == ["s1", "s7", "s8", "s9"]
    assert touching.partners(pulse.store, "student", "s3") == ["t3"]


def test_the_log_knows_payments_from_the_first_on(pulse: Pulse) -> None:
    assert not touching.has_payments(pulse.store)
    append(pulse, event("refund_issued", 0, student_id="s1", amount=9))
    assert not touching.has_payments(pulse.store)
    append(pulse, event("payment_processed", 0, student_id="s1", amount=9, succeeded=False))
    assert touching.has_payments(pulse.store)
