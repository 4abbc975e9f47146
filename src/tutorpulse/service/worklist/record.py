"""One entity's record: what is held about them, why a score is what it is, and who acted on it."""

from collections.abc import Sequence

from tutorpulse.clock import DAY_US, format_time
from tutorpulse.decisions.phrases import PHRASES
from tutorpulse.decisions.trials import HOLD_DAYS
from tutorpulse.events.contract import TABLES, table_columns
from tutorpulse.features.frame import EntityType
from tutorpulse.service.page import page
from tutorpulse.service.queries.alert_shapes import ShownAlert
from tutorpulse.service.queries.alerts import AlertsAsked
from tutorpulse.service.queries.alerts import listed as alerts_listed
from tutorpulse.service.root import Pulse
from tutorpulse.service.scoring import Scorer
from tutorpulse.service.shown import Page, ShownDriver, ShownExplanation
from tutorpulse.service.worklist.moment import moment_us
from tutorpulse.service.worklist.record_shapes import PRINCIPLES, EventSpan, Record, ShadowSpan, TrialPart
from tutorpulse.service.worklist.shown import (
    shown_action,
    shown_feedback,
    shown_override,
    shown_review,
    shown_state,
)
from tutorpulse.service.worklist.tasks import all_of
from tutorpulse.store.log import EventStore
from tutorpulse.store.state import State
from tutorpulse.store.state.alerts import STATES
from tutorpulse.store.state.holdouts import HoldoutRow

ALERTS_SHOWN = 1_000
_REASONS = 3


def record(pulse: Pulse, scorer: Scorer, entity_id: str, kind: EntityType | None = None) -> Record:
    """The record of one tutor or student.

    Raises:
        HistoryError: nothing was predicted yet.
        UnknownEntityError: there is no such entity.
        InputError: a tutor and a student have that id, and `kind` does not say which.
    """
    now_us = moment_us(pulse)
    shown = page(pulse, scorer, entity_id, kind)
    whom = shown.entity_type, entity_id
    state = pulse.state
    return Record(
        entity_type=shown.entity_type,
        entity_id=entity_id,
        made=format_time(now_us),
        events=event_spans(pulse.store, *whom),
        why=why(shown),
        page=shown,
        states=tuple(shown_state(row, now_us) for row in state.entity_states.of_entity(*whom)),
        overrides=tuple(shown_override(row, now_us) for row in state.overrides.of_entity(*whom)),
        tasks=all_of(pulse, *whom),
        trials=tuple(_trial(row) for row in state.holdouts.of_entity(*whom)),
        feedback=tuple(map(shown_feedback, state.feedback.of_entity(*whom))),
        reviews=tuple(map(shown_review, state.reviews.of_entity(*whom))),
        alerts=_alerts(state, *whom),
        trail=tuple(map(shown_action, state.actions.of_entity(*whom))),
        principles=PRINCIPLES,
        shadow=tuple(
            ShadowSpan(version, count, format_time(first_us), format_time(last_us))
            for version, count, first_us, last_us in state.shadow.spans_of(*whom)
        ),
    )


def event_spans(store: EventStore, kind: EntityType, entity_id: str) -> tuple[EventSpan, ...]:
    """The events that name somebody, counted by type, by name."""
    column = f"{kind}_id"
    parts = [
        f"SELECT event_type, ts_us FROM {table} WHERE {column} = $1"
        for table in TABLES
        if column in table_columns(table)
    ]
    parts.append(
        f"SELECT event_type, ts_us FROM other_events WHERE entity_id = $1 AND entity_type = '{kind}'"
    )
    found = store.query(
        "SELECT event_type, COUNT(*) AS n, MIN(ts_us) AS first_us, MAX(ts_us) AS last_us FROM "
        f"({' UNION ALL '.join(parts)}) GROUP BY 1 ORDER BY 1",
        [entity_id],
    )
    columns = [found[name].tolist() for name in ("event_type", "n", "first_us", "last_us")]
    return tuple(
        EventSpan(name, int(n), format_time(int(first)), format_time(int(last)))
        for name, n, first, last in zip(*columns, strict=True)
    )


def why(shown: Page) -> tuple[str, ...]:
    """Why each explained output is what it is, in words."""
    if shown.frozen:
        return (f"Not scored any more: {shown.status}. The last prediction stays, and counts in nothing.",)
    return tuple(map(_sentence, shown.explanations))


def _sentence(explanation: ShownExplanation) -> str:
    told = PHRASES[explanation.output]
    name = " ".join(told.text.replace("{}", "").split()).capitalize()
    if explanation.prediction is None or not explanation.drivers:
        return f"{name}: no reasons can be told ({explanation.note or 'the model has none'})."
    average = "unknown" if explanation.average is None else f"{explanation.average:.0f}"
    parts = [f"{name} is {explanation.prediction:.0f} of 100, where the average is {average}."]
    for verb, sign in (("raises", 1.0), ("lowers", -1.0)):
        some = [d for d in explanation.drivers if d.contribution * sign > 0][:_REASONS]
        if some:
            parts.append(f"What {verb} it most: {_listed(some)}.")
    return " ".join(parts)


def _listed(drivers: Sequence[ShownDriver]) -> str:
    return ", ".join(PHRASES[d.feature].told(float("nan") if d.value is None else d.value) for d in drivers)


def _trial(row: HoldoutRow) -> TrialPart:
    until_us = row.enrolled_us + HOLD_DAYS * DAY_US
    until = format_time(until_us) if row.arm == "hold" else None
    return TrialPart(row.rule, row.arm, format_time(row.enrolled_us), until)


def _alerts(state: State, kind: EntityType, entity_id: str) -> tuple[ShownAlert, ...]:
    asked = AlertsAsked(states=STATES, entity_type=kind, entity_id=entity_id, limit=ALERTS_SHOWN)
    return tuple(alerts_listed(state, asked).items)
