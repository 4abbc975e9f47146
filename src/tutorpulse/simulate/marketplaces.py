"""Marketplaces that differ: sizes, first days and parameters drawn from a seed, evenly within stated bounds."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import numpy as np

from tutorpulse.events.batch import EventBatch
from tutorpulse.simulate import emit, population
from tutorpulse.simulate.parameters import Parameters
from tutorpulse.simulate.state import World
from tutorpulse.simulate.study import Study, new_study
from tutorpulse.simulate.truth import WEEK_DAYS

STARTER_SEEDS = range(100, 200)
"""Seeds of the marketplaces that the starter model learns from."""

ORACLE_SEEDS = range(1000, 2000)
"""Seeds of those that the observable oracle learns from. Whatever judges takes others than both."""

RANGES: dict[str, dict[str, tuple[float, float]]] = {
    "market": {"arrivals_per_year": (0.6, 1.5), "unsuited": (0.02, 0.12)},
    "tutors": {
        "capacity_hours": (10, 20),
        "comfort": (0.5, 0.75),
        "frailty_shape": (3, 8),
        "fatigue_days": (10, 24),
        "exit_hazard": (0.0007, 0.0018),
        "fade_days": (14, 32),
        "announced_share": (0.05, 0.3),
        "declare_share": (0.6, 0.97),
        "response_hours": (1.5, 6),
    },
    "students": {
        "sessions_per_week": (0.9, 1.7),
        "standing": (0.4, 0.75),
        "frailty_shape": (3, 8),
        "exit_hazard": (0.0017, 0.004),
        "newcomer_effect": (0.7, 2),
        "fade_days": (14, 35),
        "fade_rate": (0.2, 0.5),
        "announced_share": (0.03, 0.2),
        "activities_per_week": (0.8, 6),
    },
    "sessions": {
        "student_cancel": (0.006, 0.018),
        "tutor_cancel": (0.003, 0.010),
        "reschedule": (0.008, 0.03),
        "tutor_no_show": (0.004, 0.016),
        "rated_share": (0.3, 0.9),
        "fading_factor": (3, 6),
    },
    "contacts": {
        "payment_failure": (0.015, 0.06),
        "calls_per_week": (0.01, 0.07),
        "tickets_per_week": (0.01, 0.05),
        "messages_per_week": (0.4, 5),
        "grades_per_week": (0.0, 0.1),
        "health_feed_share": (0.0, 0.3),
    },
}
"""What differs between the marketplaces, by section: drawn evenly from these bounds, which hold the simulator's defaults.

Logs tell more or less: of learning between lessons and of messages the defaults tell about as little as the poorest here.
"""

FIRST_DAYS = (18_993, 19_357)
"""First days, so that seasons differ: all of 2022."""


@dataclass(frozen=True)
class Marketplace:
    """One marketplace to simulate, from the morning of `first_day` (days since 1970-01-01)."""

    seed: int
    tutors: int
    students: int
    first_day: int
    parameters: Parameters

    def world(self, days: int) -> World:
        """Its first morning; everybody arrives within `days`."""
        return population.new_world(
            self.parameters, self.tutors, self.students, self.first_day, days, self.seed
        )


def drawn(seed: int, tutors: tuple[int, int], students: tuple[int, int]) -> Marketplace:
    """The marketplace of a seed; its sizes too are drawn within bounds, both included."""
    rng = np.random.default_rng(seed)
    sizes = [int(rng.integers(*bounds, endpoint=True)) for bounds in (tutors, students)]
    values = {
        section: {name: float(rng.uniform(low, high)) for name, (low, high) in ranges.items()}
        for section, ranges in RANGES.items()
    }
    first_day = int(rng.integers(*FIRST_DAYS, endpoint=True))
    return Marketplace(seed, sizes[0], sizes[1], first_day, msgspec.convert(values, Parameters))


def studied(
    market: Marketplace, days: int, mornings: int, more_days: int, keep: Callable[[EventBatch], object]
) -> Study:
    """Live through `days` and `more_days` after them, all events given to `keep`; a study of `mornings` of the first."""
    world = market.world(days + more_days)
    study = new_study(world, days, mornings)
    for batch in emit.batches(world, days + more_days, WEEK_DAYS, study.record):
        keep(batch)
        study.look(world)
    return study
