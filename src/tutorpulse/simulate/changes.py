"""What befalls booked sessions before their day: cancellations by either side, and moves."""

import numpy as np

from tutorpulse.clock import DAY_US
from tutorpulse.simulate.day import Day
from tutorpulse.simulate.demand import notice_hours
from tutorpulse.simulate.journal import Log
from tutorpulse.simulate.people import fading, present, shift_mood, student_of, too_much, without_tutor
from tutorpulse.simulate.state import BOOKED, IDLE, SEATS, SEEKING, Flags, Floats, Ints

TUTOR, STUDENT, PLATFORM = 0, 1, 2
_CANCELLED_MOOD = -0.25
_MOVED_MOOD = -0.03


def change(day: Day, log: Log) -> None:
    """Cancel and move some of the sessions that start on a later day."""
    seats = day.world.seats
    ahead = np.flatnonzero(
        (seats.state == BOOKED) & (seats.start_day > day.number) & (seats.booked_day < day.number)
    )
    ahead = _without_the_absent(day, log, ahead)
    by_student, by_tutor = cancel_hazards(day, ahead)
    throw = day.rng.random(len(ahead))
    cancel(day, log, ahead[throw < by_student], STUDENT, day.times(int((throw < by_student).sum())))
    second = (throw >= by_student) & (throw < by_student + by_tutor)
    cancel(day, log, ahead[second], TUTOR, day.times(int(second.sum())))
    _move(day, log, ahead[throw >= by_student + by_tutor])


def _without_the_absent(day: Day, log: Log, seat: Ints) -> Ints:
    """Sessions within a stated pause are cancelled by whoever pauses; the others are returned."""
    world = day.world
    tutor_away = world.tutors.paused_until[world.seats.tutor[seat]] * DAY_US > world.seats.start_us[seat]
    student_away = world.students.paused_until[student_of(seat)] * DAY_US > world.seats.start_us[seat]
    cancel(day, log, seat[tutor_away], TUTOR, day.times(int(tutor_away.sum())))
    rest = ~tutor_away & student_away
    cancel(day, log, seat[rest], STUDENT, day.times(int(rest.sum())))
    return seat[~tutor_away & ~student_away]


def cancel_hazards(day: Day, seat: Ints) -> tuple[Floats, Floats]:
    """The day's hazards that the student and that the tutor of each seat cancels."""
    world, p = day.world, day.world.parameters.sessions
    student, tutor = student_of(seat), world.seats.tutor[seat]
    by_student = p.student_cancel * np.exp(-0.35 * world.students.mood[student])
    by_student *= p.fading_factor ** fading(world.students, student)
    return by_student, p.tutor_cancel * tutor_strain(day, tutor)


def tutor_strain(day: Day, tutor: Ints) -> Floats:
    """Factor on all that a tutor does wrong: fatigue, and being about to leave."""
    p = day.world.parameters.sessions
    tired = 1 + p.fatigue_factor * too_much(day.world, tutor)
    return tired * p.fading_factor ** fading(day.world.tutors, tutor)


def cancel(day: Day, log: Log, seat: Ints, by: int, ts_us: Ints) -> None:
    """Cancel the sessions of these seats; the tutor's doing costs the student's mood and, at times, the tutor."""
    world, seats = day.world, day.world.seats
    log.add(
        "session_cancelled",
        ts_us,
        session_id=seats.session[seat],
        student_id=student_of(seat),
        tutor_id=seats.tutor[seat],
        cancelled_by=np.full(len(seat), by),
        notice_hours=notice_hours(seats.start_us[seat], ts_us),
    )
    seats.state[seat] = IDLE
    if by == TUTOR:
        shift_mood(world.students, student_of(seat), _CANCELLED_MOOD)
        replace(day, seat, world.parameters.sessions.replace_after_cancel, "cancelled")


def replace(day: Day, seat: Ints, share: float, why: str) -> None:
    """A share of the seats look for another tutor from now on; `why` is tallied."""
    gone = seat[day.some(len(seat), share)]
    day.world.tally[f"replaced: {why}"] += len(gone)
    without_tutor(day.world, gone)
    day.world.seats.state[gone] = SEEKING


def _move(day: Day, log: Log, seat: Ints) -> None:
    """Move some sessions by one to four days."""
    world, seats = day.world, day.world.seats
    share = np.minimum(world.parameters.sessions.reschedule * tutor_strain(day, seats.tutor[seat]), 0.5)
    moved = seat[day.happens(share)]
    start_day = seats.start_day[moved] + day.rng.integers(1, 5, len(moved))
    seats.start_us[moved] = day.local_starts(
        start_day, seats.minute[moved], world.students.zone[student_of(moved)]
    )
    seats.start_day[moved] = seats.start_us[moved] // DAY_US
    by_tutor: Flags = day.some(len(moved), world.parameters.sessions.reschedule_by_tutor)
    shift_mood(world.students, student_of(moved), _MOVED_MOOD)
    log.add(
        "session_rescheduled",
        day.times(len(moved)),
        session_id=seats.session[moved],
        student_id=student_of(moved),
        tutor_id=seats.tutor[moved],
        rescheduled_by=np.where(by_tutor, TUTOR, STUDENT),
        new_starts_at=seats.start_us[moved],
    )


def bookable(day: Day) -> Flags:
    """Seats whose student and tutor both take part."""
    world = day.world
    here = np.repeat(present(world.students, day.number), SEATS)
    return here & (world.seats.tutor >= 0) & present(world.tutors, day.number)[world.seats.tutor]
