"""Alerts: lists, what operators do about them, rules, silences."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import APIRouter, Path, Query
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from tutorpulse.api import alert_examples as examples
from tutorpulse.api.access import SCHEMES, needs
from tutorpulse.api.answers import answer, polled
from tutorpulse.api.auditing import name_act
from tutorpulse.api.bodies import read_body
from tutorpulse.api.context import here
from tutorpulse.api.described import answers, content, not_modified, ref
from tutorpulse.api.params import Cursor, Limit, Strict
from tutorpulse.api.problems import ProblemError
from tutorpulse.clock import MINUTE_US
from tutorpulse.decisions.alerts.severity import About, Severity
from tutorpulse.service.alerting import acting
from tutorpulse.service.queries import alert_shapes as shapes
from tutorpulse.service.queries import alerts
from tutorpulse.store.state import State
from tutorpulse.store.state.alerts import AlertRow
from tutorpulse.store.state.audit import Act

router = APIRouter(tags=["alerts"])
_READ = [needs("read")]
_WRONG = ("not-found", "invalid", "body-too-large", "media-type")

S = TypeVar("S", bound=msgspec.Struct)
AlertId = Annotated[str, Path(max_length=128, description="Its `alert_id`.")]
SilenceId = Annotated[str, Path(max_length=128, description="Its `silence_id`.")]


class AlertParams(Strict):
    """Which alerts."""

    state: list[shapes.AlertState] = Field([], description="Of any of these states; none: not resolved ones.")
    severity: list[Severity] = Field([], description="Of any of these severities.")
    rule: str | None = Field(None, max_length=64, description="Of one rule.")
    team: str | None = Field(None, max_length=64, description="Of one team.")
    entity_type: About | None = Field(None, description="About one kind.")
    entity_id: str | None = Field(None, max_length=128, description="About one entity.")
    limit: Limit = 100
    cursor: Cursor = None


def _takes(shape: type[msgspec.Struct], example: object) -> dict[str, Any]:
    body = {"required": True, "content": {"application/json": {"schema": ref(shape), "example": example}}}
    return {"security": SCHEMES, "requestBody": body}


@router.get(
    "/v1/alerts",
    summary="Alerts",
    responses=answers("The last opened first.", content(shapes.AlertList, examples.ALERTS), ("invalid",))
    | not_modified(),
    dependencies=_READ,
)
def list_alerts(request: Request, asked: Annotated[AlertParams, Query()]) -> Response:
    """Who is affected, why, since when, and what to do. Without `state` those that are not resolved."""
    wanted = alerts.AlertsAsked(
        states=tuple(asked.state),
        severities=tuple(asked.severity),
        rule=asked.rule,
        team=asked.team,
        entity_type=asked.entity_type,
        entity_id=asked.entity_id,
        cursor=asked.cursor,
        limit=asked.limit,
    )
    service = here(request).service
    with service.states.one() as state:
        return polled(request, answer(alerts.listed(state, wanted, service.pulse.settings.public_url)))


@router.get(
    "/v1/alerts/counts",
    summary="Counts of alerts",
    responses=answers("Of those not resolved.", content(shapes.AlertCounts, examples.COUNTS))
    | not_modified(),
    dependencies=_READ,
)
def count_alerts(request: Request) -> Response:
    """How many alerts are not resolved, by severity and by state."""
    with here(request).service.states.one() as state:
        return polled(request, answer(alerts.counts(state)))


@router.get(
    "/v1/alerts/{alert_id}",
    summary="One alert",
    responses=answers("It.", content(shapes.ShownAlert, examples.ALERT), ("not-found", "invalid")),
    dependencies=_READ,
)
def one_alert(request: Request, alert_id: AlertId) -> Response:
    """One alert by its id."""
    service = here(request).service
    with service.states.one() as state:
        return answer(alerts.one(state, alert_id, service.pulse.settings.public_url))


@router.get(
    "/v1/alerts/{alert_id}/history",
    summary="What became of an alert",
    responses=answers(
        "Oldest first.", content(shapes.AlertHistory, examples.HISTORY), ("not-found", "invalid")
    ),
    dependencies=_READ,
)
def alert_history(request: Request, alert_id: AlertId) -> Response:
    """Every change of it: by whom, when, and why."""
    with here(request).service.states.one() as state:
        return answer(alerts.history(state, alert_id))


@router.post(
    "/v1/alerts/{alert_id}/acknowledge",
    summary="Acknowledge an alert",
    responses=answers("As it is now.", content(shapes.ShownAlert, examples.ALERT), _WRONG),
    openapi_extra=_takes(shapes.NoteRequest, examples.NOTE),
)
async def acknowledge(request: Request, alert_id: AlertId) -> Response:
    """Somebody sees to it: it is not escalated any more."""
    asked, by = await _given(request, shapes.NoteRequest, Act("acknowledge alert", "alert", alert_id))
    return await _acted(request, lambda s, now: acting.acknowledge(s, alert_id, by, now, asked.note))


@router.post(
    "/v1/alerts/{alert_id}/snooze",
    summary="Snooze an alert",
    responses=answers("As it is now.", content(shapes.ShownAlert, examples.ALERT), _WRONG),
    openapi_extra=_takes(shapes.SnoozeRequest, examples.SNOOZE),
)
async def snooze(request: Request, alert_id: AlertId) -> Response:
    """Not a word about it until then, unless it gets worse or resolves."""
    asked, by = await _given(request, shapes.SnoozeRequest, Act("snooze alert", "alert", alert_id))
    long_us = int(asked.minutes * MINUTE_US)
    return await _acted(
        request, lambda s, now: acting.snooze(s, alert_id, now + long_us, by, now, asked.note)
    )


@router.post(
    "/v1/alerts/{alert_id}/resolve",
    summary="Resolve an alert",
    responses=answers("As it is now.", content(shapes.ShownAlert, examples.ALERT), _WRONG),
    openapi_extra=_takes(shapes.NoteRequest, examples.NOTE),
)
async def resolve(request: Request, alert_id: AlertId) -> Response:
    """It is done with. Should the condition still hold when the cooldown is over, another opens."""
    asked, by = await _given(request, shapes.NoteRequest, Act("resolve alert", "alert", alert_id))
    return await _acted(request, lambda s, now: acting.resolve(s, alert_id, by, now, asked.note))


@router.post(
    "/v1/alerts/{alert_id}/feedback",
    summary="Say whether an alert was right",
    responses=answers("As it is now.", content(shapes.ShownAlert, examples.ALERT), _WRONG),
    openapi_extra=_takes(shapes.FeedbackRequest, examples.FEEDBACK),
)
async def feedback(request: Request, alert_id: AlertId) -> Response:
    """Confirmed, or wrong with a reason, which resolves it. The precision of its rule is made of these."""
    asked, by = await _given(request, shapes.FeedbackRequest, Act("judge alert", "alert", alert_id))
    return await _acted(
        request, lambda s, now: acting.feedback(s, alert_id, asked.verdict, by, now, asked.reason)
    )


@router.get(
    "/v1/alert-rules",
    summary="Alert rules",
    responses=answers("By key, with how right each was.", content(shapes.RuleList, examples.RULES))
    | not_modified(),
    dependencies=_READ,
)
def alert_rules(request: Request) -> Response:
    """The rules in force: their thresholds, how many alerts they opened, and how many of those were right."""
    service = here(request).service
    with service.states.one() as state:
        pulse = service.pulse
        return polled(request, answer(alerts.rules(state, pulse.home.path, pulse.settings)))


@router.get(
    "/v1/silences",
    summary="Silences",
    responses=answers("Those that last or are to come.", content(shapes.SilenceList, examples.SILENCES)),
    dependencies=_READ,
)
def list_silences(request: Request) -> Response:
    """Times in which alerts are kept, but nobody is told."""
    service = here(request).service
    with service.states.one() as state:
        return answer(alerts.silences(state, service.pulse.clock.now_us()))


@router.post(
    "/v1/silences",
    summary="Tell nobody for a while",
    responses=answers("The silence.", content(shapes.ShownSilence, examples.SILENCE), _WRONG),
    openapi_extra=_takes(shapes.SilenceRequest, examples.SILENCE_ASKED),
)
async def silence(request: Request) -> Response:
    """Such as for maintenance. What is still open when it ends is told then."""
    asked, by = await _given(request, shapes.SilenceRequest, Act("silence alerts", "silence", ""))
    home = here(request).service.pulse.home.path
    return answer(
        await run_in_threadpool(_at_now, request, lambda s, now: alerts.silence(s, home, asked, by, now))
    )


@router.post(
    "/v1/silences/{silence_id}/end",
    summary="End a silence",
    responses=answers("It, as it is now.", content(shapes.ShownSilence, examples.SILENCE), _WRONG),
    openapi_extra={"security": SCHEMES},
)
async def end_silence(request: Request, silence_id: SilenceId) -> Response:
    """From now on alerts are told again."""
    await here(request).door.admit(request, "operate")
    name_act(request, Act("end silence", "silence", silence_id))
    ended = await run_in_threadpool(_at_now, request, lambda s, now: s.silences.end(silence_id, now))
    return answer(alerts.as_silence(ended))


async def _given(request: Request, shape: type[S], act: Act) -> tuple[S, str]:
    """The body of a request that needs `operate`, and the name of whoever sent it."""
    context = here(request)
    caller = await context.door.admit(request, "operate")
    name_act(request, act)
    raw = await read_body(request, context.body_limits)
    try:
        return msgspec.json.decode(raw, type=shape), caller.name
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ProblemError("invalid", f"The body is not as it should be: {error}.") from None


async def _acted(request: Request, act: Callable[[State, int], AlertRow]) -> Response:
    row = await run_in_threadpool(_at_now, request, act)
    return answer(alerts.as_shown(row, here(request).service.pulse.settings.public_url))


def _at_now(request: Request, act: Callable[[State, int], Any]) -> Any:
    service = here(request).service
    with service.states.one() as state:
        return act(state, service.pulse.clock.now_us())
