"""Events into the table: exact whatever the delivery does."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest
from botocore.exceptions import ClientError

from tests.aws.stream import NOW_US, bodies, event, processor, records
from tutorpulse.aws import keys, marks, tiles
from tutorpulse.aws.table import Items, Table
from tutorpulse.clock import DAY_US, format_time
from tutorpulse.features.frame import ENTITY_TYPES


def settle(table: Items) -> None:
    """Make anew what is marked; nobody waits then."""
    tiles.settle(table)
    assert not any(marks.waiting(table).of(kind) for kind in ENTITY_TYPES)


def counted(table: Items, entity_id: str, event_type: str = "session_completed") -> int:
    days = tiles.of_entity(table, entity_id).values()
    return sum(day.get(event_type, {}).get("events", 0) for day in days)


def held(table: Items, entity_id: str) -> list[str]:
    return [item["entity_type"] for item in table.between(entity_id, keys.EVENTS, keys.EVENTS + keys.LAST)]


def test_an_event_stands_under_its_student_and_its_tutor_and_not_in_the_index(table: Items) -> None:
    counts, failed = processor(table).take(records(bodies([event(1)])))
    assert (counts.accepted, failed) == (1, None)
    day = keys.day_of(NOW_US - DAY_US)
    assert held(table, "st1") == held(table, "t1") == [f"event#{day}#e1"]
    item = table.get("t1", f"event#{day}#e1")
    assert item is not None
    assert "timestamp" not in item
    assert item["ts"] == NOW_US - DAY_US
    assert list(table.of_type(f"event#{day}#e1")) == []


def test_delivered_again_it_counts_once(table: Items) -> None:
    made = processor(table)
    delivered = records(bodies([event(1, price=20.0), event(2, price=30.5)]))
    for _ in range(3):
        made.take(delivered)
    settle(table)
    assert counted(table, "t1") == counted(table, "st1") == 2
    (day,) = tiles.of_entity(table, "t1").values()
    assert day["session_completed"]["sums"]["price"] == 50.5


def test_of_one_id_the_first_content_holds_whatever_day_the_second_names(table: Items) -> None:
    made = processor(table)
    made.take(records(bodies([event(1, days_ago=1)])))
    other = {**event(1, days_ago=9, tutor_id="t2")}
    counts, _ = made.take(records(bodies([other]), first=2))
    assert (counts.accepted, counts.duplicate) == (0, 1)
    assert held(table, "t2") == []
    assert len(held(table, "st1")) == 1


def test_a_repetition_keeps_when_it_was_received_first(table: Items) -> None:
    made = processor(table)
    made.take(records(bodies([event(1)]), arrived_us=NOW_US))
    made.take(records(bodies([event(1)]), first=2, arrived_us=NOW_US + DAY_US))
    (key,) = held(table, "t1")
    item = table.get("t1", key)
    assert item is not None
    assert msgspec.json.decode(item["body"])["received_at"] == format_time(NOW_US)


def test_what_names_a_session_reaches_everybody_of_it_in_any_order(table: Items) -> None:
    refund = event(2, "refund_issued", session_id="s1", student_id="st1", amount=5.0)
    moved = event(3, "session_rescheduled", session_id="s1", tutor_id="t2", new_starts_at=format_time(NOW_US))
    made = processor(table)
    made.take(records(bodies([refund])))
    assert held(table, "t1") == []
    made.take(records(bodies([event(1)]), first=2))
    assert len(held(table, "t1")) == 2
    made.take(records(bodies([moved]), first=3))
    assert len(held(table, "t1")) == len(held(table, "t2")) == len(held(table, "st1")) == 3


def test_an_answer_to_a_request_brings_the_request_to_the_tutor(table: Items) -> None:
    asked = event(1, "booking_requested", request_id="r1", student_id="st1", subject="maths")
    answered = event(2, "booking_responded", request_id="r1", tutor_id="t1", accepted=True)
    processor(table).take(records(bodies([asked, answered])))
    assert len(held(table, "t1")) == 2


def test_the_placeholder_is_nobody(table: Items) -> None:
    processor(table).take(records(bodies([event(1, tutor_id="-")])))
    assert held(table, "-") == []
    assert [mark.entity_id for mark in marks.waiting(table).of("tutor")] == []
    assert [mark.entity_id for mark in marks.waiting(table).of("student")] == ["st1"]


def test_what_breaks_the_contract_is_kept_whole_and_the_good_ones_are_taken(table: Items) -> None:
    bad = b'{"event_type": "session_completed", "timestamp": "yesterday", "payload": {}}'
    made = processor(table)
    lines = bad + b"\n" + bodies([event(1)])[0] + b"\nnonsense"
    counts, failed = made.take(records([lines]))
    assert (counts.accepted, counts.rejected, failed) == (1, 2, None)
    assert made.take(records([lines]))[0].rejected == 0
    kept = [table.get(seen["entity_id"], keys.REJECT) for seen in table.of_type(keys.REJECT)]
    assert {item["raw"] for item in kept if item} == {bad, b"nonsense"}
    assert all(item and item["reason"] for item in kept)


def test_a_record_that_can_never_be_taken_is_set_aside_whole_and_holds_up_nobody(table: Items) -> None:
    poisoned: list[Any] = []
    large = {**event(1), "note": "x" * 450_000}
    given = records(bodies([large, event(2)]))
    counts, failed = processor(table, poisoned).take(given)
    assert (counts.accepted, counts.poison, failed) == (1, 1, None)
    assert [record for record, _ in poisoned] == given[:1]
    (seen,) = table.of_type(keys.REJECT)
    item = table.get(seen["entity_id"], keys.REJECT)
    assert item is not None
    assert item["raw"].startswith(b'{"event_id":"e1"')


class Failing:
    """A client whose calls fail from one on, before or after they took effect, as a crash does."""

    def __init__(self, client: Any, calls: int, after: bool = False) -> None:
        self._client, self._left, self._after = client, calls, after

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._client, name)

        def limited(**arguments: Any) -> Any:
            self._left -= 1
            if self._left < 0 and not self._after:
                raise self._error(name)
            answer = call(**arguments)
            if self._left < 0:
                raise self._error(name)
            return answer

        return limited

    def _error(self, name: str) -> ClientError:
        return ClientError({"Error": {"Code": "InternalServerError", "Message": "gone"}}, name)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("calls", range(10))
def test_a_crash_at_any_call_reports_the_lowest_record_and_delivering_again_makes_it_whole(
    moto_table: Items, calls: int, after: bool
) -> None:
    client = moto_table._client
    delivered = records(
        bodies([event(1), event(2, "refund_issued", session_id="s1", student_id="st1", amount=1.0)])
    )
    broken = processor(Table(Failing(client, calls, after), moto_table.name))
    try:
        _, failed = broken.take(delivered)
    except ClientError:
        failed = delivered[0].sequence
    assert failed in {record.sequence for record in delivered}
    again = [record for record in delivered if record.sequence >= failed]
    assert processor(moto_table).take(again)[1] is None
    settle(moto_table)
    assert len(held(moto_table, "t1")) == len(held(moto_table, "st1")) == 2
    assert counted(moto_table, "t1") == counted(moto_table, "t1", "refund_issued") == 1


def test_eight_writers_at_once_count_exactly(local_table: Items) -> None:
    delivered = bodies(
        [event(i, tutor_id=f"t{i % 3}", session_id=f"s{i % 40}", price=1.0) for i in range(80)]
    )
    shares = [delivered[i::4] for i in range(4)] * 2
    with ThreadPoolExecutor(9) as pool:
        taken = [pool.submit(processor(local_table).take, records(share)) for share in shares]
        looks = [pool.submit(tiles.settle, local_table) for _ in range(3)]
        assert [future.result()[1] for future in taken] == [None] * 8
        for future in looks:
            future.result()
    settle(local_table)
    assert counted(local_table, "st1") == 80
    expected = {f"t{n}": {f"e{i}" for i in range(80) if f"t{n}" in threads(i)} for n in range(3)}
    for tutor, ids in expected.items():
        assert {key.rsplit("#", 1)[1] for key in held(local_table, tutor)} == ids
        assert counted(local_table, tutor) == len(ids)


def threads(number: int) -> set[str]:
    """The tutors of the session of an event: those whom any of its events names."""
    return {f"t{i % 3}" for i in range(80) if i % 40 == number % 40}
