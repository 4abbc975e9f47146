"""How far the starter's sizes are off here: learnt from a log's own outcomes, shrunk towards no change.

The starter cannot know how often people leave in a marketplace that it never saw, but what has come true there tells. Each head gets a
shift of its level and a tilt of its slope, by the likelihood of the matured rows and normal priors around no change. Dates of one log tell of one season and share
outcomes, so their rows count as so many as there are separate seasons, and less the more the level moves from date to date
(DerSimonian and Laird 1986). Where the level is off by far more than that explains, the prior gives way.
"""

from dataclasses import dataclass

import numpy as np

from tutorpulse.clock import DAY_US, format_time
from tutorpulse.model.artifact import Artifact
from tutorpulse.model.cohorts import MIN_LABELS, CohortTable
from tutorpulse.model.heads import Head
from tutorpulse.model.levels import applied
from tutorpulse.model.manifest import HeadLevel, Levels
from tutorpulse.model.outputs import HEADS, Floats, Objective, sigmoid
from tutorpulse.training.fit import conditional
from tutorpulse.training.history import History
from tutorpulse.training.kind import Recipe, averages_of, cohorts_of
from tutorpulse.training.labels import VELOCITY_DAYS, Rows, labels
from tutorpulse.training.pauses import FAR_US
from tutorpulse.training.snapshots import Snapshots
from tutorpulse.training.timeline import Bools, Ints

USUAL_SHIFT, USUAL_TILT = 0.15, 0.08
"""Standard deviations of shift (log-odds, or log rate) and tilt from one simulated marketplace to another, about."""

LEAST_DRIFT = 0.15
"""The standard deviation, at least, of a level from season to season."""

SEASON_DAYS = 60
"""Dates closer than this tell of the same outcomes and the same season."""

COHORT_ROWS = 200
"""What the starter's rate of a cohort counts, in rows of one's own: they are of few people, seen again and again."""

MOST_ROWS = 60_000

_STEPS, _WIDEST_STEP = 25, 0.5
_LEAST_INFORMATION = 3.0
_WEEKS = VELOCITY_DAYS / 7


def starter_levels(starter: Artifact, snapshots: Snapshots, history: History, seed: int) -> Levels | None:
    """What the log shows the starter to be off by, known at `history.known_us`; None where it has no head that matured rows tell of.

    Rows are those that the starter would have scored: silent for no longer than its own exit gap.
    """
    kind = snapshots.entity_type
    part, heads = starter.manifest.kinds[kind], starter.heads[kind]
    gap_us = None if part.exit_gap.days is None else part.exit_gap.days * DAY_US
    rows = snapshots.where(_sampled(_scored(snapshots.rows, history, gap_us), seed))
    own = labels(history, rows.rows, gap_us)
    found = {
        spec.name: level
        for spec in HEADS
        if spec.name in heads
        and (level := _level_of(heads[spec.name], rows, conditional(spec, own))) is not None
    }
    if not found:
        return None
    levelled = {name: applied(head, found.get(name)) for name, head in heads.items()}
    recipe = Recipe(part.feature_names, gap_us, part.churn_label, seed)
    cohorts = blended_cohorts(cohorts_of(rows, own, part.churn_label), part.cohorts)
    return Levels(
        format_time(history.known_us), found, cohorts, averages_of(levelled, rows, recipe) or part.averages
    )


def fit_level(margin: Floats, label: Floats, as_of_us: Ints, objective: Objective) -> HeadLevel | None:
    """The level of one head by n rows with a label, their margins and dates; None without any row.

    A label is 0 or 1, or of a rate the sessions a week.
    """
    if not len(label):
        return None
    seen = _Seen(margin, label, as_of_us, objective)
    weight, width = seen.weight(), USUAL_SHIFT
    for _ in range(3):
        shift, tilt, information = seen.fitted(weight, width)
        width = max(USUAL_SHIFT, abs(shift))
    error = float(1 / np.sqrt(max(information, 1e-9)))
    return HeadLevel(shift, tilt, float(margin.mean()), len(label), seen.dates, error)


