"""Brings what is new to each receiver's outbox, and makes messages of what may go now. All of it in one transaction."""

from collections.abc import Iterable, Sequence

from tutorpulse.clock import MINUTE_US, SECOND_US
from tutorpulse.decisions.alerts.silences import silenced
from tutorpulse.decisions.alerts.storms import Form, Limits, Made, batches, bundles
from tutorpulse.decisions.ids import stable_id
from tutorpulse.service.delivery.receivers import Receiver
from tutorpulse.settings import Settings
from tutorpulse.store.state import State
from tutorpulse.store.state.outbox import ALERTS, MOVES, MessageRow, Waiting

BATCH_MAX = 500
"""Alerts and moves in one post to a webhook at most."""

_STEP = 20_000
"""Notices or moves that are looked at in one step."""


def register(state: State, receivers: Iterable[Receiver]) -> None:
    """Receivers that are new are told of what comes from now on."""
    for receiver in receivers:
        state.outbox.register(receiver.name, _sources(receiver))


def plan(state: State, receivers: Sequence[Receiver], settings: Settings, now_us: int) -> int:
    """Route what is new, and make messages of what may go. Returns how many messages were made."""
    with state.transaction():
        register(state, receivers)
        escalated_to = any(receiver.escalation for receiver in receivers)
        return sum(_plan_one(state, receiver, settings, escalated_to, now_us) for receiver in receivers)


def _plan_one(state: State, receiver: Receiver, settings: Settings, escalated_to: bool, now_us: int) -> int:
    for source in _sources(receiver):
        _route(state, receiver, source, escalated_to)
    ready = _ready(state, receiver, state.outbox.waiting(receiver.name), now_us)
    made = _bundled(state, receiver, settings, ready, now_us)
    for form, items in made:
        key = stable_id("message", receiver.name, now_us, *((item.source, item.number) for item in items))
        state.outbox.bundle(MessageRow(key, receiver.name, form, now_us), items)
    return len(made)


def _sources(receiver: Receiver) -> tuple[str, ...]:
    return (ALERTS,) * receiver.alerts + (MOVES,) * receiver.segments


def _route(state: State, receiver: Receiver, source: str, escalated_to: bool) -> None:
    mark = state.outbox.mark(receiver.name, source)
    if source == MOVES:
        found = state.outbox.moves_after(mark, _STEP)
        if found:
            state.outbox.route(receiver.name, source, found, found[-1][0])
        return
    notices = state.outbox.notices_after(mark, _STEP)
    wanted = [
        (number, notice.at_us)
        for number, notice in notices
        if receiver.wants(notice.kind, notice.severity, notice.team, escalated_to)
    ]
    if notices:
        state.outbox.route(receiver.name, source, wanted, notices[-1][0])


def _ready(state: State, receiver: Receiver, waiting: Sequence[Waiting], now_us: int) -> list[Waiting]:
    """What neither a silence nor quiet hours hold back. What a silence outlasted is noted as never told."""
    silences = state.silences.not_over(now_us)
    held = {item.number for item in waiting if item.source == ALERTS and silenced(item, silences, now_us)}
    overtaken = [
        item
        for item in waiting
        if item.source == ALERTS and item.number in held and item.alert_state == "resolved"
    ]
    if overtaken:
        state.outbox.withhold(receiver.name, overtaken, "silence")
    quiet = receiver.quiet_hours
    asleep = receiver.quiet_severities if quiet is not None and quiet.holds(now_us) else ()
    return [
        item
        for item in waiting
        if item.source == MOVES or (item.number not in held and item.severity not in asleep)
    ]


def _bundled(
    state: State, receiver: Receiver, settings: Settings, ready: Sequence[Waiting], now_us: int
) -> list[tuple[Form, list[Waiting]]]:
    if receiver.webhook or not ready:
        return batches(ready, BATCH_MAX)
    limits = limits_of(settings)
    made = [
        Made(made_us, form)
        for made_us, form in state.outbox.made_since(receiver.name, now_us - limits.window_us)
    ]
    return bundles(ready, min(item.at_us for item in ready), made, limits, now_us)


def limits_of(settings: Settings) -> Limits:
    """How many messages people are sent."""
    return Limits(
        settings.alert_messages_max,
        int(settings.alert_storm_minutes * MINUTE_US),
        int(settings.alert_gather_seconds * SECOND_US),
    )
