"""Stated pauses and goals reached: silences that are no desertion."""

import numpy as np

from tutorpulse.clock import DAY_US, MINUTE_US
from tutorpulse.simulate.day import Day
from tutorpulse.simulate.journal import Log
from tutorpulse.simulate.people import present, too_much
from tutorpulse.simulate.state import ACTIVE, FADING, Floats, Ints, Students, Tutors

_SHORTEST_DAYS = 7
_SAYS_RESUMED = 0.6


def pause(day: Day, log: Log) -> None:
    """Some pause from today; some pauses are over today."""
    world = day.world
    tutors, students = world.tutors, world.students
    tired = 1 + too_much(world, np.arange(len(tutors)))
    for name, people, hazard in (
        ("tutor", tutors, world.parameters.tutors.pause_hazard * tired),
        ("student", students, np.full(len(students), world.parameters.students.pause_hazard)),
    ):
        _end(day, log, name, people)
        _begin(day, log, name, people, hazard)


def _begin(day: Day, log: Log, name: str, people: Tutors | Students, hazard: Floats) -> None:
    p = day.world.parameters.students
    index = np.flatnonzero((people.stage == ACTIVE) & present(people, day.number) & day.happens(hazard))
    days = _SHORTEST_DAYS + day.rng.exponential(max(p.pause_days - _SHORTEST_DAYS, 1), len(index)).astype(
        np.int64
    )
    people.paused_until[index] = day.number + np.minimum(days, 90)
    people.pause_open[index] = day.some(len(index), p.pause_open_share)
    stated = np.where(people.pause_open[index], -1, people.paused_until[index] * DAY_US)
    log.add(f"{name}_paused", day.times(len(index), 4, 5), **{f"{name}_id": index, "until": stated})


def _end(day: Day, log: Log, name: str, people: Tutors | Students) -> None:
    """Who comes back takes part again, with or without a word; the others are about to leave."""
    over = np.flatnonzero((people.paused_until > 0) & (people.paused_until <= day.number))
    people.paused_until[over] = 0
    back = day.some(len(over), day.world.parameters.students.pause_return)
    lost = over[~back & (people.stage[over] == ACTIVE)]
    people.stage[lost], people.leave_day[lost] = FADING, day.number
    said = over[back & day.some(len(over), _SAYS_RESUMED)]
    log.add(f"{name}_resumed", day.times(len(said), 4, 5), **{f"{name}_id": said})


def reach_goals(day: Day, log: Log) -> None:
    """Students who have had the lessons that their goal takes: many stop, the others set a new goal."""
    students, p = day.world.students, day.world.parameters.students
    here = present(students, day.number)
    done: Ints = np.flatnonzero(here & (students.completed >= students.goal))
    log.add(
        "student_goal_reached",
        _evening(day, len(done)),
        student_id=done,
        goal=day.rng.integers(0, 3, len(done)),
    )
    stops = day.some(len(done), p.goal_leave)
    students.stage[done[stops]], students.leave_day[done[stops]] = FADING, day.number + 1
    students.goal[done] += np.maximum(day.rng.gamma(2.5, p.goal_sessions / 2.5, len(done)), 4).astype(
        np.int64
    )


def _evening(day: Day, count: int) -> Ints:
    return day.start_us + 21 * 60 * MINUTE_US + MINUTE_US * day.rng.integers(0, 60, count)
