"""The client for asyncio has the methods of the plain one, and they answer the same."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

import tutorpulse
from tests.api.conftest import app, client, key, service  # noqa: F401
from tests.client.test_client import made
from tests.client.test_transport import busy
from tutorpulse import AsyncClient, Client
from tutorpulse.client import Retries
from tutorpulse.client.async_transport import AsyncTransport
from tutorpulse.errors import ServiceError

Work = Callable[[AsyncClient], Awaitable[Any]]
Ask = Callable[[Work], Any]


@pytest.fixture
def ask(app: FastAPI, key: Callable[..., str]) -> Ask:  # noqa: F811
    """Runs some work with a client that may do everything, in an event loop of its own."""

    async def run(work: Work) -> Any:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with AsyncClient(
            "http://testserver", key("admin"), retries=Retries(1), transport=transport
        ) as made:
            return await work(made)

    return lambda work: asyncio.run(run(work))


async def all_of(items: AsyncIterator[Any]) -> list[Any]:
    return [item async for item in items]


def test_both_clients_have_the_same_methods() -> None:
    def methods(kind: type) -> dict[str, list[str]]:
        found = inspect.getmembers(kind, inspect.isfunction)
        return {name: list(inspect.signature(m).parameters) for name, m in found if not name.startswith("__")}

    assert methods(AsyncClient) == methods(Client)
    for name in methods(AsyncClient):
        method = getattr(AsyncClient, name)
        assert inspect.iscoroutinefunction(method) or inspect.isasyncgenfunction(method), name
    assert tutorpulse.AsyncClient is AsyncClient


def test_questions_lists_and_events_are_those_of_the_service(ask: Ask) -> None:
    async def work(pulse: AsyncClient) -> None:
        assert (await pulse.summary()).total_processed > 0
        tutors = await all_of(pulse.tutors(limit=2))
        assert [t.entity_id for t in tutors] == [t.entity_id for t in await all_of(pulse.tutors())]
        assert (await pulse.tutor("t1")).entity_id == "t1"
        told = await pulse.send((made(900 + n) for n in range(7)), at_once=3)
        assert (told.accepted, told.rejected) == (7, 0)
        assert (await pulse.send([made(900)])).duplicate == 1
        assert await all_of(pulse.tasks()) is not None
        assert (await all_of(pulse.audit(limit=1))) is not None

    ask(work)


def test_many_questions_run_side_by_side(ask: Ask) -> None:
    async def work(pulse: AsyncClient) -> list[str]:
        pages = await asyncio.gather(*(pulse.tutor(f"t{n}") for n in range(5)))
        return [page.entity_id for page in pages]

    assert ask(work) == ["t0", "t1", "t2", "t3", "t4"]


def test_a_refusal_is_an_error_with_its_words(ask: Ask) -> None:
    async def work(pulse: AsyncClient) -> None:
        with pytest.raises(ServiceError, match="Not found") as refused:
            await pulse.erase("tutor", "nobody")
        assert refused.value.status == 404

    ask(work)


def test_a_request_is_sent_again_as_the_service_says() -> None:
    answers = iter(
        [busy(503, **{"Retry-After": "7"}), httpx.ConnectError("gone"), httpx.Response(200, json={})]
    )
    waits: list[float] = []

    def answer(_request: httpx.Request) -> httpx.Response:
        found = next(answers)
        if isinstance(found, Exception):
            raise found
        return found

    async def work() -> int:
        async def sleep(seconds: float) -> None:
            waits.append(seconds)

        async with httpx.AsyncClient(
            base_url="http://service", transport=httpx.MockTransport(answer)
        ) as http:
            transport = AsyncTransport(http, Retries(3, first_wait_s=1.0), sleep)
            return (await transport.send("GET", "/v1/summary")).status_code

    assert asyncio.run(work()) == 200
    assert waits[0] == 7.0
    assert 1.0 <= waits[1] <= 2.0


def test_the_stream_is_followed_where_it_ended() -> None:
    line = 'event: insight\nid: {}\ndata: {{"alert_id":"a{}","entity_id":"e","entity_type":"tutor","timestamp":"t",'
    line += '"prediction_type":"p","risk_score":1,"explanation":"x","recommendations":[],"model_used":"m","confidence":"low"}}\n\n'
    asked: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers.get("last-event-id"))
        if len(asked) == 2:
            return busy(503)
        return httpx.Response(200, text=line.format(len(asked), len(asked)))

    async def work() -> list[str]:
        found = []
        retries = Retries(3, first_wait_s=0.001)
        async with AsyncClient(
            "http://s", "k", retries=retries, transport=httpx.MockTransport(answer)
        ) as pulse:
            async for event_id, _ in pulse.follow("0"):
                found.append(event_id)
                if len(found) == 2:
                    break
        return found

    assert asyncio.run(work()) == ["1", "3"]
    assert asked == ["0", "1", "1"]
