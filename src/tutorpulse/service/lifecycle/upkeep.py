"""What a home needs once a day: outcomes taken down, drift judged, and a new model when it is time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tutorpulse.clock import DAY_US
from tutorpulse.errors import HistoryError, ModelError
from tutorpulse.service.lifecycle.drift import judge_drift
from tutorpulse.service.lifecycle.retraining import Retrained, retrain
from tutorpulse.service.moment import refresh_moment
from tutorpulse.service.queries.shapes import KindDrift
from tutorpulse.service.root import Pulse, newest_event_us
from tutorpulse.service.served import open_scorer
from tutorpulse.service.track.maturing import mature
from tutorpulse.store.state.models import SHADOWING
from tutorpulse.training.snapshots import DEFAULT_LIMITS, Limits

DRIFT_RETRAIN_DAYS = 7
"""While a kind drifts, a new model is tried this often at most: within a week little new has come true."""


@dataclass(frozen=True)
class Upkeep:
    """What was done: outcomes taken down, drift by kind, the new model if one was made, and what was left out and why."""

    outcomes: int
    drift: tuple[KindDrift, ...]
    retrained: Retrained | None
    notes: tuple[str, ...]


def upkeep(
    pulse: Pulse,
    progress: Callable[[str], None] = lambda _doing: None,
    limits: Limits = DEFAULT_LIMITS,
) -> Upkeep:
    """Do all three, in this order. Twice on a day takes down nothing twice, and trains once.

    Raises:
        HistoryError: the home holds no events. LeakError: a feature carries the future.
    """
    outcomes = mature(pulse, progress)
    progress("drift")
    notes: list[str] = []
    drift: Sequence[KindDrift] = ()
    try:
        as_of_us = refresh_moment(newest_event_us(pulse), pulse.clock.now_us(), None)[0]
        drift = judge_drift(pulse, open_scorer(pulse), as_of_us)
    except ModelError as error:
        notes.append(f"Drift was not judged. {error}")
    retrained = None
    if is_time(pulse, any(of_kind.drifting for of_kind in drift)):
        try:
            retrained = retrain(pulse, lambda what, _done, _total: progress(f"training: {what}"), limits)
        except HistoryError as error:
            notes.append(f"No new model. {error}")
    return Upkeep(outcomes, tuple(drift), retrained, tuple(notes))


def is_time(pulse: Pulse, drifting: bool) -> bool:
    """Whether a new model is to be tried: `retrain_every_days` after the last turn of any, sooner while a kind drifts."""
    every_days = pulse.settings.retrain_every_days
    if not every_days:
        return False
    turns = [turn for turn in pulse.state.models.all() if turn.action not in SHADOWING]
    wait_days = min(every_days, DRIFT_RETRAIN_DAYS) if drifting else every_days
    return not turns or pulse.clock.now_us() - turns[0].at_us >= wait_days * DAY_US
