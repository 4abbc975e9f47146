"""Recommendations: which rules fire for whom, with the facts that triggered them.

An *episode* of a rule and an entity lasts from the refresh at which the rule begins to fire to that at which it no
longer does. One episode is one recommendation with one id, so that marking it done lasts as long as its reason does.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import HOUR_US
from tutorpulse.decisions.facts import LABELS, FactTable
from tutorpulse.decisions.ids import timed_id
from tutorpulse.decisions.phrases import PHRASES
from tutorpulse.decisions.rules import Condition, Rule
from tutorpulse.features.frame import EntityType

Firing: TypeAlias = Mapping[str, NDArray[np.bool_]]
"""By rule key: for which of the n entities it fires."""

Episode: TypeAlias = tuple[str, str]
"""Entity id and rule key."""


class Trigger(msgspec.Struct, frozen=True):
    """A fact that triggered a rule: `value` and `threshold` in `unit` (percent for shares), or words."""

    fact: str
    value: float | str
    unit: str
    test: str
    threshold: float | str


class Recommendation(msgspec.Struct, frozen=True):
    """One suggestion for one entity, begun at `opened_us`; `facts` are as they were then.

    `due_us`: by when to act (None: the rule does not say); `held_us`: not shown before then, None unless the entity is held out.
    """

    recommendation_id: str
    entity_type: EntityType
    entity_id: str
    rule: str
    value: float
    action: str
    opened_us: int
    facts: tuple[Trigger, ...]
    due_us: int | None = None
    held_us: int | None = None


@dataclass(frozen=True)
class EpisodeChange:
    """What a refresh changes: episodes that begin, and those that are over."""

    begun: tuple[Recommendation, ...]
    ended: tuple[Episode, ...]


def firing(rules: Sequence[Rule], facts: FactTable) -> Firing:
    """For which rows each rule about this kind of entity fires; a missing fact fires none."""
    return {
        rule.key: np.logical_and.reduce([_holds(condition, facts) for condition in rule.when])
        for rule in rules
        if rule.entity == facts.entity_type
    }


def episode_changes(
    rules: Sequence[Rule], facts: FactTable, fired: Firing, running: Iterable[Episode], as_of_us: int
) -> EpisodeChange:
    """Compare what fires now (see `firing`) with the `running` episodes; those of entities not in `facts` end."""
    before = set(running)
    now = {
        (entity_id, key): row
        for key, mask in fired.items()
        for row, entity_id in zip(np.flatnonzero(mask).tolist(), facts.entity_ids[mask], strict=True)
    }
    by_key = {rule.key: rule for rule in rules}
    begun = [
        _recommendation(by_key[key], facts, row, as_of_us)
        for (entity_id, key), row in now.items()
        if (entity_id, key) not in before
    ]
    return EpisodeChange(tuple(begun), tuple(sorted(before - now.keys())))


def fired_features(rules: Sequence[Rule], features: Collection[str]) -> list[str]:
    """The features by which rules that fire do so, in the order of the rules, each once."""
    facts = dict.fromkeys(condition.fact for rule in rules for condition in rule.when)
    return [fact for fact in facts if fact in features]


def top(recommendations: Iterable[Recommendation], limit: int) -> list[Recommendation]:
    """The most valuable first, at most `limit`."""
    return sorted(recommendations, key=lambda r: (-r.value, r.rule))[:limit]


def _holds(condition: Condition, facts: FactTable) -> NDArray[np.bool_]:
    if condition.fact in LABELS:
        return np.asarray(facts.labels[condition.fact] == condition.is_, dtype=np.bool_)
    compare = {"above": np.greater, "below": np.less, "at_least": np.greater_equal, "at_most": np.less_equal}
    return np.asarray(compare[condition.test](facts.number(condition.fact), condition.threshold))


def _recommendation(rule: Rule, facts: FactTable, row: int, as_of_us: int) -> Recommendation:
    entity_id = str(facts.entity_ids[row])
    return Recommendation(
        recommendation_id=timed_id(as_of_us, facts.entity_type, entity_id, rule.key),
        entity_type=facts.entity_type,
        entity_id=entity_id,
        rule=rule.key,
        value=rule.value,
        action=rule.action,
        opened_us=as_of_us,
        facts=tuple(_trigger(condition, facts, row) for condition in rule.when),
        due_us=None if rule.within_hours is None else as_of_us + round(rule.within_hours * HOUR_US),
    )


def _trigger(condition: Condition, facts: FactTable, row: int) -> Trigger:
    if condition.fact in LABELS:
        word = str(facts.labels[condition.fact][row])
        return Trigger(condition.fact, word, "", condition.test, word)
    told, (test, threshold) = PHRASES[condition.fact], _test(condition)
    value = round(float(facts.numbers[condition.fact][row]) * told.scale, 6)
    return Trigger(condition.fact, value, told.unit, test, threshold)


@lru_cache
def _test(condition: Condition) -> tuple[str, float]:
    """The test of a number and its threshold as shown: the same for every row."""
    return condition.test, round(condition.threshold * PHRASES[condition.fact].scale, 6)
