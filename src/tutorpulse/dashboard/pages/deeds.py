"""What people do from the pages about tasks, tutors and students: forms that are sent, and lead back to where they stood."""

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec
from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tutorpulse.api.auditing import name_act
from tutorpulse.api.bodies import read_body
from tutorpulse.api.context import here
from tutorpulse.clock import DAY_US, format_time
from tutorpulse.dashboard.forms import fields
from tutorpulse.dashboard.viewer import Operating
from tutorpulse.errors import InputError
from tutorpulse.service.root import Pulse
from tutorpulse.service.worklist import feedback, overrides, reviews, shapes, states, tasks
from tutorpulse.service.worklist.moment import moment_us
from tutorpulse.store.state.audit import Act

router = APIRouter(include_in_schema=False)
S = TypeVar("S", bound=msgspec.Struct)
Form = dict[str, str]

SNOOZE_DAYS = (1, 3, 7, 14)
STATE_DAYS = (7, 14, 30, 90)
OVERRIDE_DAYS = (7, 30, 90, 180)
_LISTS = ("/tasks", "/alerts")
"""Where a form may lead back to, beside the page of whom it is about."""


@router.post("/tasks/{task_id}")
async def act(request: Request, viewer: Operating, task_id: str) -> Response:
    """Mark a task done, dismiss it, put it off, give it to somebody or note something."""
    form = await _form(request)
    name_act(request, Act(f"{form.get('move', '')} task", "task", task_id))
    change = change_of(form, here(request).service.pulse.clock.now_us())

    def changed(pulse: Pulse) -> str:
        task = tasks.change_task(pulse, task_id, change, viewer.name).task
        return person_path(task.entity_type, task.entity_id)

    return await _done(request, form, changed)


@router.post("/overrides")
async def override(request: Request, viewer: Operating) -> Response:
    """Set a segment by hand."""
    form = await _form(request)
    name_act(request, _about("set override", form))

    def deed(pulse: Pulse) -> str:
        expires = _days_on(pulse, form, OVERRIDE_DAYS, "An override ends")
        wanted = _wanted(form, shapes.OverrideRequest, "segment", "reason", "owner", expires=expires)
        return _where(overrides.set_override(pulse, wanted, viewer.name))

    return await _done(request, form, deed)


@router.post("/overrides/{override_id}/end")
async def end_override(request: Request, viewer: Operating, override_id: str) -> Response:
    """End one before its time."""
    form = await _form(request)
    name_act(request, Act("end override", "override", override_id))
    return await _done(
        request, form, lambda pulse: _where(overrides.end_override(pulse, override_id, viewer.name))
    )


@router.post("/states")
async def state(request: Request, viewer: Operating) -> Response:
    """Say that somebody is paused, on leave, at their goal."""
    form = await _form(request)
    name_act(request, _about("set state", form))

    def deed(pulse: Pulse) -> str:
        until = _days_on(pulse, form, STATE_DAYS, "A state ends") if form.get("days") else None
        wanted = _wanted(form, shapes.StateRequest, "state", "note", until=until)
        return _where(states.set_state(pulse, wanted, viewer.name))

    return await _done(request, form, deed)


@router.post("/states/{state_id}/end")
async def end_state(request: Request, viewer: Operating, state_id: str) -> Response:
    """Say that it is over."""
    form = await _form(request)
    name_act(request, Act("end state", "state", state_id))
    return await _done(request, form, lambda pulse: _where(states.end_state(pulse, state_id, viewer.name)))


@router.post("/verdicts")
async def verdict(request: Request, viewer: Operating) -> Response:
    """Say that a prediction is right, or wrong and why."""
    form = await _form(request)
    name_act(request, _about("judge prediction", form))
    wanted = _wanted(form, shapes.VerdictRequest, "about", "verdict", "reason")
    return await _done(
        request, form, lambda pulse: _where(feedback.give_feedback(pulse, wanted, viewer.name))
    )


@router.post("/reviews")
async def ask_review(request: Request, viewer: Operating) -> Response:
    """Ask that a person look."""
    form = await _form(request)
    name_act(request, _about("ask review", form))
    wanted = _wanted(form, shapes.ReviewRequest, "reason")
    return await _done(request, form, lambda pulse: _where(reviews.ask_review(pulse, wanted, viewer.name)))


@router.post("/reviews/{review_id}")
async def answer_review(request: Request, viewer: Operating, review_id: str) -> Response:
    """Answer a request for review, in one's own name."""
    form = await _form(request)
    name_act(request, Act("answer review", "review", review_id))
    wanted = _struct(
        {name: form.get(name, "").strip() for name in ("outcome", "answer")}, shapes.ReviewAnswer
    )
    return await _done(
        request, form, lambda pulse: _where(reviews.answer_review(pulse, review_id, wanted, viewer.name))
    )


def change_of(form: Form, now_us: int) -> shapes.TaskChange:
    """What a form wants of a task; of its fields only those that go with the move count.

    Raises:
        InputError: it wants something that is not offered.
    """
    move = form.get("move", "")
    wanted: dict[str, object] = {"move": move, "note": _text(form, "note")}
    if move == "snoozed":
        days = form.get("days", "")
        if days not in map(str, SNOOZE_DAYS):
            raise InputError(
                f"A task cannot be put off by {days!r} days. Choose one of {', '.join(map(str, SNOOZE_DAYS))}."
            )
        wanted["until"] = format_time(now_us + int(days) * DAY_US)
    elif move == "done":
        wanted["outcome"] = _text(form, "outcome")
    elif move == "assigned":
        wanted["owner"] = _text(form, "owner")
    return _struct(wanted, shapes.TaskChange)


def person_path(kind: str, entity_id: str) -> str:
    """The page of a tutor or student."""
    return f"/{kind}s/{quote(entity_id, safe='')}"


async def _form(request: Request) -> Form:
    return fields(await read_body(request, here(request).body_limits))


async def _done(request: Request, form: Form, deed: Callable[[Pulse], str]) -> Response:
    """Do it, then go back to the list or the part of a page that the form names, else to the page of whom it is about."""

    def done() -> str:
        with here(request).service.lend() as pulse:
            return deed(pulse)

    path = await run_in_threadpool(done)
    back = form.get("back", "")
    if back == "record":
        return RedirectResponse(f"{path}/record", 303)
    known = any(back == place or back.startswith((f"{place}?", f"{place}/")) for place in _LISTS)
    return RedirectResponse(back if known else path, 303)


def _where(found: Any) -> str:
    return person_path(found.entity_type, found.entity_id)


def _about(action: str, form: Form) -> Act:
    return Act(action, form.get("entity_type", ""), form.get("entity_id", ""))


def _text(form: Form, name: str) -> str | None:
    return form.get(name, "").strip() or None


def _wanted(form: Form, shape: type[S], *names: str, **more: object) -> S:
    given = {name: _text(form, name) for name in ("entity_type", "entity_id", *names)}
    return _struct({name: value for name, value in given.items() if value is not None} | more, shape)


def _struct(given: dict[str, Any], shape: type[S]) -> S:
    try:
        return msgspec.convert(given, shape)
    except msgspec.ValidationError as error:
        raise InputError(f"The form is not as it should be: {error}. Send it again from the page.") from None


def _days_on(pulse: Pulse, form: Form, offered: tuple[int, ...], told: str) -> str:
    days = form.get("days", "")
    if days not in map(str, offered):
        raise InputError(f"{told} after one of {', '.join(map(str, offered))} days, not {days!r}.")
    return format_time(moment_us(pulse) + int(days) * DAY_US)
