"""`/alerts`: the inbox, and one alert with what became of it."""

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tutorpulse.api.auditing import name_act
from tutorpulse.api.bodies import read_body
from tutorpulse.api.context import here
from tutorpulse.clock import HOUR_US
from tutorpulse.dashboard import frame
from tutorpulse.dashboard.forms import fields
from tutorpulse.dashboard.viewer import Looking, Operating
from tutorpulse.decisions.alerts.severity import SEVERITIES
from tutorpulse.errors import InputError
from tutorpulse.features.frame import ENTITY_TYPES
from tutorpulse.service.alerting import acting
from tutorpulse.service.queries import alerts
from tutorpulse.service.queries.alert_shapes import ShownAlert, SilenceRequest
from tutorpulse.service.root import Pulse
from tutorpulse.service.worklist.apart import ByHand, by_hand
from tutorpulse.service.worklist.moment import moment_us
from tutorpulse.store.state import State
from tutorpulse.store.state.alerts import LIVE_STATES, STATES, AlertRow
from tutorpulse.store.state.audit import Act

router = APIRouter(include_in_schema=False)
_SHOWN = 25
SNOOZE_HOURS = (4, 24, 72, 168)
SILENCE_HOURS = (1, 2, 4, 8, 24, 72)
Do = Callable[[State, int], AlertRow]


@router.get("/alerts")
def inbox(request: Request, viewer: Looking) -> Response:
    """Those that wait, the last opened first; the address holds the filters."""
    query = request.query_params
    service = here(request).service
    now_us = service.pulse.clock.now_us()
    asked = alerts.AlertsAsked(
        states=_known("state", tuple(query.getlist("state")), STATES) or LIVE_STATES,
        severities=_known("severity", tuple(query.getlist("severity")), SEVERITIES),
        rule=query.get("rule") or None,
        cursor=query.get("cursor") or None,
        limit=_SHOWN,
    )
    with service.lend() as pulse:
        found = alerts.listed(pulse.state, asked)
        counts = alerts.counts(pulse.state)
        rules = alerts.rules(pulse.state, service.pulse.home.path, service.pulse.settings)
        silences = alerts.silences(pulse.state, now_us)
        known = _said(pulse, found.items)
    return frame.page(
        request,
        "alerts.html",
        viewer,
        found=found,
        counts=counts,
        rules=rules.rules,
        silences=silences.silences,
        silence_hours=SILENCE_HOURS,
        known=known,
        zone=service.pulse.settings.marketplace_timezone,
        asked=asked,
        chosen=query.getlist("state"),
        severities=tuple(reversed(SEVERITIES)),
        states=STATES,
        older=_older(request, found.next_cursor),
        now_us=now_us,
    )


def _said(pulse: Pulse, shown: Iterable[ShownAlert]) -> dict[tuple[str, str], ByHand]:
    """What operators say of those whom alerts are about, by kind and id."""
    now_us, alerts_ = moment_us(pulse), list(shown)
    return {
        (kind, who): said
        for kind in ENTITY_TYPES
        for who, said in by_hand(
            pulse.state, kind, now_us, [a.entity_id for a in alerts_ if a.entity_type == kind]
        ).items()
    }


def _known(what: str, given: tuple[str, ...], known: tuple[str, ...]) -> tuple[str, ...]:
    given = tuple(name for name in given if name)
    for name in given:
        if name not in known:
            raise InputError(f"There is no {what} {name!r} of alerts. Give one of {', '.join(known)}.")
    return given


def _older(request: Request, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    return "/alerts?" + urlencode([*kept, ("cursor", cursor)])


@router.get("/alerts/{alert_id}")
def one(request: Request, viewer: Looking, alert_id: str) -> Response:
    """One alert, its history, and what can be done about it."""
    service = here(request).service
    with service.lend() as pulse:
        found = alerts.one(pulse.state, alert_id)
        past = alerts.history(pulse.state, alert_id)
        said = _said(pulse, [found]).get((found.entity_type, found.entity_id))
    settings = service.pulse.settings
    return frame.page(
        request,
        "alert.html",
        viewer,
        alert=found,
        said=said,
        changes=past.changes,
        snooze_hours=SNOOZE_HOURS,
        zone=settings.marketplace_timezone,
        now_us=service.pulse.clock.now_us(),
    )


@router.post("/alerts/{alert_id}")
async def act(request: Request, viewer: Operating, alert_id: str) -> Response:
    """Acknowledge, snooze, resolve or judge an alert."""
    form = fields(await read_body(request, here(request).body_limits))
    move = form.get("move", "")
    name_act(request, Act(f"{move} alert", "alert", alert_id))
    do = _deed(move, alert_id, viewer.name, form)
    service = here(request).service

    def done() -> None:
        with service.states.one() as state:
            do(state, service.pulse.clock.now_us())

    await run_in_threadpool(done)
    return RedirectResponse("/alerts" if form.get("back") == "inbox" else f"/alerts/{alert_id}", 303)


@router.post("/silences")
async def silence(request: Request, viewer: Operating) -> Response:
    """Keep alerts, but tell nobody, from now on for some hours."""
    form = fields(await read_body(request, here(request).body_limits))
    name_act(request, Act("silence alerts", "silence", ""))
    hours = _hours(form, SILENCE_HOURS, "Alerts cannot be silenced for")
    asked = SilenceRequest(hours * 60, form.get("reason", "").strip(), rule=form.get("rule") or None)
    service = here(request).service

    def done() -> None:
        with service.states.one() as state:
            alerts.silence(state, service.pulse.home.path, asked, viewer.name, service.pulse.clock.now_us())

    await run_in_threadpool(done)
    return RedirectResponse("/alerts", 303)


@router.post("/silences/{silence_id}/end")
def end_silence(request: Request, viewer: Operating, silence_id: str) -> Response:  # noqa: ARG001
    """End a silence before its time."""
    name_act(request, Act("end silence", "silence", silence_id))
    service = here(request).service
    with service.states.one() as state:
        state.silences.end(silence_id, service.pulse.clock.now_us())
    return RedirectResponse("/alerts", 303)


def _deed(move: str, alert_id: str, by: str, form: dict[str, str]) -> Do:
    note = form.get("note", "").strip() or None
    deeds: dict[str, Do] = {
        "acknowledge": lambda state, now_us: acting.acknowledge(state, alert_id, by, now_us, note),
        "snooze": lambda state, now_us: acting.snooze(
            state, alert_id, now_us + _hours(form) * HOUR_US, by, now_us, note
        ),
        "resolve": lambda state, now_us: acting.resolve(state, alert_id, by, now_us, note),
        "confirmed": lambda state, now_us: acting.feedback(state, alert_id, "confirmed", by, now_us, note),
        "wrong": lambda state, now_us: acting.feedback(state, alert_id, "wrong", by, now_us, note),
    }
    if move not in deeds:
        raise InputError(f"An alert cannot be made {move!r}. Choose one of {', '.join(deeds)}.")
    return deeds[move]


def _hours(
    form: dict[str, Any],
    offered: tuple[int, ...] = SNOOZE_HOURS,
    told: str = "An alert cannot be put off by",
) -> int:
    hours = str(form.get("hours", ""))
    if hours not in map(str, offered):
        raise InputError(f"{told} {hours!r} hours. Choose one of {', '.join(map(str, offered))}.")
    return int(hours)
