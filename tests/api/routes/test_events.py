"""Events in: every spelling, every packing, and what the sender is told."""

import gzip
from itertools import count

import httpx
import msgspec
import pytest
import zstandard

from tests.api.conftest import Ask
from tests.api.test_app import problem
from tests.service.logs import event
from tutorpulse.errors import QueueFullError
from tutorpulse.service.live.service import Service

PATH = "/v1/events"
_NUMBERS = count()


def made(**payload: object) -> dict[str, object]:
    """A new event of nobody in particular."""
    return event("supply_demand_update", 0, subject=f"subject {next(_NUMBERS)}", **payload)


def cloudevent(one: dict[str, object]) -> dict[str, object]:
    return {
        "specversion": "1.0",
        "id": one["event_id"],
        "type": f"com.example.{one['event_type']}",
        "source": "/test",
        "time": one["timestamp"],
        "data": one["payload"],
    }


def post(
    ask: Ask, content: bytes, media_type: str | None = "application/json", **headers: str
) -> httpx.Response:
    named = {} if media_type is None else {"content-type": media_type}
    return ask(
        "POST", PATH, content=content, headers=named | {k.replace("_", "-"): v for k, v in headers.items()}
    )


def counts(response: httpx.Response) -> tuple[int, int, int]:
    assert response.status_code == 200, response.text
    told = response.json()
    return told["accepted"], told["duplicate"], told["rejected"]


SPELLINGS = {
    "one": ("application/json", lambda es: msgspec.json.encode(es[0])),
    "many": ("application/json; charset=utf-8", msgspec.json.encode),
    "lines": ("application/x-ndjson", lambda es: b"\n".join(map(msgspec.json.encode, es))),
    "a structured CloudEvent": (
        "application/cloudevents+json",
        lambda es: msgspec.json.encode(cloudevent(es[0])),
    ),
    "CloudEvents in a batch": (
        "application/cloudevents-batch+json",
        lambda es: msgspec.json.encode([cloudevent(e) for e in es]),
    ),
    "no media type": (None, msgspec.json.encode),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_is_taken_and_is_a_duplicate_the_second_time(ask: Ask, spelling: str) -> None:
    media_type, encode = SPELLINGS[spelling]
    body = encode([made(), made()])
    accepted, duplicate, rejected = counts(post(ask, body, media_type))
    assert accepted in (1, 2)
    assert (duplicate, rejected) == (0, 0)
    assert counts(post(ask, body, media_type)) == (0, accepted, 0)


def test_a_cloudevent_in_binary_mode_is_the_same_event_as_in_structured(ask: Ask) -> None:
    one = cloudevent(made())
    attributes = {f"ce_{name}": str(value) for name, value in one.items() if name != "data"}
    assert counts(post(ask, msgspec.json.encode(one["data"]), **attributes)) == (1, 0, 0)
    assert counts(post(ask, msgspec.json.encode(one), "application/cloudevents+json")) == (0, 1, 0)


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("zstd", zstandard.compress)])
def test_packed_bodies_are_read(ask: Ask, encoding: str, pack: object) -> None:
    body = pack(msgspec.json.encode([made() for _ in range(20)]))  # type: ignore[operator]
    assert counts(post(ask, body, content_encoding=encoding)) == (20, 0, 0)


def test_good_events_are_taken_beside_bad_ones_and_each_bad_one_is_told_why(ask: Ask) -> None:
    good, known = made(), made()
    counts(post(ask, msgspec.json.encode(known)))
    bad = {"event_type": "review_submitted", "timestamp": "2026-01-01T00:00:00Z", "payload": {"rating": 11}}
    body = msgspec.json.encode([bad, good, known])
    response = post(ask, body)
    assert counts(response) == (1, 1, 1)
    told = response.json()["events"]
    assert [(e["index"], e["status"]) for e in told] == [(0, "rejected"), (2, "duplicate")]
    assert told[0]["reason"]
    assert told[0]["field"].startswith("payload")
    assert told[1]["event_id"] == known["event_id"]


