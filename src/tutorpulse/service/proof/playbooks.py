"""Measures what trials show, from the log alone, and keeps it for the order of the work list."""

import threading
from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from tutorpulse.clock import DAY_US, format_time
from tutorpulse.decisions.trials import HOLD_DAYS
from tutorpulse.decisions.worth import Measured
from tutorpulse.features.frame import EntityType
from tutorpulse.service.proof.enrolling import COVARIATES
from tutorpulse.service.proof.estimate import Bools, Estimate, Floats, Trial, enough, estimate, share_avoided
from tutorpulse.service.proof.shapes import LIMITS, Playbook, Playbooks, ShownEffect, Uplift
from tutorpulse.service.proof.uplift import uplift
from tutorpulse.service.proof.words import (
    OUTCOMES,
    Outcome,
    not_enough,
    told_effect,
    told_playbook,
    told_uplift,
)
from tutorpulse.service.root import Pulse
from tutorpulse.service.scoring import Scorer
from tutorpulse.service.worklist.moment import moment_us
from tutorpulse.store.log import EventStore
from tutorpulse.store.state.holdouts import HoldoutRow
from tutorpulse.store.state.worths import EffectRow
from tutorpulse.training.history import History
from tutorpulse.training.labels import Rows, labels
from tutorpulse.training.reading import read_history
from tutorpulse.training.timeline import Timeline

KEPT_US = DAY_US
"""Outcomes become known by days, so a trial is measured once a day."""


_NUMBERS = (*("acted_mean", "held_mean", "effect", "low", "high", "always_low", "always_high"),)
"""The fields of `ShownEffect` that are numbers of an estimate."""


class _Kept(msgspec.Struct, frozen=True):
    measured: Measured | None
    playbook: Playbook


class Proofs:
    """Measures when somebody asks and the last time is over a day ago; for all threads."""

    def __init__(self) -> None:
        self._guard = threading.Lock()

    def bring_up_to_date(self, pulse: Pulse, scorer: Scorer) -> None:
        """Whoever asks meanwhile waits."""
        with self._guard:
            last_us = max((row.measured_us for row in pulse.state.worths.effects()), default=None)
            if last_us is None or moment_us(pulse) - last_us >= KEPT_US:
                measure(pulse, scorer)


def measure(pulse: Pulse, scorer: Scorer) -> Playbooks:
    """Measure every trial as of now, keep and return it."""
    now_us = moment_us(pulse)
    found: list[_Kept] = []
    trials = pulse.state.holdouts.trials()
    kinds: tuple[EntityType, ...] = ("tutor", "student")
    for kind in kinds:
        of_kind = [trial for trial in trials if trial[2] == kind]
        if of_kind:
            found += _measured(pulse, scorer, kind, of_kind, now_us)
    newest = {kept.playbook.rule: kept for kept in found}
    pulse.state.worths.replace_effects([_row(kept, now_us) for kept in newest.values()])
    return Playbooks(tuple(kept.playbook for kept in found), LIMITS)


def kept(pulse: Pulse) -> Playbooks:
    """What was measured last."""
    rows = [msgspec.json.decode(row.content, type=_Kept) for row in pulse.state.worths.effects()]
    return Playbooks(tuple(row.playbook for row in rows), LIMITS)


def _measured(
    pulse: Pulse, scorer: Scorer, kind: EntityType, trials: Sequence[tuple[str, str, str]], now_us: int
) -> list[_Kept]:
    history = read_history(pulse.store, kind, now_us)
    deeds = _deeds(pulse.store, kind, history)
    gap_days = scorer.exit_gap_days.get(kind)
    names = {rule.key: rule.action for rule in scorer.rules}
    return [
        _playbook(
            pulse.state.holdouts.of_trial(rule, salt, kind),
            names.get(rule, rule),
            history,
            deeds,
            gap_days,
            now_us,
        )
        for rule, salt, _ in trials
    ]


