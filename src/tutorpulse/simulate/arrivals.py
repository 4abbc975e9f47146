"""New tutors and students register; students begin to look for a tutor."""

import numpy as np

from tutorpulse.simulate.day import Day
from tutorpulse.simulate.journal import Log
from tutorpulse.simulate.people import present, seats_of_students
from tutorpulse.simulate.state import ABSENT, ACTIVE, EMPTY, SEATS, SEEKING, Ints

_SECOND_SUBJECT_PER_DAY = 0.02


def register(day: Day, log: Log) -> None:
    """Those whose day has come are here from now on."""
    _register_tutors(day, log)
    _register_students(day, log)
    _second_subjects(day)


def _register_tutors(day: Day, log: Log) -> None:
    tutors = day.world.tutors
    new = np.flatnonzero((tutors.stage == ABSENT) & (tutors.arrival_day <= day.number))
    tutors.stage[new] = ACTIVE
    log.add(
        "tutor_registered",
        day.times(len(new), 4.0, 6.0),
        tutor_id=new,
        subjects=tutors.subjects[new],
        years_of_experience=tutors.experience_years[new],
        certification_count=tutors.certificates[new],
        advanced_topics_count=tutors.advanced_topics[new],
        hourly_rate=tutors.hourly_rate[new],
        timezone=tutors.zone[new],
    )


def _register_students(day: Day, log: Log) -> None:
    students = day.world.students
    new = np.flatnonzero((students.stage == ABSENT) & (students.arrival_day <= day.number))
    students.stage[new] = ACTIVE
    day.world.seats.state[SEATS * new] = SEEKING
    log.add(
        "student_registered",
        day.times(len(new), 4.0, 6.0),
        student_id=new,
        subjects=_wanted(day, new),
        grade_level=students.grade[new],
        acquisition_channel=students.channel[new],
        tier=students.tier[new],
        region=students.region[new],
        timezone=students.zone[new],
    )


def _wanted(day: Day, student: Ints) -> Ints:
    """Bit masks of the subjects that these students want."""
    subject = day.world.seats.subject[seats_of_students(student)].reshape(-1, SEATS)
    masks: Ints = np.bitwise_or.reduce(np.where(subject >= 0, 1 << np.maximum(subject, 0), 0), axis=1)
    return masks


def _second_subjects(day: Day) -> None:
    """Students who want a second subject begin to look for its tutor some day."""
    seats = day.world.seats
    here = np.repeat(present(day.world.students, day.number), SEATS)
    waiting = np.flatnonzero(here & (seats.state == EMPTY) & (seats.subject >= 0))
    seats.state[waiting[day.some(len(waiting), _SECOND_SUBJECT_PER_DAY)]] = SEEKING
