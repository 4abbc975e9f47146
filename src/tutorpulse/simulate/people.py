"""Questions about people that several processes ask."""

import numpy as np

from tutorpulse.simulate.day import Day
from tutorpulse.simulate.state import (
    ACTIVE,
    FADING,
    NOBODY,
    SEATS,
    Flags,
    Floats,
    Ints,
    Students,
    Tutors,
    World,
)


def present(people: Tutors | Students, day: int) -> Flags:
    """Who takes part on the day: registered, not gone, not on a pause."""
    staying: Flags = (people.stage == ACTIVE) | (people.stage == FADING)
    return staying & np.less_equal(people.paused_until, day)


def too_much(world: World, tutor: Ints) -> Floats:
    """Fatigue of some tutors above what harms nobody, at most 2."""
    tired = world.tutors.fatigue[tutor] - world.parameters.tutors.fatigue_tolerated
    excess: Floats = np.clip(tired, 0, 2)
    return excess


def fading(people: Tutors | Students, index: Ints) -> Floats:
    """1 for those about to leave, else 0."""
    return np.equal(people.stage[index], FADING).astype(np.float64)


def fade_progress(day: Day) -> Floats:
    """How far each tutor has withdrawn, 0 to 1: a third at once, the rest within the usual time of leaving."""
    tutors, span = day.world.tutors, day.world.parameters.tutors.fade_days
    along = np.clip((day.number - tutors.fade_from) / span, 0, 1)
    return np.where(tutors.stage == FADING, (1 + 2 * along) / 3, 0.0)


def offered_hours(day: Day) -> Floats:
    """Hours a week that each tutor is ready to give: fewer when tired or on the way out, none on a pause."""
    tutors = day.world.tutors
    tired = 1 - 0.25 * too_much(day.world, np.arange(len(tutors)))
    hours = tutors.capacity_hours * tired * (1 - 0.8 * fade_progress(day))
    offered: Floats = np.where(present(tutors, day.number), hours, 0.0)
    return offered


def committed_hours(day: Day) -> Floats:
    """Hours a week that each tutor's students want, in term."""
    world = day.world
    seats = world.seats
    taken = (seats.tutor >= 0) & np.repeat(present(world.students, day.number), SEATS)
    hours = seats.rate_per_week * seats.duration_minutes / 60
    return np.bincount(seats.tutor[taken], hours[taken], len(world.tutors)).astype(np.float64)


def student_of(seat: Ints) -> Ints:
    """The student of each seat."""
    return seat // SEATS


def shift_mood(people: Tutors | Students, index: Ints, by: Floats | float) -> None:
    """Raise moods by as much; an index may occur more than once. Moods stay within -2.5 and 2.5."""
    np.add.at(people.mood, index, by)
    people.mood[index] = np.clip(people.mood[index], -2.5, 2.5)


def seats_of_tutors(world: World, tutor: Ints) -> Ints:
    """The seats that any of these tutors teaches."""
    chosen = np.zeros(len(world.tutors) + 1, np.bool_)
    chosen[tutor] = True
    return np.flatnonzero(chosen[world.seats.tutor])


def seats_of_students(student: Ints) -> Ints:
    """The seats of these students."""
    return (SEATS * student[:, None] + np.arange(SEATS)).ravel()


def without_tutor(world: World, seat: Ints) -> None:
    """Take the tutor away."""
    world.seats.tutor[seat] = NOBODY
    world.seats.held[seat] = 0
