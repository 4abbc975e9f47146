"""`/tasks`: the work list, who is set apart or has a segment by hand, requests for review, and what actions do."""

from typing import Any, get_args
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from tutorpulse.api.context import here, scorer_of
from tutorpulse.clock import DAY_US, format_time
from tutorpulse.dashboard import frame
from tutorpulse.dashboard.pages.deeds import SNOOZE_DAYS
from tutorpulse.dashboard.viewer import Looking, Viewer
from tutorpulse.decisions.tasks import OUTCOMES
from tutorpulse.errors import InputError
from tutorpulse.features.frame import ENTITY_TYPES
from tutorpulse.service.proof.playbooks import kept
from tutorpulse.service.root import Pulse
from tutorpulse.service.worklist import overrides, reviews, states, tasks
from tutorpulse.service.worklist.moment import moment_us
from tutorpulse.service.worklist.values import known_helped
from tutorpulse.store.state.tasks import TaskState

router = APIRouter(include_in_schema=False)
_SHOWN = 25
_STATES: tuple[TaskState, ...] = get_args(TaskState)
NOBODY, MINE = "nobody", "me"
"""What stands in the address for tasks without an owner, and for one's own."""

DUE = {"overdue": 0, "today": 1, "week": 7}
"""By the word in the address, within how many days tasks are due."""


def asked_of(query: QueryParams, viewer: Viewer, now_us: int) -> tasks.Asked:
    """What an address asks for.

    Raises:
        InputError: a state, a kind or a time is not known.
    """
    due = _known("due", query.get("due"), tuple(DUE))
    owner = query.get("owner") or None
    return tasks.Asked(
        state=next(s for s in _STATES if s == (_known("state", query.get("state"), _STATES) or "open")),
        kind=next((k for k in ENTITY_TYPES if k == _known("kind", query.get("kind"), ENTITY_TYPES)), None),
        entity_id=query.get("id", "").strip() or None,
        owner={NOBODY: "", MINE: viewer.name}.get(owner, owner) if owner else None,
        rule=query.get("rule") or None,
        due_before=format_time(now_us + DUE[due] * DAY_US) if due else None,
        cursor=query.get("cursor") or None,
        limit=_SHOWN,
    )


def _known(what: str, given: str | None, known: tuple[str, ...]) -> str | None:
    if given and given not in known:
        raise InputError(f"There is no {what} {given!r} of tasks. Give one of {', '.join(known)}.")
    return given or None


@router.get("/tasks")
def work_list(request: Request, viewer: Looking) -> Response:
    """What is to be done, most worth first; the address holds the filters."""
    context = here(request)
    with context.service.lend() as pulse:
        now_us = moment_us(pulse)
        asked = asked_of(request.query_params, viewer, now_us)
        context.values.bring_up_to_date(pulse)
        found = tasks.listed(pulse, asked)
        counts = _counts(pulse, now_us)
        overdue = pulse.state.tasks.overdue(now_us)
        owners = _people(pulse, viewer)
    return frame.page(
        request,
        "tasks.html",
        viewer,
        place="/tasks",
        found=found,
        asked=asked,
        query=request.query_params,
        counts=counts,
        overdue=overdue,
        owners=owners,
        states=_STATES,
        rules=_rules(request),
        back=_address(request),
        more=_more(request, found.next_cursor),
        **_forms(request, now_us),
    )


def _counts(pulse: Pulse, now_us: int) -> dict[str, int]:
    counts: dict[str, int] = {}
    for _, state, count in pulse.state.tasks.counts(now_us):
        counts[state] = counts.get(state, 0) + count
    return counts


def _people(pulse: Pulse, viewer: Viewer) -> list[str]:
    """Whom a task can be offered to: users, whoever has one, and the viewer."""
    users = {user.name for user in pulse.state.users.all() if user.standing != "disabled"}
    return sorted(users | {*pulse.state.tasks.owners(), viewer.name})


def _rules(request: Request) -> list[tuple[str, str, str]]:
    """Key, kind and action of each rule."""
    scorer = here(request).service.scorer()
    return [] if scorer is None else [(rule.key, rule.entity, rule.action) for rule in scorer.rules]


def _forms(request: Request, now_us: int) -> dict[str, Any]:
    """What the forms of tasks need."""
    zone = here(request).service.pulse.settings.marketplace_timezone
    return {"outcomes": OUTCOMES, "snooze_days": SNOOZE_DAYS, "zone": zone, "now_us": now_us}


def _address(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _more(request: Request, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    kept_ = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    return "/tasks?" + urlencode([*kept_, ("cursor", cursor)])


@router.get("/tasks/by-hand")
def by_hand(request: Request, viewer: Looking) -> Response:
    """Who is paused, on leave, at their goal; and whose segment somebody set."""
    with here(request).service.lend() as pulse:
        now_us = moment_us(pulse)
        held, set_ = states.states_held(pulse), overrides.overrides_in_force(pulse)
        models = {
            kind: dict(zip(rows.entity_ids.tolist(), rows.columns["segment"].tolist(), strict=True))
            for kind in ENTITY_TYPES
            for rows in [
                pulse.state.predictions.of(kind, [o.entity_id for o in set_.items if o.entity_type == kind])
            ]
        }
    return frame.page(
        request,
        "by_hand.html",
        viewer,
        place="/tasks/by-hand",
        held=held.items,
        overrides=set_.items,
        models=models,
        **_forms(request, now_us),
    )


@router.get("/tasks/reviews")
def review_list(request: Request, viewer: Looking) -> Response:
    """Requests that a person look at somebody's record, and their answers."""
    with here(request).service.lend() as pulse:
        now_us = moment_us(pulse)
        waiting = reviews.reviews_listed(pulse.state, True).items
        answered = reviews.reviews_listed(pulse.state, False).items
    return frame.page(
        request,
        "reviews.html",
        viewer,
        place="/tasks/reviews",
        waiting=waiting,
        answered=tuple(reversed(answered))[:100],
        **_forms(request, now_us),
    )


@router.get("/tasks/playbooks")
def playbooks(request: Request, viewer: Looking) -> Response:
    """Every rule with what its action does, as far as that is known."""
    with here(request).service.lend() as pulse:
        now_us = moment_us(pulse)
        helped, otherwise = known_helped(pulse.state)
    scorer = here(request).service.scorer()
    return frame.page(
        request,
        "playbooks.html",
        viewer,
        place="/tasks/playbooks",
        rules=() if scorer is None else scorer.rules,
        helped=helped,
        otherwise=otherwise,
        **_forms(request, now_us),
    )


@router.get("/parts/playbooks")
def trials(request: Request, viewer: Looking) -> Response:  # noqa: ARG001
    """What trials show; measured anew once a day, by whoever looks first."""
    context = here(request)
    scorer = scorer_of(context.service)
    with context.service.lend() as pulse:
        context.proofs.bring_up_to_date(pulse, scorer)
        found = kept(pulse)
    zone = context.service.pulse.settings.marketplace_timezone
    return frame.part(request, "parts/playbooks.html", found=found, zone=zone)


@router.get("/tasks/{task_id}")
def one(request: Request, viewer: Looking, task_id: str) -> Response:
    """One task: why, what acting is worth, and who did what."""
    context = here(request)
    with context.service.lend() as pulse:
        now_us = moment_us(pulse)
        context.values.bring_up_to_date(pulse)
        found = tasks.task_page(pulse, task_id)
        owners = _people(pulse, viewer)
    return frame.page(
        request,
        "task.html",
        viewer,
        task=found.task,
        trail=found.trail,
        owners=owners,
        back=_address(request),
        **_forms(request, now_us),
    )
