"""What operators do about alerts, and what time does."""

from collections.abc import Callable

from tutorpulse.decisions.alerts import transitions
from tutorpulse.decisions.alerts.transitions import Step
from tutorpulse.decisions.ids import stable_id
from tutorpulse.errors import InputError
from tutorpulse.service.alerting.rules import policy_of
from tutorpulse.service.alerting.watching import write_steps
from tutorpulse.settings import Settings
from tutorpulse.store.state import State
from tutorpulse.store.state.alerts import AlertRow
from tutorpulse.store.state.silences import SilenceRow


def acknowledge(state: State, alert_id: str, by: str, now_us: int, note: str | None = None) -> AlertRow:
    """Somebody sees to it.

    Raises:
        UnknownEntityError: there is no such alert. InputError: it is resolved.
    """
    return _act(state, alert_id, now_us, lambda a: transitions.acknowledged(a, by, now_us, note))


def snooze(
    state: State, alert_id: str, until_us: int, by: str, now_us: int, note: str | None = None
) -> AlertRow:
    """Not a word about it until then.

    Raises:
        UnknownEntityError: there is no such alert. InputError: it is resolved, or the time is past.
    """
    return _act(state, alert_id, now_us, lambda a: transitions.snoozed(a, until_us, by, now_us, note))


def resolve(state: State, alert_id: str, by: str, now_us: int, note: str | None = None) -> AlertRow:
    """It is done with.

    Raises:
        UnknownEntityError: there is no such alert. InputError: it is resolved already.
    """
    return _act(state, alert_id, now_us, lambda a: transitions.resolved(a, by, now_us, note))


def feedback(
    state: State, alert_id: str, verdict: str, by: str, now_us: int, reason: str | None = None
) -> AlertRow:
    """Whether it was right (`confirmed`) or `wrong`.

    Raises:
        UnknownEntityError: there is no such alert. InputError: it is neither, or a wrong one has no reason.
    """
    return _act(state, alert_id, now_us, lambda a: transitions.judged(a, verdict, by, now_us, reason))


def tick(state: State, settings: Settings, now_us: int) -> int:
    """End snoozes that are over, escalate what nobody acknowledged. Returns how many alerts changed."""
    if not state.alerts.to_tick(now_us):
        return 0
    policy = policy_of(settings)
    with state.transaction():
        steps = [transitions.ticked(alert, policy, now_us) for alert in state.alerts.to_tick(now_us)]
        write_steps(state, steps, now_us)
    return sum(bool(step.changes) for step in steps)


def silence(
    state: State,
    span_us: tuple[int, int],
    reason: str,
    by: str,
    now_us: int,
    rule: str | None = None,
    about: tuple[str, str] | None = None,
) -> SilenceRow:
    """Keep alerts, but tell nobody, from a time until another; of one rule, of one (kind, id), or of all.

    Raises:
        InputError: it would end before it begins, is over already, or has no reason.
    """
    from_us, until_us = span_us
    if until_us <= max(from_us, now_us):
        raise InputError("The silence would be over at once. Give an end in the future, after its beginning.")
    if not reason.strip():
        raise InputError("Say why nobody is to be told: give a reason.")
    kind, entity_id = about or (None, None)
    silence_id = stable_id("silence", from_us, until_us, rule, kind, entity_id, now_us)
    row = SilenceRow(silence_id, from_us, until_us, rule, kind, entity_id, reason, by, now_us)
    state.silences.add(row)
    return row


def _act(state: State, alert_id: str, now_us: int, change: Callable[[AlertRow], Step]) -> AlertRow:
    with state.transaction():
        step = change(state.alerts.get(alert_id))
        write_steps(state, [step], now_us)
    assert step.alert is not None, "operators act on alerts that are there"
    return step.alert
