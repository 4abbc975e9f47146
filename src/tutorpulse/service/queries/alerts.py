"""Alerts as they are shown: lists, one with its history, counts, rules with their precision, silences."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from tutorpulse.clock import MINUTE_US, format_time
from tutorpulse.decisions.alerts.notices import links
from tutorpulse.decisions.alerts.precision import precision
from tutorpulse.decisions.alerts.rules import AlertRule
from tutorpulse.errors import UnknownEntityError
from tutorpulse.service.alerting import acting
from tutorpulse.service.alerting.rules import rules_of
from tutorpulse.service.queries import cursors
from tutorpulse.service.queries.alert_shapes import (
    AlertChange,
    AlertCounts,
    AlertHistory,
    AlertList,
    RuleList,
    ShownAlert,
    ShownRule,
    ShownSilence,
    SilenceList,
    SilenceRequest,
)
from tutorpulse.settings import Settings
from tutorpulse.store.state import State
from tutorpulse.store.state.alerts import LIVE_STATES, AlertRow, AlertSelection, VerdictCount
from tutorpulse.store.state.silences import SilenceRow


class AlertsAsked(msgspec.Struct, frozen=True):
    """Which alerts. Without `states` those that are not resolved; other empty filters let everybody pass."""

    states: tuple[str, ...] = LIVE_STATES
    severities: tuple[str, ...] = ()
    rule: str | None = None
    team: str | None = None
    entity_type: str | None = None
    entity_id: str | None = None
    cursor: str | None = None
    limit: int = 100


def listed(state: State, asked: AlertsAsked, public_url: str = "") -> AlertList:
    """One page, the last opened first. Alerts that open meanwhile do not shift the pages.

    Raises:
        InputError: the cursor is none of this list.
    """
    selection = AlertSelection(
        states=asked.states or LIVE_STATES,
        severities=asked.severities,
        rule=asked.rule,
        team=asked.team,
        entity_type=asked.entity_type,
        entity_id=asked.entity_id,
        before=cursors.decode(asked.cursor, tuple[int, str]) if asked.cursor else None,
        limit=asked.limit + 1,
    )
    rows = state.alerts.page(selection)
    shown = rows[: asked.limit]
    more = len(rows) > asked.limit
    cursor = cursors.encode((shown[-1].opened_us, shown[-1].alert_id)) if more else None
    return AlertList([as_shown(row, public_url) for row in shown], cursor)


def one(state: State, alert_id: str, public_url: str = "") -> ShownAlert:
    """One alert.

    Raises:
        UnknownEntityError: there is none of that id.
    """
    return as_shown(state.alerts.get(alert_id), public_url)


def history(state: State, alert_id: str) -> AlertHistory:
    """Every change of one alert, oldest first.

    Raises:
        UnknownEntityError: there is none of that id.
    """
    state.alerts.get(alert_id)
    changes = [
        AlertChange(format_time(c.at_us), c.change, c.severity, c.done_by, c.note)  # type: ignore[arg-type]
        for c in state.alerts.changes(alert_id)
    ]
    return AlertHistory(alert_id, changes)


def counts(state: State) -> AlertCounts:
    """How many alerts are not resolved."""
    found = state.alerts.counts()
    by_severity: dict[str, int] = {}
    by_state: dict[str, int] = {}
    for (severity, alert_state), count in found.items():
        by_severity[severity] = by_severity.get(severity, 0) + count
        by_state[alert_state] = by_state.get(alert_state, 0) + count
    return AlertCounts(sum(found.values()), by_severity, by_state)


def rules(state: State, home: Path, settings: Settings) -> RuleList:
    """The rules in force, and how right each was.

    Raises:
        SettingsError: the home's file of rules is wrong.
    """
    verdicts = state.alerts.verdicts()
    return RuleList([_rule(rule, verdicts.get(rule.key), settings) for rule in rules_of(home)])


def silences(state: State, now_us: int) -> SilenceList:
    """Those that last or are to come."""
    return SilenceList([as_silence(row) for row in state.silences.not_over(now_us)])


def silence(state: State, home: Path, asked: SilenceRequest, by: str, now_us: int) -> ShownSilence:
    """Begin a silence, or plan one.

    Raises:
        UnknownEntityError: there is no such rule. SettingsError: the home's file of rules is wrong.
    """
    if asked.rule is not None and asked.rule not in {rule.key for rule in rules_of(home)}:
        raise UnknownEntityError(
            f"There is no alert rule {asked.rule!r}. `tutorpulse alerts rules` shows those there are."
        )
    about = (asked.about.entity_type, asked.about.entity_id) if asked.about else None
    begins_us = now_us + int(asked.begins_in_minutes * MINUTE_US)
    until_us = begins_us + int(asked.minutes * MINUTE_US)
    return as_silence(
        acting.silence(state, (begins_us, until_us), asked.reason, by, now_us, asked.rule, about)
    )


def as_shown(row: AlertRow, public_url: str = "") -> ShownAlert:
    """A stored alert as it is shown."""
    url, entity_url = links(row.alert_id, row.entity_type, row.entity_id, public_url)
    told: dict[str, Any] = {name: getattr(row, name) for name in _AS_THEY_ARE}
    times = {shown: _time(getattr(row, stored)) for shown, stored in _TIMES.items()}
    actions = msgspec.json.decode(row.actions, type=tuple[str, ...])
    return ShownAlert(**told, **times, actions=actions, url=url, entity_url=entity_url)  # type: ignore[arg-type]


def as_silence(row: SilenceRow) -> ShownSilence:
    """A stored silence as it is shown."""
    begins, until = format_time(row.from_us), format_time(row.until_us)
    about: Any = row.entity_type
    return ShownSilence(
        row.silence_id, begins, until, row.rule, about, row.entity_id, row.reason, row.made_by
    )


_TIMES = {
    "since": "since_us",
    "opened": "opened_us",
    "changed": "changed_us",
    "acknowledged": "acknowledged_us",
    "snoozed_until": "snoozed_until_us",
    "resolved": "resolved_us",
}
_AS_THEY_ARE: Sequence[str] = [
    name
    for name in ShownAlert.__struct_fields__
    if name not in _TIMES and name not in ("actions", "url", "entity_url")
]


def _rule(rule: AlertRule, said: VerdictCount | None, settings: Settings) -> ShownRule:
    said = said or VerdictCount(rule.key, 0, 0, 0, 0)
    right = precision(said.confirmed, said.wrong)
    hours = settings.alert_cooldown_hours if rule.cooldown_hours is None else rule.cooldown_hours
    return ShownRule(
        key=rule.key,
        title=rule.title,
        about=rule.about,
        fact=rule.fact,
        test=rule.test,
        thresholds={str(severity): value for severity, value in rule.thresholds.items()},
        clear_by=rule.margin,
        team=rule.team,
        actions=rule.do,
        cooldown_hours=hours,
        opened=said.opened,
        live=said.live,
        confirmed=said.confirmed,
        wrong=said.wrong,
        precision=right.share,
        precision_low=right.low,
        precision_high=right.high,
        cries_wolf=right.cries_wolf,
    )


def _time(us: int | None) -> str | None:
    return None if us is None else format_time(us)
