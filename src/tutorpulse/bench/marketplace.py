"""A plausible marketplace, drawn fast and in bulk: what the benchmarks fill their homes with.

Long-tailed activity, pairs that stay together, every family of events; no causes and no effects, so nothing can be learned
from it (`simulate` makes worlds to learn from). The same plan gives the same events.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import DAY_US, HOUR_US, MINUTE_US
from tutorpulse.events.batch import EventBatch, TypeRows
from tutorpulse.events.contract import EVENT_TYPES
from tutorpulse.events.fields import LIST_SEPARATOR, Kind

BATCH_EVENTS = 131_072
"""Events of a batch, about: more than a DuckDB row group, so that a batch is written past the write-ahead log."""

_SUBJECTS = np.array(
    [
        "algebra",
        "biology",
        "calculus",
        "chemistry",
        "english",
        "french",
        "history",
        "physics",
        "spanish",
        "statistics",
    ],
    np.object_,
)
_TIERS = np.array(["standard", "standard", "standard", "premium"], np.object_)
_SIDES = np.array(["student", "student", "tutor", "platform"], np.object_)
_METHODS = np.array(["card", "card", "transfer", "wallet"], np.object_)
_EVENTS_PER_SESSION = 4.9
_WHOLE = frozenset({"questions_asked", "materials_accessed"})
"""Counts: sums of fractions depend on their order in the last digit, and ranks of such sums differ where they should tie."""

Columns = dict[str, NDArray[Any]]
_Draft = tuple[str, NDArray[np.int64], Columns]


@dataclass(frozen=True)
class Plan:
    """How large a marketplace, from `start_us` over `days`. Its events come in order of booking, not of time.

    Sessions booked late are held after the last day; what lies after `until_us` is left out, so there may be fewer events.
    """

    events: int = 10_000_000
    tutors: int = 20_000
    students: int = 150_000
    start_us: int = 1_735_689_600_000_000
    days: int = 365
    seed: int = 1
    until_us: int = 1 << 62

    @classmethod
    def of(cls, events: int, seed: int = 1) -> "Plan":
        """A plan of so many events with tutors and students in proportion: 20,000 and 150,000 to 10 million."""
        return cls(
            events=events, tutors=max(10, events // 500), students=max(75, events * 3 // 200), seed=seed
        )


def batches(plan: Plan) -> Iterator[EventBatch]:
    """`plan.events` events in batches of about `BATCH_EVENTS`, all with new ids, received when they happened."""
    cast = _Cast(plan)
    count = -(-plan.events // BATCH_EVENTS)
    left = plan.events
    block = 0
    while left > 0:
        batch = _batch(_Block(plan, cast, block, count), left)
        if not batch.size:
            return
        left -= batch.size
        block += 1
        yield batch


def ndjson(batch: EventBatch) -> bytes:
    """The batch as the native envelope's lines, in order of position, missing fields left out."""
    lines: list[bytes] = [b""] * batch.size
    for rows in batch.rows:
        for position, line in zip(rows.position.tolist(), _lines(rows), strict=True):
            lines[position] = line
    return b"\n".join(lines) + b"\n"


class _Cast:
    """Who takes part: ids, and how much of the activity is each one's."""

    def __init__(self, plan: Plan) -> None:
        rng = np.random.default_rng([plan.seed, 0])
        self.tutor_ids = np.array([f"tutor_{i:06d}" for i in range(plan.tutors)], np.object_)
        self.student_ids = np.array([f"student_{i:07d}" for i in range(plan.students)], np.object_)
        self.tutor_share = np.cumsum(rng.lognormal(0, 1.1, plan.tutors))
        self.student_share = np.cumsum(rng.lognormal(0, 1.1, plan.students))
        self.own_tutor = _pick(rng, self.tutor_share, plan.students)
        self.main_subject = rng.integers(len(_SUBJECTS), size=plan.tutors)
        self.hourly_rate = np.round(rng.lognormal(3.6, 0.3, plan.tutors), 2)