def _playbook(
    rows: Sequence[HoldoutRow],
    action: str,
    history: History,
    deeds: Timeline,
    gap_days: float | None,
    now_us: int,
) -> _Kept:
    codes = history.codes(np.array([row.entity_id for row in rows], dtype=object))
    enrolled_us = np.array([row.enrolled_us for row in rows], dtype=np.int64)
    trial = trial_of(rows).where(codes >= 0)
    moments = Rows(codes[codes >= 0], enrolled_us[codes >= 0])
    known = labels(history, moments, None if gap_days is None else round(gap_days * DAY_US))
    effects = tuple(_effect(outcome, known[_label(outcome, gap_days)], trial) for outcome in OUTCOMES)
    exits = known[_label(OUTCOMES[0], gap_days)]
    measured = _share(rows[0].rule, exits, trial, effects[0])
    acted_on = deeds.count_between(
        moments.entity, moments.as_of_us - 1, moments.as_of_us + HOLD_DAYS * DAY_US
    )
    playbook = Playbook(
        rows[0].rule,
        rows[0].salt,
        history.entity_type,
        action,
        format_time(now_us),
        sum(row.arm == "act" for row in rows),
        sum(row.arm == "hold" for row in rows),
        _mean(acted_on[trial.acted] > 0),
        _mean(acted_on[~trial.acted] > 0),
        effects,
        None if measured is None else measured.share_avoided,
        _uplift(exits, trial),
        told_playbook(action, effects[0]),
    )
    return _Kept(measured, playbook)


def trial_of(rows: Sequence[HoldoutRow]) -> Trial:
    """Enrolments as arrays."""
    covariates = [[getattr(row, name) for name in COVARIATES] for row in rows]
    return Trial(
        np.array([row.arm == "act" for row in rows], dtype=np.bool_),
        1 - np.array([row.share for row in rows], dtype=np.float64),
        np.array(covariates, dtype=np.float64).reshape(len(rows), len(COVARIATES)),
    )


def _label(outcome: Outcome, gap_days: float | None) -> str:
    """Where the log shows no exit gap, no activity within 30 days stands for an exit."""
    return "inactive_30d" if outcome.label == "exit_30d" and gap_days is None else outcome.label


def _effect(outcome: Outcome, values: Floats, trial: Trial) -> ShownEffect:
    known = ~np.isnan(values)
    acted, held = int((known & trial.acted).sum()), int((known & ~trial.acted).sum())
    if not enough(values, trial):
        sentence = not_enough(outcome, acted, held)
        unknown = dict.fromkeys(_NUMBERS, None)
        return _shown_effect(outcome, acted, held, unknown, False, sentence)
    found = estimate(values, trial)
    numbers = [value * outcome.scale for value in _numbers(found)]
    decided = found.always.decided
    sentence = told_effect(outcome, numbers, decided)
    return _shown_effect(outcome, acted, held, dict(zip(_NUMBERS, numbers, strict=True)), decided, sentence)


def _shown_effect(
    outcome: Outcome,
    acted: int,
    held: int,
    numbers: Mapping[str, float | None],
    decided: bool,
    sentence: str,
) -> ShownEffect:
    return ShownEffect(
        outcome=outcome.name,
        unit=outcome.unit,
        acted=acted,
        held=held,
        decided=decided,
        sentence=sentence,
        **numbers,
    )


def _numbers(found: Estimate) -> tuple[float, ...]:
    """In the order of `_NUMBERS`."""
    once, always = found.once, found.always
    means = (found.acted_mean, found.held_mean, found.effect)
    return (*means, once.low, once.high, always.low, always.high)


def _share(rule: str, exits: Floats, trial: Trial, effect: ShownEffect) -> Measured | None:
    if effect.effect is None:
        return None
    return Measured(rule, *share_avoided(exits, trial), effect.decided)


def _uplift(exits: Floats, trial: Trial) -> Uplift:
    coefficients, gap = uplift(exits, trial)
    if coefficients is None:
        return Uplift(None, told_uplift(gap))
    names = ("constant", *COVARIATES)
    return Uplift(dict(zip(names, coefficients.tolist(), strict=True)), told_uplift(gap))


def _row(kept: _Kept, now_us: int) -> EffectRow:
    coefficients = kept.playbook.uplift.coefficients
    return EffectRow(
        kept.playbook.rule,
        now_us,
        kept.playbook.helped,
        None if coefficients is None else msgspec.json.encode(coefficients).decode(),
        msgspec.json.encode(kept).decode(),
    )


def _deeds(store: EventStore, kind: EntityType, history: History) -> Timeline:
    """When somebody acted for each entity of the history."""
    found = store.query(
        "SELECT entity_id, ts_us FROM other_events WHERE event_type = 'action_taken' AND entity_type = ?",
        [kind],
    )
    codes = history.codes(found["entity_id"])
    return Timeline.of(codes[codes >= 0], np.asarray(found["ts_us"], np.int64)[codes >= 0])


def _mean(values: Bools) -> float | None:
    return float(values.mean()) if len(values) else None
