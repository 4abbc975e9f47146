"""What every answer has: an id, headers, and errors of one shape."""

import json
from dataclasses import replace

import msgspec
import pytest
from fastapi.testclient import TestClient

from tests.api.conftest import Ask
from tutorpulse.api.app import create_app
from tutorpulse.api.outer import SECURITY_HEADERS
from tutorpulse.api.problems import KINDS, TYPE_PREFIX, of_ours
from tutorpulse.errors import (
    HistoryError,
    HomeError,
    InputError,
    ModelError,
    QueueFullError,
    TutorpulseError,
    UnknownEntityError,
)
from tutorpulse.service.live.service import Service
from tutorpulse.service.queries.shapes import Problem


def problem(response: object, kind: str) -> Problem:
    """The problem of an answer, which must be one of that kind and whole."""
    assert response.status_code == KINDS[kind].status, response.text  # type: ignore[attr-defined]
    assert response.headers["content-type"] == "application/problem+json"  # type: ignore[attr-defined]
    found = msgspec.json.decode(response.content, type=Problem)  # type: ignore[attr-defined]
    assert found.type == TYPE_PREFIX + kind
    assert found.status == KINDS[kind].status
    assert found.request_id == response.headers["x-request-id"]  # type: ignore[attr-defined]
    return found


def test_every_answer_has_an_id_and_the_security_headers(ask: Ask) -> None:
    for path in ("/healthz", "/v1/tutors", "/nowhere", "/v1/tutors?limit=0"):
        headers = ask("GET", path).headers
        assert headers["x-request-id"]
        assert SECURITY_HEADERS.keys() <= headers.keys()


@pytest.mark.parametrize(
    ("given", "kept"), [("abc-1.2_X", True), ("a b", False), ("x" * 65, False), ("é", False)]
)
def test_a_callers_id_is_kept_if_it_is_a_plain_one(ask: Ask, given: str, kept: bool) -> None:
    answered = ask("GET", "/healthz", headers={"x-request-id": given.encode()}).headers["x-request-id"]
    assert (answered == given) is kept


def test_what_is_not_there_and_what_is_not_known_there_are_problems(ask: Ask) -> None:
    assert (
        problem(ask("GET", "/v2/tutors"), "not-found").detail
        == "There is no path /v2/tutors. See /v1/openapi.json."
    )
    refused = ask("DELETE", "/v1/tutors")
    assert problem(refused, "method-not-allowed").detail == "/v1/tutors does not know DELETE."
    assert refused.headers["allow"] == "GET"
    assert ask("GET", "/v1/tutors/").status_code == 422


def test_a_misspelt_parameter_is_refused_by_name(ask: Ask) -> None:
    found = problem(ask("GET", "/v1/students?segmnt=at_risk&limit=0"), "invalid")
    assert {e.field for e in found.errors} == {"segmnt", "limit"}


def test_a_fault_tells_nothing_of_the_inside(
    service: Service, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret path /srv/home")

    monkeypatch.setattr("tutorpulse.api.routes.market.market.segment_shares", broken)
    response = ask("GET", "/v1/segments")
    assert "secret" not in problem(response, "internal").detail
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (UnknownEntityError("No tutor 'x'."), "not-found"),
        (InputError("Bad."), "invalid"),
        (HistoryError("Nothing."), "nothing-yet"),
        (QueueFullError("Full."), "unavailable"),
        (HomeError("Cannot read /srv/home."), "unavailable"),
        (ModelError("/srv/home/models is damaged."), "unavailable"),
    ],
)
def test_each_error_of_the_tree_is_a_problem_that_names_no_path(error: TutorpulseError, kind: str) -> None:
    found = of_ours(error)
    assert found.kind == kind
    assert "/srv" not in found.detail
    assert ("Retry-After" in found.headers) == (kind == "unavailable")


def test_only_listed_origins_may_call_from_a_page(service: Service, key: object) -> None:
    settings = msgspec.structs.replace(service.pulse.settings, cors_origins=("https://ops.example",))
    client = TestClient(create_app(replace(service, pulse=replace(service.pulse, settings=settings))))
    asked = {"access-control-request-method": "GET", "access-control-request-headers": "authorization"}
    good = client.options("/v1/tutors", headers=asked | {"origin": "https://ops.example"})
    assert good.headers["access-control-allow-origin"] == "https://ops.example"
    bad = client.options("/v1/tutors", headers=asked | {"origin": "https://elsewhere.example"})
    assert bad.status_code == 400
    assert "access-control-allow-origin" not in bad.headers


def test_readiness_tells_what_is_missing(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    client = TestClient(create_app(service))
    assert client.get("/readyz").json() == {"status": "ready"}
    monkeypatch.setattr(Service, "ready", lambda _self: ["no model", "refresh is 20 s behind"])
    refused = client.get("/readyz")
    assert problem(refused, "unavailable").detail == "Not ready: no model; refresh is 20 s behind."
    assert client.get("/healthz").json() == {"status": "ok"}


def test_figures_are_those_of_the_service(ask: Ask) -> None:
    response = ask("GET", "/metrics")
    assert response.headers["content-type"].startswith("text/plain")
    assert "tutorpulse_model_loaded 1.0" in response.text


def test_the_document_is_given_once_to_whom_has_it(ask: Ask) -> None:
    first = ask("GET", "/v1/openapi.json")
    assert json.loads(first.content)["openapi"].startswith("3.1")
    again = ask("GET", "/v1/openapi.json", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
