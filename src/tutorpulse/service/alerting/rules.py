"""The alert rules of a home, with the facts that they can name."""

import logging
from collections.abc import Mapping
from pathlib import Path

from tutorpulse.clock import HOUR_US, MINUTE_US
from tutorpulse.decisions.alerts.rules import FILE_NAME, AlertRule, KnownFacts, load_alert_rules
from tutorpulse.decisions.alerts.severity import About
from tutorpulse.decisions.alerts.transitions import Policy
from tutorpulse.decisions.facts import fact_names
from tutorpulse.errors import SettingsError
from tutorpulse.features.frame import ENTITY_TYPES
from tutorpulse.service.served import NAMES
from tutorpulse.settings import Settings

log = logging.getLogger("tutorpulse.alerts")

VELOCITY_KEPT = "velocity_kept"
"""Sessions a week expected over the next 28 days, as a share of the usual ones."""

SUBJECT_FACTS = ("requests", "unserved_share", "tutors", "offered_hours", "booked_share")
"""Columns of `market.balance.Balance`."""

FORECAST_FACTS: Mapping[str, str] = {
    "requests_8w": "requests_8w",
    "forecast_trend": "trend",
    "forecast_demand_hours": "demand_hours",
    "forecast_supply_hours": "supply_hours",
    "forecast_gap_share": "gap_share",
}
"""Facts about the week to come, and the columns of `market.forecast.Forecast` that hold them."""

SYSTEM_FACTS: Mapping[str, str] = {
    "rejected_share_24h": "log",
    "received_24h": "log",
    "model_data_age_days": "model",
    "model_unusable": "model",
    "drifting_kinds": "model",
    "stale_share": "model",
}
"""Each fact of the system, and which part of it an alert over it is about."""


def known_facts() -> KnownFacts:
    """By what an alert is about, the facts that a rule can name."""
    entities: dict[About, frozenset[str]] = {
        kind: fact_names(kind, NAMES[kind]) | {VELOCITY_KEPT} for kind in ENTITY_TYPES
    }
    return entities | {"subject": (*SUBJECT_FACTS, *FORECAST_FACTS), "system": tuple(SYSTEM_FACTS)}


def rules_of(home: Path) -> tuple[AlertRule, ...]:
    """The rules in force; read anew where the home's file changed. One that is wrong changes nothing: those before go on.

    Raises:
        SettingsError: the home's file is wrong, and none was read before.
    """
    own = home / FILE_NAME
    stamp = own.stat().st_mtime_ns if own.is_file() else None
    before = _READ.get(home)
    if before is not None and before[0] == stamp:
        return before[1]
    try:
        rules = load_alert_rules(known_facts(), home)
    except SettingsError as error:
        if before is None:
            raise
        log.warning("alert rules not read: %s", error)
        rules = before[1]
    _READ[home] = stamp, rules
    return rules


_READ: dict[Path, tuple[int | None, tuple[AlertRule, ...]]] = {}
"""By home, the stamp of its file and the rules that were read last."""


def policy_of(settings: Settings, rule: AlertRule | None = None) -> Policy:
    """When a rule is quiet, and when it is told again."""
    hours = settings.alert_cooldown_hours
    if rule is not None and rule.cooldown_hours is not None:
        hours = rule.cooldown_hours
    return Policy(
        int(hours * HOUR_US),
        int(settings.alert_escalation_minutes * MINUTE_US),
        settings.alert_escalations_max,
    )
