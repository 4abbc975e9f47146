"""What came true: the label rules of training, read for predictions of record."""

from dataclasses import dataclass

import numpy as np

from tutorpulse.clock import DAY_US
from tutorpulse.model.outputs import Floats
from tutorpulse.training.exits import ExitSearch, Found
from tutorpulse.training.history import History
from tutorpulse.training.labels import LABELS, VELOCITY_DAYS, Rows, Seen, left_with_goal
from tutorpulse.training.timeline import Bools

SETTLING_DAYS = 7
"""An outcome is taken down so long after it matured: late events have come by then."""


def due_us(label: str, gap_us: int | None, known_us: int) -> int:
    """The newest moment of prediction whose outcome is to be taken down by `known_us`."""
    waits_us = int(LABELS[label].maturity_us(np.zeros(1, np.int64), gap_us)[0])
    return known_us - waits_us - SETTLING_DAYS * DAY_US


def settled_us(label: str, gap_us: int | None, as_of_us: int) -> int:
    """When the outcome of a prediction is taken down."""
    return as_of_us - due_us(label, gap_us, 0)


@dataclass(frozen=True)
class Baseline:
    """What anybody could have said of m rows: days since the last completed session (a million without one), and the
    completed sessions a week of the 28 days before."""

    recency_days: Floats
    recent_velocity: Floats


class OutcomeReader:
    """Reads outcomes from one history under one exit gap (None: exits cannot be told from pauses here)."""

    def __init__(self, history: History, gap_us: int | None) -> None:
        self.history = history
        self._exits = None if gap_us is None else ExitSearch(history, gap_us)

    def outcome(self, label: str, rows: Rows) -> Floats:
        """The label of m rows that have matured, NaN where the rules give none."""
        spec = LABELS[label]
        found = self._found(rows) if spec.waits_for_gap else None
        return spec.values(Seen(self.history, rows, found))

    def reached_goal(self, rows: Rows, days: int) -> Bools:
        """The rows whose exit within `days` followed a reached goal: label 0, counted apart."""
        found = self._found(rows)
        return np.zeros(len(rows.entity), np.bool_) if found is None else left_with_goal(rows, found, days)

    def baseline(self, rows: Rows) -> Baseline:
        """The naive answers for m rows, from events up to each row's moment."""
        completed = self.history.completed
        last_us = completed.us_at(completed.last_through(rows.entity, rows.as_of_us), -1)
        days = np.where(last_us < 0, 1e6, (rows.as_of_us - last_us) / DAY_US)
        recent = completed.count_between(rows.entity, rows.as_of_us - VELOCITY_DAYS * DAY_US, rows.as_of_us)
        return Baseline(days, recent / (VELOCITY_DAYS / 7))

    def _found(self, rows: Rows) -> Found | None:
        return None if self._exits is None else self._exits.find(rows.entity, rows.as_of_us)
