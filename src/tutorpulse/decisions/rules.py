"""The rules of recommendations, read from the package's `rules.toml` and the home's own."""

import tomllib
from importlib import resources
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from tutorpulse.decisions.facts import LABELS, fact_names
from tutorpulse.decisions.phrases import PERCENT, PHRASES
from tutorpulse.decisions.segments import SEGMENTS
from tutorpulse.decisions.status import SCORED_STATUSES
from tutorpulse.errors import SettingsError
from tutorpulse.features.frame import EntityType

FILE_NAME = "rules.toml"
TESTS = ("above", "below", "at_least", "at_most")

Threshold = float | str


class Condition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One fact held against one threshold, or a word."""

    fact: str
    above: Threshold | None = None
    below: Threshold | None = None
    at_least: Threshold | None = None
    at_most: Threshold | None = None
    is_: str | None = msgspec.field(default=None, name="is")

    @property
    def test(self) -> str:
        """The one test that is given: of `TESTS`, or "is"."""
        return next(name for name in (*TESTS, "is") if self._given(name) is not None)

    @property
    def threshold(self) -> float:
        """The threshold as a raw number (60 % is 0.6)."""
        return number_of(self._given(self.test))

    def _given(self, name: str) -> Threshold | None:
        given: Threshold | None = getattr(self, "is_" if name == "is" else name)
        return given


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is suggested (`action`) to whom (`entity`), when all of `when` hold; `value` orders the suggestions.

    `within_hours` is by when to act. `hold_out` is the share of entities for whom nothing is suggested for a while, by lot,
    so that the effect of acting can be told; another `salt` draws the lots anew.
    """

    key: Annotated[str, Meta(pattern="^[a-z][a-z0-9_]*$")]
    entity: EntityType
    value: float
    action: Annotated[str, Meta(min_length=1)]
    when: Annotated[tuple[Condition, ...], Meta(min_length=1)]
    within_hours: Annotated[float, Meta(gt=0)] | None = None
    hold_out: Annotated[float, Meta(ge=0, le=0.5)] = 0.0
    salt: str = ""


class _File(msgspec.Struct, forbid_unknown_fields=True):
    rule: list[dict[str, object]]


def load_rules(
    feature_names: dict[EntityType, tuple[str, ...]], home: Path | None = None
) -> tuple[Rule, ...]:
    """The package's rules, then those of the home's `rules.toml`, which take the place of their namesakes.

    Most valuable first; ties by key.

    Raises:
        SettingsError: the home's file is no TOML, has an unknown key, or a rule that names no known fact.
    """
    shipped = resources.files("tutorpulse.decisions").joinpath(FILE_NAME).read_text(encoding="utf-8")
    rules = parse_rules(shipped, FILE_NAME, feature_names)
    own = home / FILE_NAME if home else None
    if own is not None and own.is_file():
        rules |= parse_rules(own.read_text(encoding="utf-8"), str(own), feature_names)
    return tuple(sorted(rules.values(), key=lambda rule: (-rule.value, rule.key)))


def parse_rules(text: str, source: str, feature_names: dict[EntityType, tuple[str, ...]]) -> dict[str, Rule]:
    """The rules of one file by key.

    Raises:
        SettingsError: see `load_rules`.
    """
    try:
        file = msgspec.convert(tomllib.loads(text), _File)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise SettingsError(f"{source}: {error}. It holds [[rule]] tables; mend or remove it.") from None
    rules: dict[str, Rule] = {}
    for number, raw in enumerate(file.rule, 1):
        rule = _rule(raw, number, source, feature_names)
        if rule.key in rules:
            raise SettingsError(f"{source}: rule {rule.key!r} stands twice. Give one of them another key.")
        rules[rule.key] = rule
    return rules


def _rule(
    raw: dict[str, object], number: int, source: str, feature_names: dict[EntityType, tuple[str, ...]]
) -> Rule:
    label = f"{source}: rule {raw.get('key', f'number {number}')!r}"
    try:
        rule = msgspec.convert(raw, Rule)
    except msgspec.ValidationError as error:
        raise SettingsError(
            f"{label}: {error}. The keys are key, entity, value, action, when, within_hours, hold_out, salt."
        ) from None
    known = fact_names(rule.entity, feature_names[rule.entity])
    for condition in rule.when:
        _check(condition, rule.entity, known, label)
    return rule


def _check(condition: Condition, entity: EntityType, known: frozenset[str], label: str) -> None:
    where = f"{label}, fact {condition.fact!r}"
    given = [name for name in (*TESTS, "is") if condition._given(name) is not None]
    if len(given) != 1:
        raise SettingsError(f"{where}: give exactly one of {', '.join(TESTS)} or is, not {len(given)}.")
    if condition.fact in LABELS:
        _check_word(condition, entity, where)
    elif condition.fact not in known:
        raise SettingsError(
            f"{where} is no fact about a {entity}. `tutorpulse features --list` shows the features."
        )
    else:
        _check_threshold(condition, where)


def _check_word(condition: Condition, entity: EntityType, where: str) -> None:
    allowed = SEGMENTS[entity] if condition.fact == "segment" else SCORED_STATUSES
    if condition.is_ not in allowed:
        raise SettingsError(f"{where}: give is = one of {', '.join(allowed)}.")


def _check_threshold(condition: Condition, where: str) -> None:
    if condition.is_ is not None:
        raise SettingsError(f"{where} is a number: give one of {', '.join(TESTS)}, not is.")
    given = condition._given(condition.test)
    if isinstance(given, str) and (PHRASES[condition.fact].unit != PERCENT or not is_percent(given)):
        raise SettingsError(
            f'{where}: {given!r} is no threshold. Give a number, or for a share per cent as in "60 %".'
        )


def is_percent(text: str) -> bool:
    """Whether a text is a number with a per cent sign."""
    digits = text.strip().removesuffix(PERCENT).strip()
    return text.strip().endswith(PERCENT) and digits.replace(".", "", 1).isdigit()


def number_of(given: Threshold | None) -> float:
    """A threshold as a raw number (60 % is 0.6)."""
    if isinstance(given, str):
        return float(given.strip().removesuffix(PERCENT)) / 100
    assert given is not None
    return given
