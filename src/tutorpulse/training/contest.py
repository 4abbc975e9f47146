"""Two models on the same matured truth: which one is better, beyond noise?

Each is judged row by row by a proper score: the squared error of a probability, the absolute error of a rate. What one gains over the
other is averaged over rows, with an interval that resamples entities, so that luck with the same people cancels out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import msgspec
import numpy as np

from tutorpulse.clock import DAY_US
from tutorpulse.features.frame import EntityType
from tutorpulse.model.heads import Head
from tutorpulse.model.manifest import KindManifest
from tutorpulse.model.outputs import Floats, output_specs
from tutorpulse.model.predictor import head_outputs
from tutorpulse.training.history import History
from tutorpulse.training.labels import LABELS, labels
from tutorpulse.training.snapshots import (
    Limits,
    Progress,
    Snapshots,
    newest_labelled_us,
    take_snapshots,
    thinned,
)
from tutorpulse.training.timeline import Ints
from tutorpulse.training.track.resampling import Ranking, intervals, mean_of
from tutorpulse.training.track.shapes import Interval
from tutorpulse.training.train import Features
from tutorpulse.training.yielding import REQUIRED

Verdict: TypeAlias = Literal["better", "worse", "no difference", "not judged"]

MOST_DATES, STEP_DAYS = 12, 5
MIN_ROWS = 200
"""Matured rows below which an output judges nobody."""

GUARDED = (*REQUIRED, "health_score")
"""The outputs on which a challenger may not be worse."""


class Gain(msgspec.Struct, frozen=True):
    """One output on rows that both models answered: errors (squared, of a rate absolute), and what the challenger gains.

    `gain` above 0 is an error less; `auc` is None for a rate.
    """

    output: str
    rows: int
    champion_error: float
    challenger_error: float
    gain: Interval
    champion_auc: float | None
    challenger_auc: float | None


class Contest(msgspec.Struct, frozen=True):
    """Champion and challenger of one kind on rows from `since_us` on, the verdict on the challenger, and why.

    `recorded`: on what both said at the time, one of them in shadow; else on what they say now of moments past.
    """

    entity_type: EntityType
    champion: str
    challenger: str
    since_us: int
    verdict: Verdict
    reason: str
    gains: tuple[Gain, ...] = ()
    recorded: bool = False


@dataclass(frozen=True)
class Rivals:
    """The heads of both, the terms that both are judged by, and when the later of them last learnt an outcome."""

    champion: Mapping[str, Head]
    challenger: Mapping[str, Head]
    terms: KindManifest
    learnt_until_us: int

    @property
    def gap_us(self) -> int | None:
        """The exit gap in force."""
        days = self.terms.exit_gap.days
        return None if days is None else days * DAY_US


def judging_dates(after_us: int, known_us: int) -> Ints:
    """Up to `MOST_DATES` moments after one, to the newest whose shortest label can have matured; empty where there is none."""
    newest_us = newest_labelled_us(known_us)
    span_days = (newest_us - after_us) // DAY_US
    if span_days < 1:
        return np.empty(0, np.int64)
    step = max(STEP_DAYS, -(-span_days // MOST_DATES))
    count = min(MOST_DATES, (span_days - 1) // step + 1)
    return newest_us - np.arange(count - 1, -1, -1, dtype=np.int64) * step * DAY_US


def matured_rows(
    features: Features,
    history: History,
    rivals: Rivals,
    after_us: int,
    seed: int,
    progress: Progress,
    dates_us: Ints | None = None,
) -> tuple[Snapshots, dict[str, Floats]] | None:
    """Rows of those scored after a moment, at dates among `dates_us` where these are given, and their labels; None where no date is
    late enough."""
    if dates_us is None:
        dates_us = judging_dates(after_us, history.known_us)
    else:
        inside = (dates_us > after_us) & (dates_us <= newest_labelled_us(history.known_us))
        dates_us = thinned(dates_us[inside], MOST_DATES)
    if not len(dates_us):
        return None
    kind, gap_days = history.entity_type, rivals.terms.exit_gap.days
    rows = take_snapshots(
        lambda as_of_us: features.compute(kind, as_of_us),
        history,
        dates_us,
        gap_days,
        Limits(),
        seed,
        progress,
    )
    return rows, labels(history, rows.rows, rivals.gap_us)


def gains(rows: Snapshots, own_labels: Mapping[str, Floats], rivals: Rivals, seed: int) -> tuple[Gain, ...]:
    """What the challenger gains on each output that both predict and that has rows enough.

    Rows count whose outcome neither can have learnt: it matured after `learnt_until_us`. Entities that never had a session are left
    out: they get their cohort's rate, whatever the heads say.
    """
    churn = rivals.terms.churn_label
    theirs = head_outputs(rivals.champion, churn, rows.features)
    ours = head_outputs(rivals.challenger, churn, rows.features)
    told = []
    for spec in output_specs(churn):
        if spec.name not in theirs or spec.name not in ours:
            continue
        label = own_labels[spec.label]
        matured_us = LABELS[spec.label].maturity_us(rows.rows.as_of_us, rivals.gap_us)
        known = rows.had_session & ~np.isnan(label) & (matured_us > rivals.learnt_until_us)
        if known.sum() >= MIN_ROWS:
            values = [values[spec.name][known] / spec.scale for values in (theirs, ours)]
            told.append(gain_of(spec.name, label[known], values, rows.rows.entity[known], seed))
    return tuple(told)


def longest_wait_us(gap_us: int | None) -> int:
    """How long after a prediction the last of its labels matures."""
    return max(int(spec.maturity_us(np.zeros(1, np.int64), gap_us)[0]) for spec in LABELS.values())


def gain_of(output: str, label: Floats, values: Sequence[Floats], entity: Ints, seed: int) -> Gain:
    """What the second of two sets of `values` gains on the first, over n labelled rows of one output; `entity` is whose each is."""
    rate = output == "session_velocity"
    champion, challenger = (np.abs(value - label) if rate else np.square(value - label) for value in values)
    found = intervals({"gain": mean_of(champion - challenger)}, None, entity, seed)["gain"]
    assert found is not None, "there are rows"
    aucs = [None if rate else _known(Ranking(label, value).plain()[0]) for value in values]
    return Gain(output, len(label), float(champion.mean()), float(challenger.mean()), found, *aucs)


def verdict(told: Sequence[Gain]) -> tuple[Verdict, str]:
    """Whether the challenger is better beyond noise: on a churn risk, and nowhere guarded worse; and why."""
    judged = {gain.output: gain.gain for gain in told}
    if not judged.keys() & set(REQUIRED):
        return "not judged", "no churn risk has enough matured rows that neither model has seen"
    worse = [name for name in GUARDED if name in judged and _high(judged[name]) < 0]
    better = [name for name in REQUIRED if name in judged and _low(judged[name]) > 0]
    if worse:
        return "worse", f"the error of {' and '.join(worse)} is larger beyond noise"
    if better:
        return "better", f"the error of {' and '.join(better)} is smaller beyond noise"
    return "no difference", "no churn risk differs beyond noise"


def _low(interval: Interval) -> float:
    return -np.inf if interval.low is None else interval.low


def _high(interval: Interval) -> float:
    return np.inf if interval.high is None else interval.high


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value
