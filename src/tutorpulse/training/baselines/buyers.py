"""BG/NBD and Pareto/NBD on the published protocol of CDNOW, beside our velocity on the same customers."""

from collections.abc import Callable
from functools import partial

import msgspec
import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import DAY_US
from tutorpulse.model.outputs import Floats
from tutorpulse.model.predictor import LocalPredictor
from tutorpulse.settings import Settings
from tutorpulse.store.log import EventStore
from tutorpulse.training.baselines.buying import BgNbd, Buyers, ParetoNbd
from tutorpulse.training.buyers import Interval, active_days, correlation, taken
from tutorpulse.training.evaluate import bootstrap_interval
from tutorpulse.training.history import History
from tutorpulse.training.metrics import mean_absolute_error, roc_auc
from tutorpulse.training.pauses import FAR_US
from tutorpulse.training.reading import read_history
from tutorpulse.training.snapshots import Progress
from tutorpulse.training.train import Features, Plan, train

RESAMPLES = 300
WEEKS_OF_VELOCITY = 4
"""The horizon that our velocity speaks of."""


class Foretold(msgspec.Struct, frozen=True):
    """Repeat purchase days of so many weeks after the cut, as foretold by one model."""

    weeks: int
    correlation: Interval
    mean_absolute_error: Interval
    auc: Interval


class BuyingFigures(msgspec.Struct, frozen=True):
    """By model, its parameters where it has any, and what it foretold; over all weeks after the cut and over the first four."""

    customers: int
    parameters: dict[str, dict[str, float]]
    foretold: dict[str, list[Foretold]]
    seed: int


def buying_figures(
    store: EventStore,
    until_us: int,
    features: Features,
    settings: Settings,
    plan: Plan,
    chosen: NDArray[np.object_] | None,
    progress: Progress,
) -> BuyingFigures:
    """All fitted on what was known at `plan.known_us`: the two to the chosen customers (None: all), ours to the whole log.

    Raises:
        HistoryError: the log holds no students, or too short a history.
    """
    frame = features.compute("student", plan.known_us)
    frame = frame if chosen is None else taken(frame, chosen)
    history = read_history(store, "student", until_us)
    buyers = buyers_of(history, history.codes(frame.entity_ids), plan.known_us)
    models = {"BG/NBD": BgNbd.fit(buyers), "Pareto/NBD": ParetoNbd.fit(buyers)}
    own = LocalPredictor(train(store, features, settings, plan, progress)).predict(frame).session_velocity
    says: dict[str, Callable[[int], Floats]] = {
        name: partial(model.expected, buyers) for name, model in models.items()
    }
    says["ours, velocity"] = lambda weeks: own * weeks
    weeks_after = round((until_us - plan.known_us) / (7 * DAY_US))
    told = {
        name: [
            _foretold(
                active_days(history, frame.entity_ids, plan.known_us, weeks), say(weeks), weeks, plan.seed
            )
            for weeks in (weeks_after, WEEKS_OF_VELOCITY)
        ]
        for name, say in says.items()
    }
    parameters = {name: dict(zip(m.names, m.parameters, strict=True)) for name, m in models.items()}
    return BuyingFigures(len(frame), parameters, told, plan.seed)


def buyers_of(history: History, entity: NDArray[np.int64], cut_us: int) -> Buyers:
    """Customers by whole days, as the published figures count them."""
    activity = history.activity
    day = np.unique(np.stack([activity.entity, activity.us // DAY_US]), axis=1)
    day = day[:, day[1] <= cut_us // DAY_US]
    size = len(history.entity_ids)
    first, last = np.full(size, FAR_US), np.full(size, -FAR_US)
    np.minimum.at(first, day[0], day[1])
    np.maximum.at(last, day[0], day[1])
    count = np.bincount(day[0], minlength=size)
    repeats = np.asarray(count[entity] - 1, np.float64)
    return Buyers(repeats, (last - first)[entity] / 7, (cut_us // DAY_US - first)[entity] / 7)


def _foretold(days: Floats, said: Floats, weeks: int, seed: int) -> Foretold:
    again = (days > 0).astype(np.float64)
    each = np.arange(len(days))

    def figure(of: Callable[[Floats], float]) -> Interval:
        return Interval(of(np.ones(len(days))), *bootstrap_interval(of, again, each, seed, RESAMPLES))

    return Foretold(
        weeks,
        figure(lambda weight: correlation(days, said, weight)),
        figure(lambda weight: mean_absolute_error(days, said, weight=weight)),
        figure(lambda weight: roc_auc(again, said, weight=weight)),
    )