@dataclass(frozen=True)
class _Seen:
    """Rows of one head: what it said, what came true, and when it was said."""

    margin: Floats
    label: Floats
    as_of_us: Ints
    objective: Objective

    @property
    def dates(self) -> int:
        return len(np.unique(self.as_of_us))

    @property
    def counts(self) -> float:
        """Events that one unit of the label stands for."""
        return _WEEKS if self.objective == "poisson" else 1.0

    def expected(self, margin: Floats) -> tuple[Floats, Floats]:
        """Means and variances of the labels' events, in units of the label."""
        if self.objective == "poisson":
            rate = np.exp(np.minimum(margin, 6.0))
            return rate, rate
        p = sigmoid(margin)
        return p, p * (1 - p)

    def weight(self) -> float:
        """What a row counts, of 1: fewer seasons than dates, and a level that moves, make rows tell less."""
        shift, information = self._by_date()
        usual = float(information.mean())
        span_days = (int(self.as_of_us.max()) - int(self.as_of_us.min())) / DAY_US
        seasons = min(self.dates, 1 + span_days / SEASON_DAYS)
        drift = max(LEAST_DRIFT**2, _spread(shift, information))
        return self.counts * seasons / self.dates / (1 + usual * drift)

    def _by_date(self) -> tuple[Floats, Floats]:
        """The shift that each date asks for, to first order, and the information in it (1 / variance)."""
        mean, variance = self.expected(self.margin)
        _, place = np.unique(self.as_of_us, return_inverse=True)
        missing = np.bincount(place, weights=self.label - mean)
        information = np.bincount(place, weights=variance)
        shift = missing / np.maximum(information, 1e-9)
        return np.asarray(shift, np.float64), np.asarray(information * self.counts, np.float64)

    def fitted(self, weight: float, width: float) -> tuple[float, float, float]:
        """Shift, tilt and the information on the shift (1 / its squared error) under a prior of that width for the shift."""
        x = self.margin - self.margin.mean()
        design = np.column_stack([np.ones_like(x), x])
        prior = np.diag([width**-2, USUAL_TILT**-2])
        at = np.zeros(2)
        for _ in range(_STEPS):
            mean, variance = self.expected(self.margin + design @ at)
            slope = weight * (design.T @ (self.label - mean)) - prior @ at
            curve = weight * (design.T * variance) @ design
            at += np.clip(np.linalg.solve(curve + prior, slope), -_WIDEST_STEP, _WIDEST_STEP)
        return float(at[0]), float(at[1]), float(curve[0, 0])


def _spread(shift: Floats, information: Floats) -> float:
    """The variance of n dates' shifts beyond what their own errors explain (DerSimonian and Laird); 0 where too few tell."""
    told = information >= _LEAST_INFORMATION
    shift, weight = shift[told], information[told]
    if len(shift) < 2:
        return 0.0
    mean = np.average(shift, weights=weight)
    beyond = (weight * (shift - mean) ** 2).sum() - (len(shift) - 1)
    return max(0.0, float(beyond / (weight.sum() - (weight**2).sum() / weight.sum())))


def _level_of(head: Head, rows: Snapshots, label: Floats) -> HeadLevel | None:
    known = rows.had_session & ~np.isnan(label)
    margin = head.margins(rows.features[known])
    return fit_level(margin, label[known], rows.rows.as_of_us[known], head.objective)


def _scored(rows: Rows, history: History, gap_us: int | None) -> Bools:
    if gap_us is None:
        return np.ones(len(rows.entity), np.bool_)
    last = history.activity.last_through(rows.entity, rows.as_of_us)
    return rows.as_of_us - history.activity.us_at(last, FAR_US) <= gap_us


def _sampled(scored: Bools, seed: int) -> Bools:
    places = np.flatnonzero(scored)
    if len(places) <= MOST_ROWS:
        return scored
    chosen = np.zeros(len(scored), np.bool_)
    chosen[np.random.default_rng(seed).choice(places, MOST_ROWS, replace=False)] = True
    return chosen


def blended_cohorts(own: CohortTable, starter: CohortTable) -> CohortTable:
    """The starter's rates moved to the log's own, cell by cell, by how many rows the log has in the cell."""
    means, counts = dict(starter.means), dict(starter.counts)
    for name in own.means.keys() & starter.means.keys():
        here, there = (np.array(table.counts[name]) for table in (own, starter))
        prior = np.where(there >= MIN_LABELS, COHORT_ROWS, 0)
        total = np.array(own.means[name]) * here + np.array(starter.means[name]) * prior
        means[name] = (total / np.maximum(here + prior, 1)).tolist()
        counts[name] = (here + prior).tolist()
    return CohortTable(means, counts)
