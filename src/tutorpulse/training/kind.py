"""Trains the model of one kind of entity: heads, cohorts, averages, and its figures on held-out later time."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import DAY_US, format_time
from tutorpulse.model.cohorts import CohortTable, cohort_table
from tutorpulse.model.explain import average_of
from tutorpulse.model.heads import Head
from tutorpulse.model.intervals import RateInterval
from tutorpulse.model.manifest import Average, Measures
from tutorpulse.model.outputs import ChurnLabel, Floats, output_specs
from tutorpulse.model.predictor import OUTPUT_FIELDS, head_outputs
from tutorpulse.training.evaluate import beside, measure_rate, measure_risk
from tutorpulse.training.exits import ExitSearch, Stop
from tutorpulse.training.fit import Fitted, fit_heads
from tutorpulse.training.history import History
from tutorpulse.training.labels import LABELS, Rows, labels, left_with_goal
from tutorpulse.training.snapshots import WARM_UP_DAYS, Progress, Snapshots

AVERAGE_ROWS = 1000
"""Rows, from the newest date, over which drivers are told apart from the average: enough for a stable mean."""

MIN_TEST_DAYS, MAX_TEST_DAYS = 14, 365
TEST_SHARE = 0.2
MIN_FIT_DAYS = 45
RECENCY_FEATURE = "days_since_last_session"


@dataclass(frozen=True)
class Recipe:
    """What the fits of one kind have in common."""

    names: list[str]
    gap_us: int | None
    churn_label: ChurnLabel
    seed: int


@dataclass(frozen=True)
class Rival:
    """Another model of the same features, to be measured beside one's own."""

    heads: Mapping[str, Head]
    churn_label: ChurnLabel


NO_RIVAL = Rival({}, "exit")


@dataclass(frozen=True)
class HeldOut:
    """Figures by output, and in words on which time (or why there are none)."""

    metrics: dict[str, Measures]
    words: str


def fit_kind(snapshots: Snapshots, history: History, recipe: Recipe, progress: Progress) -> Fitted:
    """The heads as they can be fitted on what `history` knows; the rows' codes are its own."""
    known = snapshots.where(snapshots.rows.as_of_us < history.known_us)
    return fit_labelled(known, labels(history, known.rows, recipe.gap_us), history, recipe, progress)


def fit_labelled(
    known: Snapshots, own: dict[str, Floats], history: History, recipe: Recipe, progress: Progress
) -> Fitted:
    """The heads fitted on rows whose labels, as `history` knows them, are at hand."""
    log = None if history.log is None else history.log[known.rows.entity]
    return fit_heads(known, own, recipe.names, recipe.gap_us, recipe.seed, progress, log)


def held_out_from_us(history: History, gap_us: int | None) -> int | None:
    """Where held-out time begins; None where the history is too short to hold any out.

    So late that every label of some dates after it has matured (the newest fifth of the dates, a year at most), so
    early that as much history as fitting needs had matured before it.
    """
    if not len(history.activity):
        return None
    longest_us = max(int(s.maturity_us(np.zeros(1, np.int64), gap_us)[0]) for s in LABELS.values())
    begin_us = int(history.activity.us.min()) + WARM_UP_DAYS * DAY_US
    span_us = history.known_us - longest_us - begin_us
    test_us = int(np.clip(span_us * TEST_SHARE, MIN_TEST_DAYS * DAY_US, MAX_TEST_DAYS * DAY_US))
    cut_us = history.known_us - longest_us - test_us
    return cut_us if cut_us - longest_us - begin_us >= MIN_FIT_DAYS * DAY_US else None


