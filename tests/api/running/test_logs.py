import asyncio
import io
import json
import logging
from collections.abc import Iterator
from types import SimpleNamespace

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import ASGIApp

from tutorpulse.api.outer import Outer
from tutorpulse.api.running import logs
from tutorpulse.api.running.logs import AccessLog, log_as_json
from tutorpulse.service.predicting import log as predictions_log


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What goes to standard error; logging is as before afterwards."""
    root, quiet, level = logging.getLogger(), logging.getLogger("uvicorn.access"), predictions_log.level
    before = root.handlers[:], root.level, quiet.disabled
    errors = io.StringIO()
    monkeypatch.setattr(logs, "sys", SimpleNamespace(stderr=errors))
    yield errors
    root.handlers[:], quiet.disabled = before[0], before[2]
    root.setLevel(before[1])
    predictions_log.setLevel(level)


def lines(written: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def ask(app: ASGIApp, method: str, path: str, headers: dict[str, str]) -> None:
    async def once() -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
            await client.request(method, path, headers=headers)

    asyncio.run(once())


def test_a_record_is_one_line_with_its_fields_and_traceback(written: io.StringIO) -> None:
    log_as_json(predictions=False)
    logging.getLogger("x").info("said\n%s", "so", extra={"fields": {"n": 1}})
    try:
        raise ZeroDivisionError
    except ZeroDivisionError:
        logging.getLogger("x").exception("failed")
    first, second = lines(written)
    assert {k: first[k] for k in ("level", "logger", "message", "n")} == {
        "level": "info",
        "logger": "x",
        "message": "said\nso",
        "n": 1,
    }
    assert str(first["time"]).endswith("+00:00")
    assert "ZeroDivisionError" in str(second["traceback"])


@pytest.mark.parametrize("wanted", [True, False])
def test_changes_of_predictions_are_logged_where_wanted(written: io.StringIO, wanted: bool) -> None:
    log_as_json(predictions=wanted)
    assert predictions_log.isEnabledFor(logging.INFO) == wanted
    predictions_log.setLevel(logging.INFO)
    predictions_log.info("Updated")
    assert len(lines(written)) == wanted


def test_a_request_is_logged_by_its_route_without_what_it_carried(written: io.StringIO) -> None:
    app = FastAPI()

    @app.post("/tutors/{tutor_id}")
    def route(tutor_id: str) -> str:
        return tutor_id

    log_as_json(predictions=False)
    served = AccessLog(Outer(app))
    headers = {"X-Request-ID": "abc", "Authorization": "Bearer secret"}
    ask(served, "POST", "/tutors/ann?note=private", headers)
    ask(served, "GET", "/nowhere/" + "x" * 500, headers)
    found, unknown = [line for line in lines(written) if line["logger"] == "tutorpulse.requests"]
    assert (found["route"], found["status"], found["method"]) == ("/tutors/{tutor_id}", 200, "POST")
    assert str(found["request_id"]).startswith("abc")
    assert len(str(unknown["route"])) == 100
    for private in ("private", "secret", "ann"):
        assert private not in json.dumps([found, unknown])


def test_a_request_that_failed_is_logged_too(written: io.StringIO) -> None:
    app = FastAPI()

    @app.get("/fault")
    def fault() -> None:
        raise ZeroDivisionError

    log_as_json(predictions=False)
    with pytest.raises(ZeroDivisionError):
        ask(AccessLog(Outer(app)), "GET", "/fault", {})
    assert lines(written)[-1]["status"] == 500
