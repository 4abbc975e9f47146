from pathlib import Path

from tests.service.logs import NOW_US, event, home_with, lesson
from tutorpulse.clock import FixedClock
from tutorpulse.service.queries.subjects import KEPT_US, LOOKBACK_DAYS, Subjects, subjects_of
from tutorpulse.service.root import open_pulse

EVENTS = [
    lesson(1, "t1", "s1", subject="maths"),
    lesson(LOOKBACK_DAYS + 1, "t1", "s1", subject="latin"),
    lesson(2, "t2", "-", subject="art"),
    event("tutor_registered", 30, tutor_id="t2", subjects=["art", "music"]),
    event("tutor_profile_updated", 20, tutor_id="t2", subjects=["dance", "music"]),
    event("student_registered", 300, student_id="s2", subjects=["physics"]),
]


def test_subjects_are_those_met_in_90_days_and_those_declared_last(tmp_path: Path) -> None:
    home_with(tmp_path, EVENTS)
    with open_pulse(tmp_path, clock=FixedClock(NOW_US)) as pulse:
        tutors = subjects_of(pulse.store, "tutor", NOW_US)
        assert tutors == {("t1", "maths"), ("t2", "art"), ("t2", "dance"), ("t2", "music")}
        assert subjects_of(pulse.store, "student", NOW_US) == {("s1", "maths"), ("s2", "physics")}


def test_they_are_worked_out_when_asked_for_and_older_than_ten_minutes(
    tmp_path: Path,
) -> None:
    home_with(tmp_path, EVENTS)
    clock = FixedClock(NOW_US)
    with open_pulse(tmp_path, clock=clock) as pulse:
        kept = Subjects()
        kept.bring_up_to_date(pulse)
        assert pulse.state.subjects.counts("tutor")["maths"] == 1
        pulse.state.subjects.replace("tutor", [])
        clock.advance(KEPT_US - 1)
        kept.bring_up_to_date(pulse)
        assert pulse.state.subjects.counts("tutor") == {}
        clock.advance(1)
        kept.bring_up_to_date(pulse)
        assert pulse.state.subjects.counts("tutor")["maths"] == 1