def judge(
    heads: Mapping[str, Head],
    snapshots: Snapshots,
    own_labels: dict[str, Floats],
    cut_us: int,
    recipe: Recipe,
    rival: Rival = NO_RIVAL,
) -> HeldOut:
    """Figures of heads fitted on what was known at `cut_us`, on every labelled row from then on.

    The rival is measured on the same rows by the same labels, by its own output of the name.
    Entities that never had a session are left out: they are not predicted but get their cohort's rate.
    """
    later = snapshots.had_session & (snapshots.rows.as_of_us >= cut_us)
    test = snapshots.where(later)
    values = head_outputs(heads, recipe.churn_label, test.features)
    theirs = head_outputs(rival.heads, rival.churn_label, test.features)
    recency = recency_of(test.features, recipe.names)
    metrics: dict[str, Measures] = {}
    of_label: dict[str, Measures] = {}
    for spec in (s for s in output_specs(recipe.churn_label) if s.name in values):
        label = own_labels[spec.label][later]
        known = ~np.isnan(label)
        if known.any() and spec.label not in of_label:
            measured = _measure(
                spec.name,
                label[known],
                values[spec.name][known],
                recency[known],
                test.rows.entity[known],
                recipe.seed,
                heads[spec.heads[0]].interval,
            )
            if spec.name in theirs:
                measured = beside(measured, label[known], theirs[spec.name][known])
            of_label[spec.label] = measured
        if known.any():
            metrics[spec.name] = of_label[spec.label]
    return HeldOut(
        metrics, f"rows from {format_time(cut_us)[:10]} on, by a model of what was known on that day"
    )


def _measure(
    name: str,
    label: Floats,
    value: Floats,
    recency: Floats,
    entity: NDArray[np.int64],
    seed: int,
    interval: RateInterval | None,
) -> Measures:
    if name == "session_velocity":
        return measure_rate(label, value, interval)
    if name == "health_score":
        return measure_risk(label, value / 100, -recency, entity, seed)
    return measure_risk(label, value, -recency if name == "first_session_success" else recency, entity, seed)


def recency_of(features: NDArray[np.float32], names: list[str]) -> Floats:
    """The simplest score of who is leaving: days since the last session, without one a million."""
    return np.nan_to_num(features[:, names.index(RECENCY_FEATURE)].astype(np.float64), nan=1e6)


def cohorts_of(snapshots: Snapshots, own_labels: dict[str, Floats], churn_label: ChurnLabel) -> CohortTable:
    """Base rates over all matured rows; of outputs ordered by logic, over the rows that have the longest one's label."""
    longest = {
        "already_gone": "exit_30d",
        "exit_14d": "exit_30d",
        "inactive_14d": "inactive_30d",
    }
    by_output = {}
    for spec in output_specs(churn_label):
        label = own_labels[spec.label]
        settled = ~np.isnan(own_labels[longest.get(spec.label, spec.label)])
        by_output[spec.name] = np.where(settled, label * spec.scale, np.nan)
    return cohort_table(by_output, snapshots.tenure_days, snapshots.had_session)


def averages_of(heads: Mapping[str, Head], snapshots: Snapshots, recipe: Recipe) -> dict[str, Average]:
    """Average prediction and contributions of every output, over entities of the newest dates."""
    sample = snapshots.features[np.flatnonzero(snapshots.had_session)[-AVERAGE_ROWS:]]
    return {
        spec.name: average_of(spec, heads, sample)
        for spec in output_specs(recipe.churn_label)
        if len(sample) and all(name in heads for name in spec.heads)
    }


def absent_outputs(fitted: Fitted, recipe: Recipe, gap_reason: str) -> dict[str, str]:
    """Every output that this model does not predict, and why."""
    absent = fitted.absent_outputs(recipe.churn_label)
    predicted = {spec.name for spec in output_specs(recipe.churn_label)}
    return absent | {name: gap_reason for name in OUTPUT_FIELDS if name not in predicted}


def exits_apart(history: History, rows: Rows, gap_us: int | None) -> tuple[int, int]:
    """Rows that left within 30 days having reached a goal, and rows censored by a pause: both counted apart."""
    if gap_us is None:
        return 0, 0
    found = ExitSearch(history, gap_us).find(rows.entity, rows.as_of_us)
    mature = LABELS["exit_30d"].maturity_us(rows.as_of_us, gap_us) <= history.known_us
    due = found.x_us <= rows.as_of_us + 30 * DAY_US
    return (
        int((mature & left_with_goal(rows, found, 30)).sum()),
        int((mature & due & (found.kind == Stop.UNKNOWN)).sum()),
    )


def medians(features: NDArray[np.float32], count: int) -> list[float | None]:
    """The median of each of the first `count` columns, None where all are missing."""
    columns = (features[:, i] for i in range(count))
    known = (column[~np.isnan(column)] for column in columns)
    return [float(np.median(column)) if len(column) else None for column in known]