def test_with_detail_all_every_event_is_told(ask: Ask) -> None:
    one = made()
    response = ask("POST", f"{PATH}?detail=all", json=[one])
    assert response.json()["events"] == [{"index": 0, "status": "accepted", "event_id": one["event_id"]}]
    assert (
        problem(ask("POST", f"{PATH}?detail=most", json=[]), "invalid").detail
        == "detail is all or some, not 'most'."
    )


def test_what_is_no_json_is_kept_as_a_reject(ask: Ask) -> None:
    assert counts(post(ask, b"{never closed")) == (0, 0, 1)


@pytest.mark.parametrize("media_type", ["text/xml", "application/x-www-form-urlencoded"])
def test_another_media_type_is_refused_with_those_that_are_read(ask: Ask, media_type: str) -> None:
    refused = post(ask, b"<event/>", media_type)
    assert "Send one of application/json" in problem(refused, "media-type").detail
    assert "application/x-ndjson" in refused.headers["accept"]


def test_another_packing_is_refused_with_those_that_are_read(ask: Ask) -> None:
    refused = post(ask, b"[]", content_encoding="br")
    assert "Send one of identity, gzip, zstd" in problem(refused, "media-type").detail
    assert refused.headers["accept-encoding"] == "gzip, zstd"


@pytest.mark.parametrize("told_length", [True, False])
def test_a_body_above_the_limit_is_refused_whether_it_says_its_length_or_not(
    ask: Ask, told_length: bool
) -> None:
    body = b"x" * 33_000_000
    content = body if told_length else iter([body[:20_000_000], body[20_000_000:]])
    refused = ask("POST", PATH, content=content, headers={"content-type": "application/json"})
    assert "more than 32,000,000 bytes" in problem(refused, "body-too-large").detail


@pytest.mark.parametrize(
    ("media_type", "body"),
    [("application/json", b"[" + b"1," * 50_000 + b"1]"), ("application/x-ndjson", b"1\n" * 50_001)],
)
def test_too_many_events_are_refused_and_nothing_of_them_is_kept(
    ask: Ask, service: Service, media_type: str, body: bytes
) -> None:
    service.live.flush(10)
    before = len(service.pulse.store.rejects())
    refused = post(ask, body, media_type)
    assert "more than 50,000 events. Send it in 2 parts or more" in problem(refused, "body-too-large").detail
    service.live.flush(10)
    assert len(service.pulse.store.rejects()) == before


def test_many_fields_are_not_many_events(ask: Ask) -> None:
    fields = {f"f{i}": i for i in range(60_000)}
    assert counts(post(ask, msgspec.json.encode([made(**fields)]))) == (1, 0, 0)


def test_a_full_queue_is_told_with_when_to_come_back(
    ask: Ask, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: object) -> None:
        raise QueueFullError("10000 bodies wait. Try again in a second.")

    monkeypatch.setattr("tutorpulse.api.handover.Handover.taken", lambda _self, body: full(body))
    refused = post(ask, msgspec.json.encode(made()))
    assert problem(refused, "unavailable").detail == "10000 bodies wait. Try again in a second."
    assert refused.headers["retry-after"] == "1"


def test_the_predecessors_senders_are_answered_in_a_word(ask: Ask) -> None:
    theirs = {
        "event_type": "learning_activity",
        "timestamp": "2024-10-03T00:00:00Z",
        "payload": {"customer_id": "s1", "questions_asked": 3},
    }
    first = ask("POST", "/ingest", json=theirs).json()
    assert first["status"] == "accepted"
    assert first["message"] == "Event accepted"
    assert ask("POST", "/ingest", json=theirs).json() == {
        "status": "duplicate",
        "event_id": first["event_id"],
        "message": "Event known already",
    }
    bad = ask("POST", "/ingest", json={"event_type": "nonsense"}).json()
    assert (bad["status"], bad["event_id"]) == ("rejected", None)
    assert bad["message"].startswith("event_type: 'nonsense'")
