"""Small worlds for the simulator's tests."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutorpulse.simulate import engine, population
from tutorpulse.simulate.journal import Events
from tutorpulse.simulate.parameters import Parameters
from tutorpulse.simulate.state import World

FIRST_DAY = 20_400
"""2025-11-08, a Saturday."""


def small_world(
    tutors: int = 30,
    students: int = 300,
    days: int = 120,
    seed: int = 5,
    parameters: Parameters | None = None,
) -> World:
    """A world on its first morning."""
    return population.new_world(parameters or Parameters(), tutors, students, FIRST_DAY, days, seed)


def lived(world: World, days: int) -> dict[str, dict[str, NDArray[Any]]]:
    """Columns of all events of the next days, by type, the times as `ts_us`."""
    return joined(next(iter(engine.spans(world, days, span_days=days))))


def joined(span: Sequence[Events]) -> dict[str, dict[str, NDArray[Any]]]:
    """Columns by type."""
    return {events.event_type: {"ts_us": events.ts_us, **events.columns} for events in span}


def share(flags: NDArray[Any]) -> float:
    """The mean of truth values."""
    return float(np.mean(flags))
