"""Fatigue, leaving, pausing, coming back."""

import numpy as np
import pytest

from tests.simulate.worlds import lived, small_world
from tutorpulse.simulate import lives, operators, pauses
from tutorpulse.simulate.day import open_day
from tutorpulse.simulate.journal import Journal
from tutorpulse.simulate.people import fade_progress, offered_hours
from tutorpulse.simulate.state import ACTIVE, FADING, GONE, NEVER, World


@pytest.fixture
def world() -> World:
    """All tutors and students are here."""
    world = small_world()
    for people in (world.tutors, world.students):
        people.stage[:] = ACTIVE
        people.arrival_day[:] = world.day - 200
    return world


def test_fatigue_builds_with_load_and_recovers_with_rest(world: World) -> None:
    day = open_day(world)
    levels = []
    for hours_per_day in (2.0, 0.0):
        for _ in range(60):
            world.tutors.hours_today[:] = hours_per_day * world.tutors.comfort_hours / 7
            lives.tire(day)
        levels.append(world.tutors.fatigue.copy())
    assert np.all(levels[0] > 1.9)
    assert np.all(levels[0] < 2.0)
    assert np.all(levels[1] < 0.1)


def test_fatigue_and_bad_mood_raise_the_hazard(world: World) -> None:
    day = open_day(world)
    world.tutors.fatigue[:] = 0.6
    rested = lives.tutor_hazard(day)
    world.tutors.fatigue[:] = 1.6
    tired = lives.tutor_hazard(day)
    assert np.all(tired > 3 * rested)
    calm = lives.student_hazard(day)
    world.students.mood -= 1
    assert np.all(lives.student_hazard(day) > 2 * calm)


def test_nothing_visible_tells_of_frailty(world: World) -> None:
    frailty = world.tutors.frailty
    assert frailty.std() > 0.2
    for visible in (world.tutors.capacity_hours, world.tutors.experience_years, world.tutors.hourly_rate):
        assert abs(np.corrcoef(frailty, visible)[0, 1]) < 0.3


def test_an_action_turns_some_round_and_shields(world: World) -> None:
    day = open_day(world)
    everybody = np.arange(len(world.students))
    world.students.stage[:] = FADING
    before = lives.student_hazard(day)
    operators.take_effect(day, world.students, everybody)
    kept = np.mean(world.students.stage == ACTIVE)
    assert kept == pytest.approx(world.parameters.operators.keep_share, abs=0.08)
    assert np.allclose(lives.student_hazard(day), before * world.parameters.operators.shield_factor)


def test_hours_offered_shrink_on_the_way_out(world: World) -> None:
    day = open_day(world)
    before = offered_hours(day)
    world.tutors.stage[:], world.tutors.fade_from[:], world.tutors.leave_day[:] = (
        FADING,
        day.number - 10,
        NEVER,
    )
    assert np.all(offered_hours(day) < before)
    assert np.all((fade_progress(day) > 1 / 3) & (fade_progress(day) < 1))


def test_who_leaves_books_nothing_more() -> None:
    world = small_world(tutors=60, students=600, days=200)
    lived(world, 100)
    gone = np.flatnonzero(world.students.stage == GONE)
    assert len(gone) > 50
    later = lived(world, 60)["session_booked"]["student_id"]
    back = np.flatnonzero(world.students.stage == ACTIVE)
    assert not np.isin(later, np.setdiff1d(gone, back)).any()


def test_a_pause_is_stated_and_ends(world: World) -> None:
    journal = Journal()
    for _ in range(150):
        pauses.pause(open_day(world), journal)
        world.day += 1
    log = {events.event_type: events for events in journal.close(NEVER * 10**6 * 86_400)}
    stated = log["student_paused"].columns["until"]
    assert 0.1 < np.mean(stated < 0) < 0.35
    assert np.all(stated[stated > 0] > log["student_paused"].ts_us[stated > 0])
    assert 0 < len(log["student_resumed"].ts_us) < len(log["student_paused"].ts_us)


def test_goals_are_reached_by_lessons(world: World) -> None:
    journal = Journal()
    world.students.completed[:100] = world.students.goal[:100]
    pauses.reach_goals(open_day(world), journal)
    (events,) = journal.close((world.day + 1) * 86_400 * 10**6)
    assert events.columns["student_id"].tolist() == list(range(100))
    assert np.mean(world.students.stage[:100] == FADING) == pytest.approx(0.6, abs=0.15)
    assert np.all(world.students.goal > world.students.completed)
