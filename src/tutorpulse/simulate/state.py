"""The full state of the marketplace, as arrays: whatever decides its future stands here, and nothing else does.

Several worlds may live in one state: `worlds` copies, each of `tutors_per_world` and `students_per_world`, stand one
after the other in every array and share nothing. The simulated log is one world; its continuations are many.
"""

import dataclasses
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tutorpulse.simulate.parameters import Parameters

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]

NEVER = 10**9
"""A day that does not come; also a place for "none" in days."""

NOBODY = -1
"""No tutor, no subject, no request."""

ABSENT, ACTIVE, FADING, GONE = 0, 1, 2, 3
"""Stages of a life: not registered, here, about to leave (no event says so), left."""

EMPTY, SEEKING, IDLE, BOOKED = 0, 1, 2, 3
"""States of a seat: not wanted, without a tutor, with a tutor, with a session agreed."""

SEATS = 2
"""Seats of a student: one for each subject that may be learnt."""


@dataclass
class Columns:
    """Arrays of one length, all of which can be copied and repeated together."""

    def __len__(self) -> int:
        return len(getattr(self, dataclasses.fields(self)[0].name))

    def repeated(self, times: int) -> Self:
        """A copy of the arrays, `times` over, one after the other."""
        return type(self)(**{f.name: np.tile(getattr(self, f.name), times) for f in dataclasses.fields(self)})

    def put(self, index: Ints, values: dict[str, NDArray[Any]]) -> None:
        """Write `values` (arrays as long as `index`) at `index`."""
        for name, value in values.items():
            getattr(self, name)[index] = value


@dataclass
class Tutors(Columns):
    """Tutors. Never changing: up to `frailty`; the rest changes by day."""

    arrival_day: Ints
    main_subject: Ints
    subjects: Ints
    zone: Ints
    quality: Floats
    appeal: Floats
    capacity_hours: Floats
    comfort_hours: Floats
    response_hours: Floats
    hourly_rate: Floats
    experience_years: Floats
    certificates: Ints
    advanced_topics: Ints
    declares: Flags
    instant_book: Flags
    frailty: Floats
    stage: Ints
    fade_from: Ints
    leave_day: Ints
    paused_until: Ints
    pause_open: Flags
    shielded_until: Ints
    fatigue: Floats
    hours_today: Floats
    mood: Floats
    rating_sum: Floats
    rating_count: Floats
    completed: Ints


@dataclass
class Students(Columns):
    """Students. Never changing: up to `frailty`; the rest changes by day."""

    arrival_day: Ints
    grade: Ints
    region: Ints
    channel: Ints
    tier: Ints
    zone: Ints
    payment_failure: Floats
    methods: Ints
    curiosity: Floats
    response_hours: Floats
    level: Floats
    health_feed: Flags
    frailty: Floats
    stage: Ints
    fade_from: Ints
    leave_day: Ints
    paused_until: Ints
    pause_open: Flags
    shielded_until: Ints
    mood: Floats
    completed: Ints
    goal: Ints
    met_first: Flags
    first_failed: Flags


@dataclass
class Seats(Columns):
    """A student's places: seat i belongs to student i // SEATS."""

    subject: Ints
    rate_per_week: Floats
    period_days: Ints
    standing: Floats
    weekday: Ints
    minute: Ints
    duration_minutes: Ints
    state: Ints
    tutor: Ints
    match: Floats
    held: Ints
    session: Ints
    booked_day: Ints
    start_us: Ints
    start_day: Ints
    price: Floats
    discounted: Flags
    asked: Ints


@dataclass
class World:
    """The marketplace on the morning of `day` (days since 1970-01-01), before anything of that day happened.

    `tally` counts what no event tells: why tutors were replaced, why students began to leave.
    """

    parameters: Parameters
    seed: int
    stream: int
    day: int
    tutors: Tutors
    students: Students
    seats: Seats
    worlds: int
    arrivals_per_day: tuple[float, float]
    sessions_made: int = 0
    requests_made: int = 0
    calls_made: int = 0
    tally: Counter[str] = field(default_factory=Counter)

    @property
    def tutors_per_world(self) -> int:
        """Tutors in each world, those who have not come yet among them."""
        return len(self.tutors) // self.worlds

    @property
    def students_per_world(self) -> int:
        """Students in each world, those who have not come yet among them."""
        return len(self.students) // self.worlds

    def continued(self, stream: int, copies: int = 1) -> "World":
        """`copies` of this world that share its past and go on with the randomness of `stream`, each with its own."""
        seats = self.seats.repeated(copies)
        offsets = np.repeat(np.arange(copies, dtype=np.int64) * self.tutors_per_world, len(self.seats))
        seats.tutor = np.where(seats.tutor >= 0, seats.tutor + offsets, NOBODY)
        return dataclasses.replace(
            self,
            stream=stream,
            worlds=copies,
            tutors=self.tutors.repeated(copies),
            students=self.students.repeated(copies),
            seats=seats,
            tally=Counter(),
        )

    def numbered(self, what: str, count: int) -> Ints:
        """`count` new numbers for `what`: sessions, requests or calls."""
        first = getattr(self, f"{what}_made")
        setattr(self, f"{what}_made", first + count)
        return np.arange(first, first + count, dtype=np.int64)
