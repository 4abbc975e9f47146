"""Enrols in trials whoever a playbook with a held-out share begins to speak of."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import DAY_US
from tutorpulse.decisions.facts import FactTable
from tutorpulse.decisions.recommendations import EpisodeChange, Firing, Recommendation
from tutorpulse.decisions.rules import Rule
from tutorpulse.decisions.trials import HOLD_DAYS, arm_of
from tutorpulse.store.state import State
from tutorpulse.store.state.holdouts import HoldoutRow

COVARIATES = ("churn_risk_14d", "health_score", "session_velocity")
"""What is kept of the predictions at enrolment."""


@dataclass(frozen=True)
class Advised:
    """What a refresh changes of recommendations, those of the held-out marked, and who is enrolled with it."""

    change: EpisodeChange = field(default_factory=lambda: EpisodeChange((), ()))
    enrolled: tuple[HoldoutRow, ...] = ()


def enrol(state: State, rules: Sequence[Rule], change: EpisodeChange, facts: FactTable) -> Advised:
    """Draw the lots of those whose episode of a playbook begins. An entity is enrolled once in a trial: at its first episode."""
    trials = {rule.key: rule for rule in rules if rule.hold_out > 0}
    begun = [r for r in change.begun if r.rule in trials]
    if not begun:
        return Advised(change)
    known = state.holdouts.enrolled(
        facts.entity_type, ((r.rule, trials[r.rule].salt, r.entity_id) for r in begun)
    )
    rows = {entity_id: row for row, entity_id in enumerate(facts.entity_ids.tolist())}
    enrolled = {
        r.recommendation_id: _enrolment(trials[r.rule], r, facts, rows[r.entity_id])
        for r in begun
        if (r.rule, trials[r.rule].salt, r.entity_id) not in known
    }
    marked = tuple(_marked(r, enrolled.get(r.recommendation_id)) for r in change.begun)
    return Advised(EpisodeChange(marked, change.ended), tuple(enrolled.values()))


def _enrolment(rule: Rule, begun: Recommendation, facts: FactTable, row: int) -> HoldoutRow:
    known = {name: facts.at(name, row) for name in COVARIATES}
    return HoldoutRow(
        rule.key,
        rule.salt,
        begun.entity_type,
        begun.entity_id,
        begun.opened_us,
        arm_of(rule, begun.entity_id),
        rule.hold_out,
        **{name: None if np.isnan(value) else value for name, value in known.items()},
    )


def _marked(begun: Recommendation, enrolled: HoldoutRow | None) -> Recommendation:
    if enrolled is None or enrolled.arm != "hold":
        return begun
    return msgspec.structs.replace(begun, held_us=begun.opened_us + HOLD_DAYS * DAY_US)


def without_held(state: State, facts: FactTable, fired: Firing, advised: Advised, as_of_us: int) -> Firing:
    """The rules that fire and may be spoken of: not those of whoever is held out of them now."""
    held = state.holdouts.held(facts.entity_type, as_of_us - HOLD_DAYS * DAY_US)
    held |= {(row.rule, row.entity_id) for row in advised.enrolled if row.arm == "hold"}
    silent: dict[str, set[str]] = {}
    for rule, entity_id in held:
        silent.setdefault(rule, set()).add(entity_id)
    return {
        key: mask & ~_among(facts.entity_ids, silent[key]) if key in silent else mask
        for key, mask in fired.items()
    }


def _among(entity_ids: NDArray[np.object_], some: set[str]) -> NDArray[np.bool_]:
    return np.array([entity_id in some for entity_id in entity_ids], dtype=np.bool_)
