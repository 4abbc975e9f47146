"""Alert rules are data: the package's `alerts.toml`, and the home's own beside it, which adds to it or replaces by key."""

import tomllib
from collections.abc import Collection, Mapping
from importlib import resources
from pathlib import Path
from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta

from tutorpulse.decisions.alerts.severity import SEVERITIES, About, Severity
from tutorpulse.decisions.rules import TESTS, Condition, Threshold, is_percent, number_of
from tutorpulse.errors import SettingsError

FILE_NAME = "alerts.toml"

Thresholds: TypeAlias = dict[Severity, Threshold]
KnownFacts: TypeAlias = Mapping[About, Collection[str]]
"""By what an alert is about, the facts that a rule can name."""


class AlertRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One condition; `alerts.toml` says what its fields mean. `team` is never empty once it is read."""

    key: Annotated[str, Meta(pattern="^[a-z][a-z0-9_]*$")]
    about: About
    title: Annotated[str, Meta(min_length=1)]
    fact: str
    do: tuple[Annotated[str, Meta(min_length=1)], ...]
    above: Thresholds | None = None
    below: Thresholds | None = None
    at_least: Thresholds | None = None
    at_most: Thresholds | None = None
    clear_by: Threshold = 0.0
    when: tuple[Condition, ...] = ()
    team: str = ""
    cooldown_hours: Annotated[float, Meta(ge=0)] | None = None
    enabled: bool = True

    @property
    def test(self) -> str:
        """The one test that is given, of `TESTS`."""
        return next(name for name in TESTS if getattr(self, name) is not None)

    @property
    def thresholds(self) -> dict[Severity, float]:
        """By severity, from mild to bad, as raw numbers (60 % is 0.6)."""
        given: Thresholds = getattr(self, self.test)
        return {severity: number_of(given[severity]) for severity in SEVERITIES if severity in given}

    @property
    def margin(self) -> float:
        """By how much the value must come back, as a raw number."""
        return number_of(self.clear_by)


class _File(msgspec.Struct, forbid_unknown_fields=True):
    rule: list[dict[str, object]]


def load_alert_rules(known: KnownFacts, home: Path | None = None) -> tuple[AlertRule, ...]:
    """The rules in force, by key: the package's, then those of the home's `alerts.toml`, without those turned off.

    Raises:
        SettingsError: the home's file is no TOML, has an unknown key, or a rule that names no known fact.
    """
    shipped = resources.files("tutorpulse.decisions.alerts").joinpath(FILE_NAME).read_text(encoding="utf-8")
    rules = parse_alert_rules(shipped, FILE_NAME, known)
    own = home / FILE_NAME if home else None
    if own is not None and own.is_file():
        rules |= parse_alert_rules(own.read_text(encoding="utf-8"), str(own), known)
    return tuple(rules[key] for key in sorted(rules) if rules[key].enabled)


def parse_alert_rules(text: str, source: str, known: KnownFacts) -> dict[str, AlertRule]:
    """The rules of one file by key.

    Raises:
        SettingsError: see `load_alert_rules`.
    """
    try:
        file = msgspec.convert(tomllib.loads(text), _File)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise SettingsError(f"{source}: {error}. It holds [[rule]] tables; mend or remove it.") from None
    rules: dict[str, AlertRule] = {}
    for number, raw in enumerate(file.rule, 1):
        rule = _rule(raw, number, source, known)
        if rule.key in rules:
            raise SettingsError(f"{source}: rule {rule.key!r} stands twice. Give one of them another key.")
        rules[rule.key] = rule
    return rules


def _rule(raw: dict[str, object], number: int, source: str, known: KnownFacts) -> AlertRule:
    label = f"{source}: rule {raw.get('key', f'number {number}')!r}"
    try:
        rule = msgspec.convert(raw, AlertRule)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{label}: {error}. The shipped {FILE_NAME} says what a rule holds.") from None
    _check_fact(rule.fact, rule, known, label)
    _check_thresholds(rule, label)
    for condition in rule.when:
        _check_fact(condition.fact, rule, known, label)
        _check_condition(condition, label)
    return msgspec.structs.replace(rule, team=rule.team or rule.about)


def _check_fact(fact: str, rule: AlertRule, known: KnownFacts, label: str) -> None:
    if fact not in known[rule.about]:
        raise SettingsError(
            f"{label}: {fact!r} is no number known of a {rule.about}. Known are {', '.join(sorted(known[rule.about]))}."
        )


def _check_thresholds(rule: AlertRule, label: str) -> None:
    given = [name for name in TESTS if getattr(rule, name) is not None]
    if len(given) != 1:
        raise SettingsError(f"{label}: give exactly one of {', '.join(TESTS)}, not {len(given)}.")
    thresholds: Thresholds = getattr(rule, rule.test)
    for value in (*thresholds.values(), rule.clear_by):
        _check_number(value, label)
    values = list(rule.thresholds.values())
    rising = rule.test in ("above", "at_least")
    if not values or values != sorted(set(values), reverse=not rising):
        raise SettingsError(
            f"{label}: {rule.test} gives each severity its threshold, a worse one for a worse severity: "
            f"{rule.test} = {{ warning = 1, critical = 2 }}."
        )
    if rule.margin < 0:
        raise SettingsError(
            f"{label}: clear_by = {rule.clear_by!r} is below 0. Give by how much the value must come back."
        )


def _check_condition(condition: Condition, label: str) -> None:
    given = [name for name in TESTS if getattr(condition, name) is not None]
    if len(given) != 1 or condition.is_ is not None:
        raise SettingsError(f"{label}, when {condition.fact!r}: give exactly one of {', '.join(TESTS)}.")
    _check_number(getattr(condition, given[0]), label)


def _check_number(given: Threshold, label: str) -> None:
    if isinstance(given, str) and not is_percent(given):
        raise SettingsError(f'{label}: {given!r} is no threshold. Give a number, or a share as in "60 %".')
