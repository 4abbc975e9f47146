"""Money: payments for completed sessions, failures and second tries, refunds and disputes."""

import numpy as np

from tutorpulse.clock import DAY_US, MINUTE_US
from tutorpulse.simulate.day import Day
from tutorpulse.simulate.journal import Log
from tutorpulse.simulate.people import fading, shift_mood, student_of
from tutorpulse.simulate.population import METHODS
from tutorpulse.simulate.state import Flags, Ints

_FAILURE_MOOD = -0.08


def settle(day: Day, log: Log, seat: Ints, ended_us: Ints) -> None:
    """Completed sessions are paid ten minutes later; a failed payment may succeed the day after."""
    students, c = day.world.students, day.world.parameters.contacts
    student = student_of(seat)
    failed = day.happens(
        np.minimum(students.payment_failure[student] * (1 + 2 * fading(students, student)), 0.95)
    )
    _pay(day, log, seat, ended_us + 10 * MINUTE_US, ~failed)
    shift_mood(students, student[failed], _FAILURE_MOOD)
    again = failed & day.some(len(seat), c.payment_retry)
    _pay(day, log, seat[again], ended_us[again] + DAY_US, np.ones(int(again.sum()), np.bool_))


def _pay(day: Day, log: Log, seat: Ints, ts_us: Ints, succeeded: Flags) -> None:
    world = day.world
    usual = world.students.methods[student_of(seat)]
    other = day.rng.integers(0, len(METHODS), len(seat))
    log.add(
        "payment_processed",
        ts_us,
        student_id=student_of(seat),
        amount=world.seats.price[seat],
        succeeded=succeeded,
        method=np.where(day.some(len(seat), 0.05), other, usual),
        session_id=world.seats.session[seat],
    )


def complain(day: Day, log: Log, seat: Ints, ended_us: Ints) -> None:
    """Some sessions that went wrong are refunded or disputed within three days."""
    world, c = day.world, day.world.parameters.contacts
    for event_type, share in (("refund_issued", c.refund_wrong), ("payment_disputed", c.dispute_wrong)):
        chosen = day.some(len(seat), share)
        some, n = seat[chosen], int(chosen.sum())
        log.add(
            event_type,
            ended_us[chosen] + MINUTE_US * day.rng.integers(60, 3 * 24 * 60, n),
            student_id=student_of(some),
            amount=world.seats.price[some],
            tutor_id=world.seats.tutor[some],
            session_id=world.seats.session[some],
        )
