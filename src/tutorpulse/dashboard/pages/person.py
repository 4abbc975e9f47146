"""`/tutors/ID` and `/students/ID`: all about one, and what to do."""

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import groupby
from urllib.parse import quote

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from tutorpulse.api.context import here, scorer_of
from tutorpulse.api.params import ENTITY
from tutorpulse.clock import DAY_US, format_time
from tutorpulse.dashboard import frame
from tutorpulse.dashboard.charts.history import history
from tutorpulse.dashboard.desk import desk_of
from tutorpulse.dashboard.pages.deeds import OVERRIDE_DAYS, SNOOZE_DAYS, STATE_DAYS
from tutorpulse.dashboard.viewer import Looking
from tutorpulse.decisions.segments import SEGMENTS
from tutorpulse.decisions.sentences import shown_name
from tutorpulse.decisions.tasks import OUTCOMES, STATES
from tutorpulse.features.catalog import Feature
from tutorpulse.features.compile import CATALOGS
from tutorpulse.features.frame import EntityType
from tutorpulse.service.page import page
from tutorpulse.service.queries import person
from tutorpulse.service.queries.ranges import Range
from tutorpulse.service.shown import Page, ShownFact
from tutorpulse.service.worklist import tasks
from tutorpulse.settings import Settings

router = APIRouter(include_in_schema=False)
_JUDGED = ("churn_risk_14d", "churn_risk_30d", "health_score", "session_velocity", "first_session_success")
"""The outputs that people can call right or wrong, beside the segment."""


class Compared(msgspec.Struct, frozen=True):
    """One fact beside the range of everybody; `places` are low, middle, high and the value on a line of 0 to 100, if known."""

    name: str
    sentence: str
    value: float | None
    range: Range | None
    places: tuple[float, float, float, float] | None


def _look(request: Request, viewer: Looking, kind: EntityType, entity_id: str) -> Response:
    service = here(request).service
    settings, now_us = service.pulse.settings, service.pulse.clock.now_us()
    with service.lend() as pulse:
        found = page(pulse, scorer_of(service), entity_id, kind)
        marked = person.marks(pulse.state, kind, entity_id)
        to_do = tasks.listed(
            pulse, tasks.Asked(kind=kind, entity_id=entity_id, limit=settings.recommendations_max)
        )
        said = pulse.state.feedback.of_entity(kind, entity_id)
        asked = [row for row in pulse.state.reviews.of_entity(kind, entity_id) if row.answered_us is None]
    known = desk_of(request).ranges[kind].get()
    return frame.page(
        request,
        "person.html",
        viewer,
        kind=kind,
        found=found,
        week_ago=_week_ago(found, now_us),
        chart=history(kind, found.history, marked, _limits(kind, desk_of(request).settings))
        if len(found.history) > 1
        else None,
        marked=marked,
        tasks=to_do.items,
        groups=_groups(kind, found.facts, known),
        path=f"/{kind}s/{quote(entity_id, safe='')}",
        verdicts=said[-3:],
        reviews=asked,
        judged=("segment", *(shown_name(name, kind) for name in _JUDGED)),
        segments=tuple(reversed(SEGMENTS[kind])),
        operator_states=STATES[kind],
        outcomes=OUTCOMES,
        snooze_days=SNOOZE_DAYS,
        state_days=STATE_DAYS,
        override_days=OVERRIDE_DAYS,
        zone=settings.marketplace_timezone,
        now_us=now_us,
    )


def _limits(kind: EntityType, settings: Settings) -> tuple[float, float]:
    if kind == "tutor":
        return settings.tutor_at_risk_burnout_above, settings.churning_burnout_above
    return settings.student_at_risk_churn_14d_above, settings.churned_churn_14d_above


def _week_ago(found: Page, now_us: int) -> dict[str, float | None]:
    """The outputs of the newest prediction of record that is a week old, or somewhat older; empty where there is none."""
    oldest, newest = format_time(now_us - 14 * DAY_US), format_time(now_us - 6 * DAY_US)
    past = [s for s in found.history if s.as_of is not None and oldest <= s.as_of <= newest]
    return past[-1].outputs if past else {}


