"""Lives: how tutors and students come to leave, pause, come back; and how work tires and rest restores."""

import math

import numpy as np

from tutorpulse.simulate.changes import PLATFORM, STUDENT, TUTOR, cancel
from tutorpulse.simulate.day import Day
from tutorpulse.simulate.journal import Log
from tutorpulse.simulate.parameters import Students as StudentParameters
from tutorpulse.simulate.parameters import Tutors as TutorParameters
from tutorpulse.simulate.people import seats_of_students, seats_of_tutors, student_of, without_tutor
from tutorpulse.simulate.state import (
    ACTIVE,
    BOOKED,
    EMPTY,
    FADING,
    GONE,
    IDLE,
    NEVER,
    NOBODY,
    SEATS,
    SEEKING,
    Flags,
    Floats,
    Ints,
    Students,
    Tutors,
)

_SHORTEST_FADE_DAYS = 4
_STAYS_BOOKED = 0.25
_TUTOR_LOST_MOOD = -0.35


def tire(day: Day) -> None:
    """Fatigue moves towards the day's load (1: what can be borne for good), fast for nobody, down when resting."""
    world, p = day.world, day.world.parameters
    tutors = world.tutors
    load = tutors.hours_today / (tutors.comfort_hours / 7)
    tutors.fatigue += (load - tutors.fatigue) / p.tutors.fatigue_days
    tutors.hours_today[:] = 0.0
    for people in (tutors, world.students):
        people.mood *= np.exp(-1 / p.sessions.mood_days)


def tutor_hazard(day: Day) -> Floats:
    """Each tutor's daily hazard of starting to fade, were the tutor active."""
    tutors, p = day.world.tutors, day.world.parameters.tutors
    settled = day.number - tutors.arrival_day > 45
    idle = np.clip(1 - tutors.fatigue / 0.25, 0, 1) * settled
    tired = np.clip(tutors.fatigue - p.fatigue_tolerated, 0, 2)
    log_hazard = p.fatigue_effect * tired + p.idle_effect * idle - p.mood_effect * tutors.mood
    return p.exit_hazard * tutors.frailty * np.exp(log_hazard) * _shield(day, tutors)


def student_hazard(day: Day) -> Floats:
    """Each student's daily hazard of starting to fade, were the student active."""
    students, p = day.world.students, day.world.parameters.students
    tenure = np.maximum(day.number - students.arrival_day, 0)
    new = 1 + p.newcomer_effect * np.exp(-tenure / p.newcomer_days)
    season = math.exp(p.summer_effect * max(0.0, 1 - day.season))
    hazard = p.exit_hazard * students.frailty * new * season * np.exp(-p.mood_effect * students.mood)
    return hazard * _shield(day, students)


def _shield(day: Day, people: Tutors | Students) -> Floats:
    factor = day.world.parameters.operators.shield_factor
    return np.where(people.shielded_until > day.number, factor, 1.0)


def move_on(day: Day, log: Log) -> None:
    """Some begin to fade; of those whose time is up some come round and the others leave; some come back."""
    _fade(day, day.world.tutors, tutor_hazard(day))
    _fade(day, day.world.students, student_hazard(day))
    _tutors_leave(day, log, _time_is_up(day, day.world.tutors, day.world.parameters.tutors))
    _students_leave(day, log, _time_is_up(day, day.world.students, day.world.parameters.students))
    _come_back(day)


def _fade(day: Day, people: Tutors | Students, hazard: Floats) -> None:
    index = np.flatnonzero((people.stage == ACTIVE) & day.happens(hazard))
    people.stage[index], people.leave_day[index], people.fade_from[index] = FADING, NEVER, day.number


def _time_is_up(day: Day, people: Tutors | Students, p: TutorParameters | StudentParameters) -> Ints:
    """Those who leave today: on a day that was set, or by a constant hazard once some days have passed; some come round."""
    here = np.flatnonzero((people.stage == FADING) & (people.paused_until <= day.number))
    ripe = people.fade_from[here] + _SHORTEST_FADE_DAYS <= day.number
    drawn = ripe & day.some(len(here), 1 / max(p.fade_days - _SHORTEST_FADE_DAYS, 1.0))
    unset = people.leave_day[here] == NEVER
    stays = unset & drawn & day.some(len(here), p.recover_share)
    people.stage[here[stays]] = ACTIVE
    leaves: Ints = here[(unset & drawn & ~stays) | (people.leave_day[here] <= day.number)]
    return leaves


