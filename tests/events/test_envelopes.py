"""Three spellings of the envelope mean the same."""

import base64
from typing import Any

import msgspec
import pytest
from hypothesis import given

from tests.events.strategies import as_json, native_events, resumed
from tutorpulse.events.contract import EVENT_TYPES
from tutorpulse.events.envelopes import RefusalError, from_http_headers, is_binary_mode
from tutorpulse.events.tolerant import interpret

CLOUD = {
    "specversion": "1.0",
    "id": "e1",
    "source": "/bookings",
    "type": "tutor_resumed",
    "time": "2025-12-01T08:00:00Z",
    "data": {"tutor_id": "t1"},
}


def refusal(event: object) -> tuple[str, str]:
    with pytest.raises(RefusalError) as caught:
        interpret(event)
    return caught.value.field, caught.value.reason


@given(native_events())
def test_cloudevent_means_the_same_as_native(event: dict[str, Any]) -> None:
    spelled = {
        "specversion": "1.0",
        "source": "/x",
        "type": event["event_type"],
        "time": event["timestamp"],
        "data": event["payload"],
    }
    if "event_id" in event:
        spelled["id"] = event["event_id"]
    native, _ = interpret(event)
    cloud, extra = interpret(spelled)
    assert cloud == native
    assert msgspec.json.decode(extra or "") == {"source": "/x", "specversion": "1.0"}


@given(native_events())
def test_predecessors_spelling_means_the_same_as_native(event: dict[str, Any]) -> None:
    native, _ = interpret({k: v for k, v in event.items() if k != "event_id"})
    payload = dict(event["payload"])
    if "student_id" in payload and any(
        f.name == "student_id" for f in EVENT_TYPES[event["event_type"]].fields
    ):
        payload["customer_id"] = payload.pop("student_id")
    old, _ = interpret(
        {
            "event_type": event["event_type"],
            "timestamp": event["timestamp"],
            "payload": payload,
            "metrics": {"a": 1},
        }
    )
    assert old == native


def test_reverse_dns_prefix_of_a_cloudevents_type_is_dropped() -> None:
    event, _ = interpret(CLOUD | {"type": "com.example.tutor_resumed"})
    assert event == interpret(CLOUD)[0]


def test_attributes_of_a_cloudevent_are_kept() -> None:
    _, extra = interpret(CLOUD | {"subject": "x", "traceparent": "00-1"})
    assert msgspec.json.decode(extra or "")["traceparent"] == "00-1"


def test_same_id_of_another_source_is_the_same_id() -> None:
    ids = {interpret(CLOUD | {"source": source})[0].event_id for source in ("/a", "/b")}
    assert ids == {"e1"}


def test_base64_data() -> None:
    encoded = {k: v for k, v in CLOUD.items() if k != "data"} | {
        "data_base64": base64.b64encode(as_json({"tutor_id": "t1"})).decode()
    }
    assert interpret(encoded)[0] == interpret(CLOUD)[0]


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"specversion": "0.3"}, "specversion", "CloudEvents '0.3' is not supported, send 1.0"),
        ({"data": None}, "data", "Missing"),
        ({"data": {}}, "data.tutor_id", "Missing"),
        ({"data": {"tutor_id": ""}}, "data.tutor_id", "Expected `str` of length >= 1"),
        ({"time": None}, "time", "Missing"),
        ({"time": "x"}, "time", "Invalid RFC3339 encoded datetime"),
        ({"id": ""}, "id", "Expected `str` of length >= 1"),
        ({"type": "com.example.slept"}, "type", "'slept' is no event type of the contract"),
    ],
)
def test_refusal_names_the_senders_own_field(changes: dict[str, Any], field: str, reason: str) -> None:
    assert refusal(CLOUD | changes) == (field, reason)


@pytest.mark.parametrize("data", ["%%%", base64.b64encode(b"{").decode(), 5])
def test_unreadable_base64_data_is_refused(data: object) -> None:
    event = {k: v for k, v in CLOUD.items() if k != "data"} | {"data_base64": data}
    assert refusal(event) == ("data_base64", "The data is no JSON")


class TestBinaryMode:
    """CloudEvents over HTTP, attributes in headers."""

    HEADERS = {  # noqa: RUF012  (constant of a test)
        "CE-SpecVersion": "1.0",
        "ce-id": "e%201",
        "ce-source": "/bookings",
        "ce-type": "tutor_resumed",
        "ce-time": "2025-12-01T08:00:00Z",
        "Content-Type": "application/json",
    }

    def test_means_the_same_as_structured_mode(self) -> None:
        event = from_http_headers(self.HEADERS, as_json({"tutor_id": "t1"}))
        assert interpret(event) == interpret(CLOUD | {"id": "e 1"})

    def test_is_told_by_the_specversion_header(self) -> None:
        assert is_binary_mode(self.HEADERS)
        assert not is_binary_mode({"content-type": "application/json"})

    @pytest.mark.parametrize("body", [b"", b"{", b"\xff"])
    def test_unreadable_body_is_refused_and_kept(self, body: bytes) -> None:
        event = from_http_headers(self.HEADERS, body)
        assert refusal(event) == ("data_base64", "The data is no JSON")
        assert base64.b64decode(event["data_base64"]) == body


def test_event_type_beside_specversion_is_native() -> None:
    event, extra = interpret(resumed(specversion="1.0"))
    assert event.event_id == "e1"
    assert msgspec.json.decode(extra or "") == {"specversion": "1.0"}
