"""What events and a look cost in DynamoDB's own units, counted by DynamoDB Local: what the cost page is computed from."""

from pathlib import Path
from typing import Any

import pytest
from tools.aws_units import Counted, Counting, by_minute, by_student, count, simulated

from tests.aws.worlds import NOON_US, Endpoint, kit, lines_of, stream_in
from tests.aws.worlds import simulated as marketplace
from tutorpulse.aws import marks
from tutorpulse.aws.cost import Amounts
from tutorpulse.aws.predicting import predict
from tutorpulse.aws.table import Table


@pytest.fixture(scope="module")
def lines() -> list[bytes]:
    return simulated(tutors=6, students=24, days=14)


def shares(found: Counted, kind: str) -> float:
    return found.written[kind] / found.events


def test_events_in_batches_cost_two_to_four_write_units_with_writers_at_once(
    client_of_local: Any, lines: list[bytes]
) -> None:
    found = count(client_of_local, by_student(lines, 100), writers=3, minutes=6)
    assert found.events == len(lines) > 200
    assert 2 <= found.units_per_event <= 4
    assert shares(found, "claims") == 1


def test_events_as_they_happen_cost_no_more_than_the_cost_page_says(
    client_of_local: Any, lines: list[bytes]
) -> None:
    some = lines[-60:]
    found = count(client_of_local, by_minute(some))
    assert 2 <= found.units_per_event <= Amounts().write_units_per_event
    assert shares(found, "links") < 0.6
    assert shares(found, "the rest") < 0.1


def test_a_look_costs_no_more_writes_than_the_cost_page_says(local_table: Table, tmp_path: Path) -> None:
    stream_in(local_table, marketplace(days=12, tutors=3, students=8))
    counting = Counting(local_table._client)
    made = kit(Table(counting, local_table.name), tmp_path, Endpoint())
    predict(made, lines_of([]), lambda: 900)
    tutors = [("tutor", item["entity_id"]) for item in local_table.of_type("tutor")]
    assert len(tutors) == 3
    counting.written.clear()
    marks.put_all(local_table, tutors, NOON_US)  # type: ignore[arg-type]
    predict(made, lines_of([]), lambda: 900)
    assert 0 < counting.write_units / len(tutors) <= Amounts().write_units_per_look
