"""What becomes of one alert: by what is observed, by an operator, by the passing of time. Nothing here reads or writes.

An alert opens once per entity and rule and stays until it resolves. Of one entity and rule, what is told within a cooldown gets worse
each time, so a value that flutters is told three times at most (info, warning, critical), whatever becomes of its alerts.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import msgspec
import numpy as np

from tutorpulse.decisions.alerts.rules import AlertRule
from tutorpulse.decisions.alerts.severity import NONE, UNKNOWN, of_rank, rank
from tutorpulse.decisions.ids import timed_id
from tutorpulse.errors import InputError
from tutorpulse.store.state.alerts import AlertRow, ChangeRow

NoticeKind: TypeAlias = Literal["opened", "worsened", "reopened", "escalated", "resolved"]
"""Of what receivers can be told."""

CLEARED, NOT_SCORED = "cleared", "no longer scored"
"""Why an alert resolved by itself."""


@dataclass(frozen=True)
class Policy:
    """`cooldown_us` after a resolution; a critical alert that nobody acknowledges is told again every `escalate_us` (0: never),
    `escalations_max` times."""

    cooldown_us: int
    escalate_us: int
    escalations_max: int


@dataclass(frozen=True)
class Sighting:
    """What a rule sees of an entity: see `levels.Levels` for the ranks; `why` is told where an alert opens or gets worse."""

    level: int
    held: int
    value: float
    why: str = ""
    since_us: int = 0


@dataclass(frozen=True)
class Step:
    """An alert as it is now (None: there is none), what changed, and what is to be told."""

    alert: AlertRow | None
    changes: tuple[ChangeRow, ...] = ()
    notices: tuple[NoticeKind, ...] = ()


def observed(
    alert: AlertRow | None,
    past: AlertRow | None,
    rule: AlertRule,
    entity_id: str,
    seen: Sighting,
    policy: Policy,
    now_us: int,
) -> Step:
    """By what a rule sees of an entity. `alert` is its live one, `past` the last that was resolved, None where there is none.

    A missing value changes nothing.
    """
    if seen.level == UNKNOWN or seen.held == UNKNOWN:
        return Step(alert)
    if alert is None:
        return _opened(past, rule, entity_id, seen, policy, now_us)
    alert = msgspec.structs.replace(alert, value=_known(seen.value))
    current = rank(alert.severity)
    if seen.level > current:
        return _worsened(alert, seen, policy, now_us)
    if seen.held <= NONE:
        return _resolved(alert, now_us, None, CLEARED)
    if seen.held < current:
        eased = msgspec.structs.replace(
            alert, severity=of_rank(seen.held), changed_us=now_us, escalate_us=None
        )
        return Step(eased, (_change(eased, now_us, "eased"),))
    return Step(alert)


def _opened(
    past: AlertRow | None,
    rule: AlertRule,
    entity_id: str,
    seen: Sighting,
    policy: Policy,
    now_us: int,
) -> Step:
    if seen.level <= NONE or (past is not None and _cooling(past, seen.level, policy, now_us)):
        return Step(None)
    severity = of_rank(seen.level)
    alert = AlertRow(
        alert_id=timed_id(now_us, "alert", rule.about, entity_id, rule.key),
        entity_type=rule.about,
        entity_id=entity_id,
        rule=rule.key,
        team=rule.team,
        title=rule.title,
        severity=severity,
        state="open",
        value=_known(seen.value),
        why=seen.why,
        actions=msgspec.json.encode(rule.do).decode(),
        since_us=seen.since_us,
        opened_us=now_us,
        changed_us=now_us,
        peak=severity,
        told_us=now_us,
        escalate_us=_escalates(severity, policy, now_us),
    )
    return Step(alert, (_change(alert, now_us, "opened", None, seen.why),), ("opened",))


def _cooling(past: AlertRow, level: int, policy: Policy, now_us: int) -> bool:
    since_us = max(past.resolved_us or 0, past.told_us)
    return now_us < since_us + policy.cooldown_us and level <= rank(past.peak)


def _worsened(alert: AlertRow, seen: Sighting, policy: Policy, now_us: int) -> Step:
    """Whatever an operator did was done to a milder alert: it is open again, unless as bad was told within the cooldown."""
    severity = of_rank(seen.level)
    worse = msgspec.structs.replace(alert, severity=severity, changed_us=now_us, why=seen.why or alert.why)
    change = _change(worse, now_us, "worsened", None, seen.why)
    if seen.level <= rank(alert.peak) and now_us < alert.told_us + policy.cooldown_us:
        if worse.state == "open" and worse.escalations < policy.escalations_max:
            worse = msgspec.structs.replace(worse, escalate_us=_escalates(severity, policy, now_us))
        return Step(worse, (change,))
    loud = msgspec.structs.replace(
        worse,
        state="open",
        snoozed_until_us=None,
        escalations=0,
        escalate_us=_escalates(severity, policy, now_us),
        peak=severity,
        told_us=now_us,
    )
    return Step(loud, (change,), ("worsened",))


def not_scored(alert: AlertRow, now_us: int, reason: str = NOT_SCORED) -> Step:
    """Nobody is to be done anything about: the entity left, paused, or is no longer known."""
    return _resolved(alert, now_us, None, reason)


def acknowledged(alert: AlertRow, by: str, now_us: int, note: str | None = None) -> Step:
    """Somebody has seen it, and sees to it: it is not escalated any more.

    Raises:
        InputError: it is resolved.
    """
    _must_live(alert)
    seen = msgspec.structs.replace(
        alert,
        state="acknowledged",
        changed_us=now_us,
        acknowledged_us=now_us,
        acknowledged_by=by,
        snoozed_until_us=None,
        escalate_us=None,
    )
    return Step(seen, (_change(seen, now_us, "acknowledged", by, note),))


def snoozed(alert: AlertRow, until_us: int, by: str, now_us: int, note: str | None = None) -> Step:
    """Not a word about it until then, unless it gets worse or resolves.

    Raises:
        InputError: it is resolved, or the time is not in the future.
    """
    _must_live(alert)
    if until_us <= now_us:
        raise InputError("The alert would wake at once. Snooze it until a time in the future.")
    asleep = msgspec.structs.replace(
        alert, state="snoozed", changed_us=now_us, snoozed_until_us=until_us, escalate_us=None
    )
    return Step(asleep, (_change(asleep, now_us, "snoozed", by, note),))


def resolved(alert: AlertRow, by: str, now_us: int, note: str | None = None) -> Step:
    """An operator is done with it. Should the condition still hold when the cooldown is over, another opens.

    Raises:
        InputError: it is resolved already.
    """
    _must_live(alert)
    return _resolved(alert, now_us, by, note or "by hand")


def judged(alert: AlertRow, verdict: str, by: str, now_us: int, reason: str | None = None) -> Step:
    """An operator says whether the alert was right (`confirmed`) or `wrong`, which resolves it. A later verdict replaces an earlier one.

    Raises:
        InputError: it is neither, or a wrong one is given no reason.
    """
    if verdict not in ("confirmed", "wrong"):
        raise InputError(f"An alert is confirmed or wrong, not {verdict!r}.")
    if verdict == "wrong" and not (reason or "").strip():
        raise InputError("Say why the alert is wrong: give a reason.")
    told = msgspec.structs.replace(
        alert, verdict=verdict, verdict_us=now_us, verdict_by=by, verdict_reason=reason, changed_us=now_us
    )
    change = _change(told, now_us, verdict, by, reason)
    if verdict == "confirmed" or alert.state == "resolved":
        return Step(told, (change,))
    ended = _resolved(told, now_us, by, "wrong")
    return Step(ended.alert, (change, *ended.changes), ended.notices)


def ticked(alert: AlertRow, policy: Policy, now_us: int) -> Step:
    """By the passing of time: a snooze that is over ends, what nobody acknowledged is escalated."""
    if alert.snoozed_until_us is not None and alert.snoozed_until_us <= now_us:
        awake = msgspec.structs.replace(
            alert,
            state="open",
            changed_us=now_us,
            snoozed_until_us=None,
            escalations=0,
            escalate_us=_escalates(alert.severity, policy, now_us),
        )
        return Step(awake, (_change(awake, now_us, "reopened"),), ("reopened",))
    if alert.state == "open" and alert.escalate_us is not None and alert.escalate_us <= now_us:
        count = alert.escalations + 1
        again = _escalates(alert.severity, policy, now_us) if count < policy.escalations_max else None
        louder = msgspec.structs.replace(alert, escalations=count, escalate_us=again)
        return Step(louder, (_change(louder, now_us, "escalated"),), ("escalated",))
    return Step(alert)


def _resolved(alert: AlertRow, now_us: int, by: str | None, resolution: str) -> Step:
    done = msgspec.structs.replace(
        alert,
        state="resolved",
        changed_us=now_us,
        snoozed_until_us=None,
        escalate_us=None,
        resolved_us=now_us,
        resolved_by=by,
        resolution=resolution,
    )
    return Step(done, (_change(done, now_us, "resolved", by, resolution),), ("resolved",))


def _escalates(severity: str, policy: Policy, now_us: int) -> int | None:
    wanted = severity == "critical" and policy.escalate_us > 0 and policy.escalations_max > 0
    return now_us + policy.escalate_us if wanted else None


def _must_live(alert: AlertRow) -> None:
    if alert.state == "resolved":
        raise InputError(f"The alert {alert.alert_id} is resolved already ({alert.resolution}).")


def _change(
    alert: AlertRow, now_us: int, change: str, by: str | None = None, note: str | None = None
) -> ChangeRow:
    return ChangeRow(
        alert.alert_id, alert.entity_type, alert.entity_id, now_us, change, alert.severity, by, note
    )


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
