"""When a request is sent again, and what an answer that is no good becomes."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from tutorpulse import Client
from tutorpulse.client import Retries
from tutorpulse.client.following import events
from tutorpulse.client.transport import asked_wait_s, query
from tutorpulse.errors import ServiceError

Answer = Callable[[httpx.Request], httpx.Response]
GOOD = {"hash": "h", "features": []}


def client(
    answers: list[httpx.Response | Exception], attempts: int = 3
) -> tuple[Client, list[float], list[httpx.Request]]:
    """A client of a service that answers so, one after the other; how long it waits, and what it sends."""
    waits: list[float] = []
    sent: list[httpx.Request] = []
    left = iter(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        answered = next(left)
        if isinstance(answered, Exception):
            raise answered
        return answered

    retries = Retries(attempts, first_wait_s=1.0, longest_wait_s=20.0, sleep=waits.append)
    return (
        Client("http://service", "secret", retries=retries, transport=httpx.MockTransport(answer)),
        waits,
        sent,
    )


def busy(status: int = 503, **headers: str) -> httpx.Response:
    content = {
        "type": "t",
        "title": "Not now",
        "status": status,
        "detail": "The queue is full.",
        "request_id": "r1",
    }
    return httpx.Response(status, json=content, headers={k.replace("_", "-"): v for k, v in headers.items()})


def test_what_is_refused_for_now_is_sent_again_when_the_service_says() -> None:
    made, waits, sent = client(
        [busy(503, retry_after="7"), busy(429, retry_after="3"), httpx.Response(200, json=GOOD)]
    )
    assert made.features().hash == "h"
    assert waits == [7.0, 3.0]
    assert {request.headers["authorization"] for request in sent} == {"Bearer secret"}


def test_without_a_word_the_waits_double_with_some_chance() -> None:
    made, waits, _ = client(
        [busy(), httpx.ConnectError("refused"), busy(502), httpx.Response(200, json=GOOD)], 4
    )
    made.features()
    assert [0.5 * 2**k <= wait <= 2**k for k, wait in enumerate(waits)] == [True] * 3


def test_a_wait_is_never_longer_than_allowed() -> None:
    made, waits, _ = client([busy(retry_after="86400"), httpx.Response(200, json=GOOD)])
    made.features()
    assert waits == [20.0]


def test_after_all_attempts_the_problem_is_raised() -> None:
    made, waits, sent = client([busy()] * 3)
    with pytest.raises(ServiceError, match=r"Not now: The queue is full\.") as raised:
        made.features()
    assert (raised.value.status, raised.value.request_id) == (503, "r1")
    assert (len(waits), len(sent)) == (2, 3)


def test_what_will_not_succeed_is_not_sent_again() -> None:
    made, waits, sent = client([busy(422)])
    with pytest.raises(ServiceError):
        made.features()
    assert (len(waits), len(sent)) == (0, 1)


def test_a_service_that_is_not_there_is_named() -> None:
    made, _, _ = client([httpx.ConnectError("Connection refused")] * 3)
    with pytest.raises(
        ServiceError, match=r"http://service/? cannot be reached: Connection refused\. Check"
    ) as raised:
        made.features()
    assert raised.value.status is None


def test_whoever_else_answers_is_told_apart_from_a_service() -> None:
    made, _, _ = client([httpx.Response(404, text="<html>")])
    with pytest.raises(ServiceError, match=r"answered 404, and no problem\. Is it a tutorpulse service\?"):
        made.features()


def test_a_wait_may_be_seconds_or_a_date_or_nonsense() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=60))
    assert asked_wait_s("5") == 5.0
    assert asked_wait_s(soon) == pytest.approx(60, abs=5)
    assert asked_wait_s("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0
    assert asked_wait_s("later") is None
    assert asked_wait_s(None) is None


def test_lists_come_once_for_each_item_and_nothing_is_left_out_but_none() -> None:
    assert query({"a": ["x", "y"], "b": None, "c": True, "d": 0.5}) == [
        ("a", "x"),
        ("a", "y"),
        ("c", "true"),
        ("d", "0.5"),
    ]


def test_comments_and_other_events_of_a_stream_are_left_out() -> None:
    fields = {
        "alert_id": "a",
        "entity_id": "t",
        "entity_type": "tutor",
        "timestamp": "",
        "prediction_type": "x",
    }
    rest = {"risk_score": 1, "explanation": "", "recommendations": [], "model_used": "", "confidence": ""}
    data = httpx.Response(200, json=fields | rest).text
    lines = [
        "retry: 1000",
        "",
        ": ping",
        "",
        "event: other",
        "id: 6",
        "data: {}",
        "",
        "id: 7",
        "event: insight",
        f"data: {data}",
        "",
    ]
    assert [(event_id, insight.alert_id) for event_id, insight in events(lines)] == [("7", "a")]
