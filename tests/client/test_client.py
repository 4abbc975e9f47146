"""The client against the service itself."""

from collections.abc import Callable, Iterator

import msgspec
import pytest
from fastapi.testclient import TestClient

import tutorpulse
from tests.api.conftest import app, client, key, service  # noqa: F401
from tests.store.test_state import insight
from tutorpulse import Client
from tutorpulse.client import Retries
from tutorpulse.errors import ServiceError
from tutorpulse.service.live.service import Service
from tutorpulse.service.queries.shapes import RejectToTry


@pytest.fixture
def pulse(client: TestClient, key: Callable[..., str]) -> Iterator[Client]:  # noqa: F811
    """A client with a key that may do everything."""
    with Client("http://testserver", key("admin"), retries=Retries(1), transport=client._transport) as made:
        yield made


def made(number: int) -> dict[str, object]:
    payload = {"subject": f"client {number}"}
    return {
        "event_id": f"client-{number}",
        "event_type": "supply_demand_update",
        "timestamp": "2024-10-01T00:00:00Z",
        "payload": payload,
    }


def test_events_are_sent_in_parts_and_told_by_their_place_among_all(pulse: Client) -> None:
    given = [made(n) for n in range(25)]
    given[3] = {"event_type": "nonsense"}
    given[22] = made(1)
    told = pulse.send(iter(given), at_once=10)
    assert (told.accepted, told.duplicate, told.rejected) == (23, 1, 1)
    assert [(e.index, e.status) for e in told.events] == [(3, "rejected"), (22, "duplicate")]
    assert pulse.send([]).accepted == 0


def test_lists_are_read_to_their_end(pulse: Client) -> None:
    assert len(list(pulse.tutors(limit=2))) == len(list(pulse.tutors())) >= 6
    some = list(pulse.students(segment=["healthy", "thriving"], sort="entity_id", limit=1))
    assert [s.entity_id for s in some] == sorted(s.entity_id for s in some)
    assert len(list(pulse.moves(limit=5))) == len(list(pulse.moves()))
    assert pulse.segments().segments[0].segment == "star"
    assert pulse.summary().total_processed > 0


def test_one_is_read_with_all_there_is(pulse: Client) -> None:
    page = pulse.tutor("t1")
    assert page.explanations[0].output == "burnout_risk"
    assert pulse.student("s1").entity_type == "student"
    assert pulse.history("tutor", "t1").items == page.history
    with pytest.raises(ServiceError, match="Nothing to show yet: There are no two predictions of record"):
        pulse.changes("tutor", "t1", "2020-01-01", "2020-02-01")
    assert pulse.what_if("tutor", "t1").output == "burnout_risk"
    with pytest.raises(ServiceError, match="Not found: No tutor 'a/b'") as raised:
        pulse.tutor("a/b")
    assert raised.value.status == 404


def test_insights_are_read_to_their_end(pulse: Client, service: Service) -> None:  # noqa: F811
    with service.states.one() as state:
        state.insights.add([insight(f"for-client-{n}") for n in range(5)])
    found = list(pulse.insights(limit=2))
    assert len(found) == pulse.insight_counts().total
    assert pulse.insight(found[0].alert_id) == found[0]


def test_a_reject_is_corrected_and_tried_again(pulse: Client) -> None:
    pulse.send(
        [{"event_type": "nonsense", "timestamp": "2024-10-01", "payload": {"subject": "to be corrected"}}]
    )
    pulse.replay([])
    mine = next(r for r in pulse.rejects() if "to be corrected" in str(r.event))
    event = msgspec.Raw(msgspec.json.encode(made(99)))
    assert pulse.replay([RejectToTry(mine.reject_id, event)]).replayed == 1
    with pytest.raises(ServiceError, match="No recommendation has the id 'none'"):
        pulse.decide("none", "done")


def test_models_and_features_are_told(pulse: Client) -> None:
    models = pulse.models()
    assert any(model.version == models.serving for model in models.models)
    assert len(pulse.features("student").features) > 46
    assert pulse.lift_shadow("none was there").version is None
    with pytest.raises(ServiceError, match="There is no model 'nope'"):
        pulse.cast_shadow("nope")


def test_the_package_offers_the_client_and_nothing_that_it_does_not_have() -> None:
    assert tutorpulse.Client is Client
    with pytest.raises(AttributeError, match="no attribute 'Server'"):
        _ = tutorpulse.Server  # type: ignore[attr-defined]


def test_the_track_record_is_told(pulse: Client) -> None:
    record = pulse.track_record(entity_type="tutor")
    assert record.items == ()
    assert record.lines == ()
