"""Supply against demand, subject by subject."""

import msgspec
import numpy as np

from tutorpulse.decisions.insights import SUBJECT_TYPES
from tutorpulse.market.balance import Balance, balance
from tutorpulse.service.root import Pulse
from tutorpulse.service.today import last_as_of_us


class SubjectBalance(msgspec.Struct, frozen=True):
    """One subject: see `market.balance.Balance`; shares are 0 to 1, None where there is nothing to share.

    `short`: a share lies beyond the threshold at which an insight is written.
    """

    subject: str
    requests: int
    unserved_share: float | None
    tutors: int
    offered_hours: float
    booked_share: float | None
    short: bool


class Capacity(msgspec.Struct, frozen=True):
    """Every subject that was asked for or is offered as of a time; the shortest of tutors first."""

    as_of_us: int
    subjects: tuple[SubjectBalance, ...]


def capacity(pulse: Pulse) -> Capacity:
    """As of the last refresh, from all that has arrived by now.

    Raises:
        HistoryError: there was no refresh yet.
    """
    as_of_us = last_as_of_us(pulse)
    found = balance(pulse.store, as_of_us, max(as_of_us, pulse.clock.now_us()), pulse.settings)
    short = np.logical_or.reduce([kind.concerns(found.number(kind.fact)) for kind in SUBJECT_TYPES])
    rows = [_row(found, row, bool(short[row])) for row in range(len(found))]
    return Capacity(as_of_us, tuple(sorted(rows, key=_urgency)))


def _row(found: Balance, row: int, short: bool) -> SubjectBalance:
    return SubjectBalance(
        subject=str(found.subjects[row]),
        requests=int(found.requests[row]),
        unserved_share=_known(found.unserved_share[row]),
        tutors=int(found.tutors[row]),
        offered_hours=float(found.offered_hours[row]),
        booked_share=_known(found.booked_share[row]),
        short=short,
    )


def _urgency(row: SubjectBalance) -> tuple[bool, float, str]:
    unserved = (row.unserved_share or 0.0) * row.requests
    return not row.short, -unserved - (row.booked_share or 0.0), row.subject


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
