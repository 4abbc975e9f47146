"""What students ask for and tutors offer, by subject, as of a time."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import DAY_US
from tutorpulse.features.compute import measured
from tutorpulse.features.sql import times
from tutorpulse.features.store import Store
from tutorpulse.settings import Settings

WINDOW_DAYS = 28
ANSWER_DAYS = 3
"""A request that found no tutor for so long counts as unserved; a younger one is not judged yet."""

_Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Balance:
    """Per subject, in ascending order.

    Attributes:
        subjects: their names.
        requests: booking requests of the last 28 days that were served, or have waited for 3 days.
        unserved_share: the share of them that nobody served, 0 to 1; NaN where there are none.
        tutors: tutors whose main subject it is and who offer hours in the last 7 days.
        offered_hours: the hours that those offered in the last 7 days.
        booked_share: hours booked or taught per hour offered, over those tutors, at least 0; NaN where none are offered.
        engaged_hours: the hours booked or taught in the last 7 days by the tutors whose main subject it is.
        hours_next_week: what those of them who declare hours offer in the week to come.
        declaring: how many of them declare hours for it.
    """

    subjects: NDArray[np.object_]
    requests: _Numbers
    unserved_share: _Numbers
    tutors: _Numbers
    offered_hours: _Numbers
    booked_share: _Numbers
    engaged_hours: _Numbers
    hours_next_week: _Numbers
    declaring: _Numbers

    def __len__(self) -> int:
        return len(self.subjects)

    def number(self, name: str) -> _Numbers:
        """A column by its name."""
        column: _Numbers = getattr(self, name)
        return column


def balance(store: Store, as_of_us: int, known_at_us: int, settings: Settings) -> Balance:
    """The balance of every subject that was asked for, or is offered, as of a time and from what was known by another."""
    asked = store.query(requests_sql(as_of_us, known_at_us))
    demand = {
        str(subject): (float(served + unserved), float(unserved))
        for subject, served, unserved in zip(*asked.values(), strict=True)
        if served + unserved
    }
    supply = _supply(store, as_of_us, known_at_us, settings)
    offered_or_declared = {subject for subject, row in supply.items() if row[0] or row[5]}
    subjects = sorted(demand.keys() | offered_or_declared)
    requests, unserved = _table(demand, subjects, 2).T
    tutors, offered, booked, engaged, next_week, declaring = _table(supply, subjects, 6).T
    return Balance(
        np.array(subjects, dtype=object),
        requests,
        _share(unserved, requests),
        tutors,
        offered,
        _share(booked, offered),
        engaged,
        next_week,
        declaring,
    )


def requests_sql(as_of_us: int, known_at_us: int) -> str:
    """(subject, served, unserved), one row per subject asked for in the last 28 days, in the portable subset of SQL.

    A request is served once a tutor accepted it, or the student booked a session of the subject within a week after it.
    It is unserved if it is not served and 3 days old. The newest event of a request's id says what was asked.
    """
    cut, since = times(as_of_us, known_at_us), as_of_us - WINDOW_DAYS * DAY_US
    return f"""WITH requests AS (
    SELECT request_id, student_id, subject, ts_us FROM (
        SELECT request_id, student_id, subject, ts_us,
            ROW_NUMBER() OVER (PARTITION BY request_id ORDER BY ts_us DESC, received_us DESC, event_id DESC) AS nth
        FROM request_events WHERE event_type = 'booking_requested' AND {cut} AND ts_us > {since:d}
    ) AS ranked WHERE nth = 1
),
served AS (
    SELECT request_id FROM request_events
    WHERE event_type = 'booking_responded' AND accepted AND {cut} AND ts_us > {since:d}
    UNION
    SELECT requests.request_id FROM requests JOIN (
        SELECT student_id, subject, ts_us FROM session_events
        WHERE event_type = 'session_booked' AND {cut} AND ts_us > {since:d}
    ) AS booked ON booked.student_id = requests.student_id AND booked.subject = requests.subject
        AND booked.ts_us >= requests.ts_us AND booked.ts_us <= requests.ts_us + {7 * DAY_US:d}
)
SELECT requests.subject, COUNT(served.request_id) AS served,
    COUNT(CASE WHEN served.request_id IS NULL AND requests.ts_us <= {as_of_us - ANSWER_DAYS * DAY_US:d} THEN 1 END) AS unserved
FROM requests LEFT JOIN served ON served.request_id = requests.request_id
GROUP BY requests.subject ORDER BY requests.subject"""


def _supply(
    store: Store, as_of_us: int, known_at_us: int, settings: Settings
) -> dict[str, tuple[float, ...]]:
    """Per subject: tutors who offer hours, the hours, those of them booked or taught; hours booked or taught by all, hours of
    the week to come, and tutors who declare them."""
    names = ("main_subject", "hours_offered_7d", "engaged_minutes_7d", "available_hours_next_week")
    found = measured(store, "tutor", names, as_of_us, known_at_us, settings)
    supply: dict[str, NDArray[np.float64]] = {}
    for subject, *numbers in zip(*(found[name].tolist() for name in names), strict=True):
        if subject is not None:
            row = _of_tutor(*(np.nan if number is None else float(number) for number in numbers))
            supply[subject] = supply.get(subject, np.zeros(len(row))) + row
    return {subject: tuple(row.tolist()) for subject, row in supply.items()}


def _of_tutor(hours: float, minutes: float, next_week: float) -> NDArray[np.float64]:
    """What one tutor adds to their subject; see `_supply`."""
    offers, engaged = hours > 0, 0.0 if np.isnan(minutes) else minutes / 60
    declares = not np.isnan(next_week)
    return np.array(
        [
            *((1.0, hours, engaged) if offers else (0.0, 0.0, 0.0)),
            engaged,
            next_week if declares else 0.0,
            float(declares),
        ]
    )


def _table(rows: Mapping[str, tuple[float, ...]], subjects: list[str], width: int) -> _Numbers:
    return np.array([rows.get(subject, (0.0,) * width) for subject in subjects]).reshape(-1, width)


def _share(part: _Numbers, whole: _Numbers) -> _Numbers:
    return np.asarray(np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0))