class _Block:
    """One batch in the making: the events of the bookings of one stretch of time."""

    def __init__(self, plan: Plan, cast: _Cast, block: int, blocks: int) -> None:
        self.cast = cast
        self.until_us = plan.until_us
        self.rng = np.random.default_rng([plan.seed, 1, block])
        self.span_us = plan.days * DAY_US // blocks
        self.start_us = plan.start_us + block * self.span_us
        self.newcomers = slice(block * plan.students // blocks, (block + 1) * plan.students // blocks)
        self.new_tutors = slice(block * plan.tutors // blocks, (block + 1) * plan.tutors // blocks)
        self.declarations = plan.tutors * plan.days // 7 // blocks
        self.first_session = plan.seed * 10**9 + block * BATCH_EVENTS
        others = self.declarations + (plan.students + plan.tutors) // blocks
        self.sessions = max(1, int((plan.events / blocks - others) / _EVENTS_PER_SESSION))

    def moments(self, count: int) -> NDArray[np.int64]:
        """Times in the stretch, at random."""
        return self.start_us + self.rng.integers(self.span_us, size=count)

    def chance(self, probability: float, count: int) -> NDArray[np.bool_]:
        """True with a probability."""
        return np.asarray(self.rng.random(count) < probability)

    def sometimes(self, values: NDArray[Any], probability: float) -> NDArray[Any]:
        """The values with a probability, else missing."""
        absent = ~self.chance(probability, len(values))
        if values.dtype.kind == "O":
            return np.where(absent, np.array(None, np.object_), values)
        masked: NDArray[Any] = np.ma.MaskedArray(values, absent)
        return masked


def _batch(block: _Block, limit: int) -> EventBatch:
    drafts = [draft for make in _MAKERS for draft in make(block) if len(draft[1])]
    times = np.concatenate([ts_us for _, ts_us, _ in drafts])
    limit = min(limit, int((times <= block.until_us).sum()))
    place = np.empty(len(times), np.int64)
    place[np.argsort(times, kind="stable")] = np.arange(len(times))
    ends = np.cumsum([len(ts_us) for _, ts_us, _ in drafts])[:-1]
    rows = [
        _type_rows(block, draft, position, limit)
        for draft, position in zip(drafts, np.split(place, ends), strict=True)
    ]
    return EventBatch(min(limit, len(times)), tuple(row for row in rows if len(row.position)))


def _type_rows(block: _Block, draft: _Draft, position: NDArray[np.int64], limit: int) -> TypeRows:
    event_type, ts_us, columns = draft
    kept = position < limit
    ts_us = ts_us[kept]
    return TypeRows(
        event_type,
        position[kept],
        _random_ids(block.rng, len(ts_us)),
        ts_us,
        ts_us,
        {name: column[kept] for name, column in columns.items()},
        np.full(len(ts_us), None, np.object_),
    )


def _random_ids(rng: np.random.Generator, count: int) -> NDArray[np.object_]:
    text = rng.bytes(16 * count).hex()
    return np.array([text[start : start + 32] for start in range(0, 32 * count, 32)], np.object_)


def _pick(rng: np.random.Generator, share: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """Places at random, in proportion to the steps of a cumulative share."""
    return np.asarray(share.searchsorted(rng.random(count) * share[-1]))


def _session_events(block: _Block) -> Iterator[_Draft]:
    n, rng, cast = block.sessions, block.rng, block.cast
    student = _pick(rng, cast.student_share, n)
    tutor = np.where(block.chance(0.8, n), cast.own_tutor[student], _pick(rng, cast.tutor_share, n))
    booked_us = block.moments(n)
    start_us = (
        (booked_us + rng.exponential(3 * DAY_US, n).astype(np.int64)) // (15 * MINUTE_US) * (15 * MINUTE_US)
    )
    start_us = np.maximum(start_us, booked_us + MINUTE_US)
    minutes = rng.choice([30.0, 45.0, 60.0, 60.0, 90.0], n)
    price = np.round(cast.hourly_rate[tutor] * minutes / 60, 2)
    sides: Columns = {
        "session_id": np.array([f"session_{block.first_session + i:012d}" for i in range(n)], np.object_),
        "student_id": cast.student_ids[student],
        "tutor_id": cast.tutor_ids[tutor],
    }
    what: Columns = {
        "subject": _SUBJECTS[
            np.where(block.chance(0.8, n), cast.main_subject[tutor], rng.integers(len(_SUBJECTS), size=n))
        ],
        "tier": _TIERS[rng.integers(len(_TIERS), size=n)],
    }
    yield from _agreed(block, sides, what, booked_us, start_us, minutes, price)
    yield from _ended(block, sides, what, start_us, minutes, price)


def _agreed(
    block: _Block,
    sides: Columns,
    what: Columns,
    booked_us: NDArray[np.int64],
    start_us: NDArray[np.int64],
    minutes: NDArray[np.float64],
    price: NDArray[np.float64],
) -> Iterator[_Draft]:
    n = len(booked_us)
    booking = {
        "starts_at": start_us,
        "duration_minutes": minutes,
        "price": price,
        "discounted": block.chance(0.1, n),
    }
    yield "session_booked", booked_us, {**sides, **what, **booking, "instant_book": block.chance(0.3, n)}
    moved = block.chance(0.08, n)
    between_us = (booked_us + start_us) // 2
    rescheduled = {
        "rescheduled_by": _SIDES[block.rng.integers(4, size=n)],
        "new_starts_at": start_us + DAY_US,
    }
    yield "session_rescheduled", between_us[moved], _of({**sides, **rescheduled}, moved)
    asked = block.chance(0.25, n)
    request = {
        "request_id": "request_" + sides["session_id"],
        "student_id": sides["student_id"],
        "tutor_id": sides["tutor_id"],
    }
    yield (
        "booking_requested",
        booked_us[asked] - 6 * HOUR_US,
        _of({**request, "subject": what["subject"]}, asked),
    )
    answer = {
        "request_id": request["request_id"],
        "tutor_id": sides["tutor_id"],
        "accepted": block.chance(0.8, n),
    }
    yield "booking_responded", booked_us[asked] - HOUR_US, _of(answer, asked)


def _ended(
    block: _Block,
    sides: Columns,
    what: Columns,
    start_us: NDArray[np.int64],
    minutes: NDArray[np.float64],
    price: NDArray[np.float64],
) -> Iterator[_Draft]:
    n, rng = len(start_us), block.rng
    cancelled = block.chance(0.12, n)
    cancellation = {
        "cancelled_by": _SIDES[rng.integers(4, size=n)],
        "notice_hours": np.round(rng.exponential(20, n), 1),
    }
    yield "session_cancelled", start_us[cancelled] - HOUR_US, _of({**sides, **cancellation}, cancelled)
    held = ~cancelled
    end_us = start_us + (minutes * MINUTE_US).astype(np.int64)
    yield (
        "session_started",
        start_us[held],
        _of({**sides, **what, "scheduled_duration_minutes": minutes}, held),
    )
    rating = np.clip(np.round(rng.normal(4.4, 0.8, n)), 1, 5)
    outcome = {
        "duration_minutes": minutes,
        "rating": block.sometimes(rating, 0.3),
        "no_show": block.chance(0.03, n),
        "completed_successfully": block.chance(0.97, n),
        "price": price,
        "tutor_earnings": np.round(price * 0.7, 2),
    }
    yield "session_completed", end_us[held], _of({**sides, **what, **outcome}, held)
    reviewed = held & block.chance(0.2, n)
    yield "review_submitted", end_us[reviewed] + HOUR_US, _of({**sides, "rating": rating}, reviewed)
    payment = {
        "student_id": sides["student_id"],
        "amount": price,
        "succeeded": block.chance(0.95, n),
        "method": _METHODS[rng.integers(4, size=n)],
        "session_id": sides["session_id"],
    }
    yield "payment_processed", end_us[held], _of(payment, held)
    refunded = held & block.chance(0.02, n)
    yield "refund_issued", end_us[refunded] + DAY_US, _of({**sides, "amount": price}, refunded)


def _tutor_events(block: _Block) -> Iterator[_Draft]:
    rng, cast = block.rng, block.cast
    new = cast.tutor_ids[block.new_tutors]
    subjects = _SUBJECTS[cast.main_subject[block.new_tutors]]
    yield (
        "tutor_registered",
        block.moments(len(new)),
        {
            "tutor_id": new,
            "subjects": LIST_SEPARATOR + subjects + LIST_SEPARATOR,
            "years_of_experience": rng.integers(0, 20, len(new)).astype(np.float64),
            "certification_count": rng.integers(0, 5, len(new)).astype(np.float64),
            "hourly_rate": cast.hourly_rate[block.new_tutors],
        },
    )
    hours = rng.integers(0, 40, block.declarations).astype(np.float64)
    yield (
        "tutor_availability_updated",
        block.moments(block.declarations),
        {
            "tutor_id": cast.tutor_ids[rng.integers(len(cast.tutor_ids), size=block.declarations)],
            "available_hours_this_week": hours,
            "available_hours_next_week": block.sometimes(hours, 0.5),
            "instant_book_enabled": block.chance(0.4, block.declarations),
        },
    )


def _student_events(block: _Block) -> Iterator[_Draft]:
    cast, rng = block.cast, block.rng
    new = cast.student_ids[block.newcomers]
    yield (
        "student_registered",
        block.moments(len(new)),
        {"student_id": new, "tier": _TIERS[rng.integers(len(_TIERS), size=len(new))]},
    )
    for event_type, share, columns in (
        ("ib_call_logged", 0.03, {"sentiment": (-1.0, 1.0), "duration_seconds": (30.0, 900.0)}),
        ("support_ticket_opened", 0.02, {}),
        ("message_responded", 0.1, {"response_time_hours": (0.0, 48.0)}),
        ("learning_activity", 0.2, {"questions_asked": (0.0, 9.0), "materials_accessed": (0.0, 9.0)}),
        ("grade_reported", 0.01, {"grade_before": (30.0, 90.0), "grade_after": (40.0, 100.0)}),
    ):
        count = int(block.sessions * share)
        student = cast.student_ids[_pick(rng, cast.student_share, count)]
        drawn = {
            name: np.round(rng.uniform(*bounds, count), 0 if name in _WHOLE else 1)
            for name, bounds in columns.items()
        }
        yield event_type, block.moments(count), {"student_id": student, **drawn}


_MAKERS: tuple[Callable[[_Block], Iterator[_Draft]], ...] = (_session_events, _tutor_events, _student_events)


def _of(columns: Columns, which: NDArray[np.bool_]) -> Columns:
    return {name: column[which] for name, column in columns.items()}


def _lines(rows: TypeRows) -> Iterator[bytes]:
    kinds = {field.name: field.kind for field in EVENT_TYPES[rows.event_type].fields}
    names = list(rows.columns)
    values = zip(*(_json_values(kinds[name], rows.columns[name]) for name in names), strict=True)
    encode = msgspec.json.Encoder().encode
    for event_id, moment, row in zip(rows.event_id.tolist(), _texts(rows.ts_us), values, strict=True):
        payload = {name: value for name, value in zip(names, row, strict=True) if value is not None}
        yield encode(
            {"event_id": event_id, "event_type": rows.event_type, "timestamp": moment, "payload": payload}
        )


def _json_values(kind: Kind, column: NDArray[Any]) -> list[Any]:
    if kind is Kind.TIME:
        return _texts(column)
    if kind is Kind.TEXT_LIST:
        return [
            None if text is None else text.strip(LIST_SEPARATOR).split(LIST_SEPARATOR)
            for text in column.tolist()
        ]
    return list(column.tolist())


def _texts(times_us: NDArray[Any]) -> list[str]:
    return [f"{text}Z" for text in np.datetime_as_string(times_us.astype("M8[us]"), unit="us").tolist()]
