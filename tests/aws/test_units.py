"""What one event and one look cost in DynamoDB's own units, counted by DynamoDB Local: what the cost page is computed from."""

from pathlib import Path
from typing import Any

from tests.aws.stream import bodies, event, processor, records
from tests.aws.worlds import NOON_US, Endpoint, kit, lines_of, simulated, stream_in
from tutorpulse.aws.cost import Amounts
from tutorpulse.aws.predicting import predict
from tutorpulse.aws.table import Table


class Counting:
    """A client that asks for what each call consumed, and adds it up."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.write_units = self.read_units = 0.0

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._client, name)

        def counted(**arguments: Any) -> Any:
            answer = call(ReturnConsumedCapacity="INDEXES", **arguments)
            found = answer.get("ConsumedCapacity", {})
            for one in found if isinstance(found, list) else [found]:
                units = one.get("CapacityUnits", 0.0)
                if name in ("get_item", "query"):
                    self.read_units += units
                else:
                    self.write_units += units
            return answer

        return counted


def test_an_event_of_a_session_costs_no_more_writes_than_the_cost_page_says(local_table: Table) -> None:
    counting = Counting(local_table._client)
    many = [event(i, tutor_id=f"t{i % 10}", student_id=f"s{i % 50}", subject="maths") for i in range(100)]
    processor(Table(counting, local_table.name)).take(records(bodies(many)))
    assert 3 <= counting.write_units / 100 <= Amounts().write_units_per_event


def test_a_look_costs_no_more_writes_than_the_cost_page_says(local_table: Table, tmp_path: Path) -> None:
    stream_in(local_table, simulated(days=12, tutors=3, students=8))
    counting = Counting(local_table._client)
    made = kit(Table(counting, local_table.name), tmp_path, Endpoint())
    predict(made, lines_of([]), lambda: 900)
    people = len(list(local_table.of_type("tutor"))) + len(list(local_table.of_type("student")))
    assert people > 5
    counting.write_units = 0.0
    from tutorpulse.aws import marks

    marks.put_all(
        local_table, [("tutor", item["entity_id"]) for item in local_table.of_type("tutor")], NOON_US
    )
    again = len(list(local_table.of_type("tutor")))
    predict(made, lines_of([]), lambda: 900)
    assert counting.write_units / again <= Amounts().write_units_per_look