def _tutors_leave(day: Day, log: Log, tutor: Ints) -> None:
    world, p = day.world, day.world.parameters
    world.tutors.stage[tutor] = GONE
    said = tutor[day.some(len(tutor), p.tutors.announced_share)]
    log.add(
        "tutor_departed", day.times(len(said), 5, 6), tutor_id=said, reason=day.rng.integers(0, 4, len(said))
    )
    seat = seats_of_tutors(world, tutor)
    booked = seat[world.seats.state[seat] == BOOKED]
    told = np.isin(world.seats.tutor[booked], said) | day.some(len(booked), 1 - _STAYS_BOOKED)
    _call_off(day, log, booked[told])
    free = seat[world.seats.state[seat] != BOOKED]
    _lose_tutor(day, free)


def _call_off(day: Day, log: Log, seat: Ints) -> None:
    """A tutor who left has the sessions cancelled, in part by the platform, before today's first lesson."""
    by_platform = day.some(len(seat), 0.5)
    for by, chosen in ((PLATFORM, seat[by_platform]), (TUTOR, seat[~by_platform])):
        cancel(day, log, chosen, by, day.times(len(chosen), 5, 7))


def _lose_tutor(day: Day, seat: Ints) -> None:
    """Students whose tutor has left look for another, or give the subject up."""
    world, seats = day.world, day.world.seats
    seat = seat[seats.tutor[seat] >= 0]
    looks = day.some(len(seat), world.parameters.sessions.find_another)
    world.tally["replaced: left"] += int(looks.sum())
    without_tutor(world, seat)
    seats.state[seat] = np.where(looks, SEEKING, EMPTY)
    seats.subject[seat[~looks]] = NOBODY
    world.students.mood[student_of(seat)] += _TUTOR_LOST_MOOD


def give_up(day: Day) -> None:
    """Seats whose tutor has left without a word are noticed; students with no subject left are about to leave."""
    world, seats = day.world, day.world.seats
    orphan = np.flatnonzero((seats.state == IDLE) & (seats.tutor >= 0))
    _lose_tutor(day, orphan[world.tutors.stage[seats.tutor[orphan]] == GONE])
    learns = (seats.subject >= 0).reshape(-1, SEATS).any(axis=1)
    done = np.flatnonzero((world.students.stage == ACTIVE) & ~learns)
    world.students.stage[done], world.students.leave_day[done] = FADING, day.number + 7


def _students_leave(day: Day, log: Log, student: Ints) -> None:
    world = day.world
    world.students.stage[student] = GONE
    world.tally["students left"] += len(student)
    world.tally["students left: first session"] += int(world.students.first_failed[student].sum())
    world.students.first_failed[student] = False
    said = student[day.some(len(student), world.parameters.students.announced_share)]
    log.add(
        "student_departed",
        day.times(len(said), 5, 6),
        student_id=said,
        reason=day.rng.integers(0, 4, len(said)),
    )
    seat = seats_of_students(student)
    booked = seat[world.seats.state[seat] == BOOKED]
    told: Flags = np.isin(student_of(booked), said) | day.some(len(booked), 1 - _STAYS_BOOKED)
    cancel(day, log, booked[told], STUDENT, day.times(int(told.sum()), 6, 7))


def _come_back(day: Day) -> None:
    """Some who left come back, rested."""
    world, p = day.world, day.world.parameters
    for people, hazard in (
        (world.tutors, p.tutors.return_hazard),
        (world.students, p.students.return_hazard),
    ):
        gone = np.flatnonzero(people.stage == GONE)
        back = gone[day.some(len(gone), hazard)]
        people.stage[back] = ACTIVE
        people.mood[back] = 0.0
        if isinstance(people, Students):
            seat = seats_of_students(back)
            lost = seat[(world.seats.subject[seat] >= 0) & (world.seats.state[seat] == EMPTY)]
            world.seats.state[lost] = SEEKING
