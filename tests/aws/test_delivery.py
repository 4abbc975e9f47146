"""Whatever delivery does (repeats, shuffles, crashes before and after a write, bisected batches, redrive), in the end it is as if
each event had come once."""

from typing import Any

from botocore.exceptions import EndpointConnectionError
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.aws.memory_table import MemoryTable
from tests.aws.stream import NOW_US, bodies, event, processor, records
from tutorpulse.aws import keys, marks, tiles
from tutorpulse.clock import format_time
from tutorpulse.features.frame import ENTITY_TYPES


class Faulty(MemoryTable):
    """Fails at the given writes, after they took effect or before: the process is gone."""

    def __init__(self) -> None:
        super().__init__()
        self.fail_at: set[int] = set()
        self.after = True

    def _store(self, item: Any) -> None:
        if not self.after and self.writes in self.fail_at:
            self.fail_at.discard(self.writes)
            raise EndpointConnectionError(endpoint_url="https://dynamodb")
        super()._store(item)

    def written(self) -> None:
        super().written()
        if self.after and self.writes in self.fail_at:
            raise EndpointConnectionError(endpoint_url="https://dynamodb")


EVENTS = [
    event(1, "session_booked", 5, session_id="s1", starts_at=format_time(NOW_US), price=30.0),
    event(2, "session_started", 4, session_id="s1"),
    event(3, "session_completed", 4, session_id="s1", tutor_id="t2", rating=4.0),
    event(4, "refund_issued", 3, session_id="s1", student_id="st1", amount=5.5),
    event(5, "session_completed", 3, session_id="s2", student_id="st2", rating=5.0),
    event(6, "booking_requested", 2, request_id="r1", student_id="st2", subject="maths"),
    event(7, "booking_responded", 2, request_id="r1", tutor_id="t1", accepted=True),
    event(8, "payment_processed", 1, student_id="st1", amount=30.25, succeeded=True),
    event(9, "tutor_registered", 9, tutor_id="t1"),
]


def settled(table: MemoryTable) -> dict[str, Any]:
    """What is left in the end: events by holder, and totals by day."""
    tiles.settle(table)
    assert not any(marks.waiting(table).of(kind) for kind in ENTITY_TYPES)
    people = ("t1", "t2", "st1", "st2")
    return {
        who: (
            [(i["entity_type"], i["body"]) for i in table.between(who, keys.EVENTS, keys.EVENTS + keys.LAST)],
            tiles.of_entity(table, who),
        )
        for who in people
    } | {"payments": table.get(keys.LOG, keys.PAYMENTS)}


def clean() -> dict[str, Any]:
    table = MemoryTable()
    processor(table).take(records(bodies(EVENTS)))
    return settled(table)


CLEAN = clean()


def delivered(table: Faulty, order: list[int], sizes: list[int]) -> None:
    """Batches in this order, each again from where it failed until it is done; once in halves, as a bisected one."""
    given = bodies(EVENTS)
    at, sizes = 0, [*sizes, len(order)]
    for size in sizes:
        batch = records([given[i] for i in order[at : at + size]])
        at += size
        for attempt in range(100):
            parts = [batch] if attempt != 1 else [batch[: len(batch) // 2], batch[len(batch) // 2 :]]
            left: list[Any] = []
            for part in parts:
                try:
                    _, failed = processor(table).take(part) if part else (None, None)
                except EndpointConnectionError:
                    failed = part[0].sequence
                left += [record for record in part if failed is not None and record.sequence >= failed]
            if not left:
                break
            batch = left
        else:
            raise AssertionError("never done")


@given(
    order=st.permutations(list(range(len(EVENTS)))).flatmap(
        lambda order: st.lists(st.sampled_from(order), max_size=8).map(lambda again: order + again)
    ),
    sizes=st.lists(st.integers(1, 5), max_size=4),
    fail_at=st.sets(st.integers(0, 60), max_size=6),
    after=st.booleans(),
)
@settings(max_examples=150)
def test_in_the_end_it_is_as_if_each_event_had_come_once(
    order: list[int], sizes: list[int], fail_at: set[int], after: bool
) -> None:
    table = Faulty()
    table.fail_at, table.after = fail_at, after
    delivered(table, order, sizes)
    table.fail_at = set()
    assert settled(table) == CLEAN


def test_the_histories_are_worth_comparing() -> None:
    assert len(CLEAN["t1"][0]) == 8
    assert len(CLEAN["t2"][0]) == 4
    (day,) = [day for day in CLEAN["st2"][1].values() if "session_completed" in day]
    assert day["session_completed"] == {"events": 1, "sums": {"rating": 5.0}, "counts": {"rating": 1}}