def _groups(
    kind: EntityType, facts: Iterable[ShownFact], known: dict[str, Range]
) -> list[tuple[str, list[Compared]]]:
    catalog = {feature.name: feature for feature in CATALOGS[kind].shown()}
    return [
        (name, [_compared(catalog[fact.name], fact, known.get(fact.name)) for fact in some])
        for name, some in groupby(facts, lambda fact: fact.group)
    ]


def _compared(feature: Feature, fact: ShownFact, known: Range | None) -> Compared:
    return Compared(fact.name, feature.sentence, fact.value, known, _places(fact.value, known))


def _places(value: float | None, known: Range | None) -> tuple[float, float, float, float] | None:
    """The line reaches half a band beyond either end, and to the value."""
    if known is None or value is None:
        return None
    beyond = (known.high - known.low) / 2 or abs(known.middle) or 1.0
    low, high = min(known.low - beyond, value), max(known.high + beyond, value)
    if known.low >= 0:
        low = max(low, 0.0)
    low_at, middle_at, high_at, value_at = (
        round(4 + 92 * (place - low) / (high - low), 1)
        for place in (known.low, known.middle, known.high, value)
    )
    return low_at, middle_at, high_at, value_at


@router.get("/parts/{kind}s/" + ENTITY + "/sessions")
def sessions(request: Request, viewer: Looking, kind: EntityType, entity_id: str) -> Response:  # noqa: ARG001
    """The sessions of 26 weeks by day."""
    service = here(request).service
    now_us, zone = service.pulse.clock.now_us(), service.pulse.settings.marketplace_timezone
    with service.lend() as pulse:
        found = person.days(pulse, kind, entity_id, now_us, zone)
    return frame.part(
        request,
        "parts/sessions.html",
        weeks=_weeks(found, date.fromisoformat(person.date_of(now_us))),
        days=found,
    )


def _weeks(found: Iterable[person.Day], today: date) -> list[list[person.Day | None]]:
    """26 columns of 7 days, Monday first; None: after today."""
    by_date = {day.date: day for day in found}
    monday = today - timedelta(days=today.weekday(), weeks=person.CALENDAR_WEEKS - 1)
    dates = [
        [monday + timedelta(weeks=week, days=day) for day in range(7)]
        for week in range(person.CALENDAR_WEEKS)
    ]
    return [
        [None if d > today else by_date.get(d.isoformat(), person.Day(d.isoformat(), 0, 0)) for d in week]
        for week in dates
    ]


@router.get("/parts/{kind}s/" + ENTITY + "/partners")
def partners(request: Request, viewer: Looking, kind: EntityType, entity_id: str) -> Response:  # noqa: ARG001
    """With whom most sessions were."""
    service = here(request).service
    now_us = service.pulse.clock.now_us()
    with service.lend() as pulse:
        found = person.partners(pulse, kind, entity_id, now_us)
    other = "student" if kind == "tutor" else "tutor"
    return frame.part(request, "parts/partners.html", partners=found, other=other, now_us=now_us)


@router.get("/parts/{kind}s/" + ENTITY + "/events")
def events(request: Request, viewer: Looking, kind: EntityType, entity_id: str) -> Response:  # noqa: ARG001
    """The newest events."""
    service = here(request).service
    with service.lend() as pulse:
        found = person.events(pulse.store, kind, entity_id)
    other = "student" if kind == "tutor" else "tutor"
    zone = service.pulse.settings.marketplace_timezone
    return frame.part(request, "parts/events.html", events=found, other=other, zone=zone)


@router.get("/tutors/" + ENTITY)
def tutor(request: Request, viewer: Looking, entity_id: str) -> Response:
    """One tutor."""
    return _look(request, viewer, "tutor", entity_id)


@router.get("/students/" + ENTITY)
def student(request: Request, viewer: Looking, entity_id: str) -> Response:
    """One student."""
    return _look(request, viewer, "student", entity_id)
