"""Every baseline on the rows of the reference protocol of Barcelona hosts, beside the model, in one run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import msgspec
import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import DAY_US, WEEK_US, format_time
from tutorpulse.features.frame import FEATURE_COUNT
from tutorpulse.model.heads import fit_head
from tutorpulse.model.outputs import HEADS, Floats
from tutorpulse.model.predictor import head_outputs
from tutorpulse.store.log import EventStore
from tutorpulse.training.baselines.buying import BgNbd, Buyers
from tutorpulse.training.baselines.network import fit_network
from tutorpulse.training.baselines.survival import fit_forest, silent_for
from tutorpulse.training.fit import conditional
from tutorpulse.training.history import History
from tutorpulse.training.hosts import BARCELONA, HostProtocol, host_rows
from tutorpulse.training.kind import recency_of
from tutorpulse.training.labels import Rows, labels
from tutorpulse.training.pauses import FAR_US
from tutorpulse.training.reading import read_history
from tutorpulse.training.snapshots import Progress, Snapshots
from tutorpulse.training.timeline import Bools, Timeline
from tutorpulse.training.track.resampling import Ranking, draws, interval
from tutorpulse.training.track.shapes import Interval
from tutorpulse.training.train import Features

MODEL = "model"
LABELS_JUDGED = ("inactive_14d", "inactive_30d", "health", "session_velocity")
_HORIZONS = {"inactive_14d": 14.0, "inactive_30d": 30.0}
_OUTPUT = {"health": "health_score"}

Scores = Mapping[str, Floats]
"""Scores of n rows by label; a label that a baseline says nothing of is absent."""


class Beside(msgspec.Struct, frozen=True):
    """One baseline on one label: AUC (mean absolute error of a rate), and by how much the model is ahead of it on the same resamples.

    `ahead` is above 0 where the model is better; None for the model itself.
    """

    figure: Interval
    ahead: Interval | None


class BaselineFigures(msgspec.Struct, frozen=True):
    """By label and baseline, on held-out rows."""

    rows: int
    test_rows: int
    test_from: str
    labels: dict[str, dict[str, Beside]]
    seed: int


def host_baselines(
    store: EventStore,
    known_us: int,
    features: Features,
    seed: int,
    progress: Progress,
    protocol: HostProtocol = BARCELONA,
) -> BaselineFigures:
    """Raises HistoryError where the log holds no tutors, or too few rows; InputError without scikit-survival."""
    history = read_history(store, "tutor", known_us)
    rows = host_rows(history, features, protocol, progress)
    test_us = int(np.sort(rows.rows.as_of_us)[int(len(rows) * (1 - protocol.test_share))])
    trial = Trial(
        rows,
        labels(history, rows.rows, None),
        rows.rows.as_of_us <= test_us - protocol.embargo_days * DAY_US,
        rows.rows.as_of_us >= test_us,
        features.names["tutor"],
        history,
        seed,
    )
    scores: dict[str, Scores] = {}
    made = trial.baselines()
    for place, (name, make) in enumerate(made.items()):
        progress(name, place, len(made))
        scores[name] = make()
    told = {label: _judged(trial, scores, label) for label in LABELS_JUDGED}
    return BaselineFigures(len(rows), int(trial.test.sum()), format_time(test_us)[:10], told, seed)


@dataclass(frozen=True)
class Trial:
    """Labelled rows in order of time, those to fit on and those to judge by."""

    rows: Snapshots
    labels: dict[str, Floats]
    train: Bools
    test: Bools
    names: list[str]
    history: History
    seed: int

    def baselines(self) -> dict[str, Callable[[], Scores]]:
        """Each by its name, the model first; called, it gives the scores of the rows that judge."""
        return {
            MODEL: lambda: self._boosted(len(self.names)),
            "boosting on the 46": lambda: self._boosted(FEATURE_COUNT),
            "days since the last session": self._recency,
            "logistic regression on the 46": self._logistic,
            "BG/NBD": self._buying,
            "multi-task network on the 46": self._network,
            "survival forest on the 46": self._forest,
        }

    def _boosted(self, columns: int) -> Scores:
        heads = {}
        for spec in HEADS:
            label = conditional(spec, self.labels)
            fit = self.train & ~np.isnan(label)
            if fit.any() and not spec.name.startswith(("already", "exit", "first")):
                rows, names = self.rows.features[fit, :columns], self.names[:columns]
                heads[spec.name] = fit_head(spec.name, spec.objective, rows, label[fit], names, self.seed)
        said = head_outputs(heads, "inactive", self.rows.features[self.test, :columns])
        return {label: said[_OUTPUT.get(label, label)] for label in LABELS_JUDGED}

    def _recency(self) -> Scores:
        silence = recency_of(self.rows.features[self.test], self.names)
        return {"inactive_14d": silence, "inactive_30d": silence, "health": -silence}

    def _logistic(self) -> Scores:
        from sklearn.linear_model import LogisticRegression  # every verb would wait for it otherwise

        scores = {}
        for label in ("inactive_14d", "inactive_30d", "health"):
            fit = self.train & ~np.isnan(self.labels[label])
            model = LogisticRegression(max_iter=500).fit(self._plain[fit], self.labels[label][fit])
            scores[label] = np.asarray(model.predict_proba(self._plain[self.test])[:, 1], np.float64)
        return scores

    def _buying(self) -> Scores:
        """Fitted to all hosts as of the newest row to fit on; each row judged by what its host had done by then."""
        cut_us = int(self.rows.rows.as_of_us[self.train].max())
        everybody = np.arange(len(self.history.entity_ids))
        begun = self.history.activity.last_through(everybody, np.full(len(everybody), cut_us)) >= 0
        model = BgNbd.fit(self._buyers(Rows(everybody[begun], np.full(int(begun.sum()), cut_us))))
        rows = Rows(self.rows.rows.entity[self.test], self.rows.rows.as_of_us[self.test])
        buyers = self._buyers(rows)
        score = {name: -model.expected(buyers, days / 7) for name, days in _HORIZONS.items()}
        return {**score, "session_velocity": model.expected(buyers, 4.0) / 4}

    def _buyers(self, rows: Rows) -> Buyers:
        activity = self.history.activity
        day = np.unique(np.stack([activity.entity, activity.us // DAY_US]), axis=1)
        days = Timeline(day[0], day[1] * DAY_US)
        first = days.us_at(days.first_from(rows.entity, np.full(len(rows.entity), -FAR_US)), 0)
        last = days.us_at(days.last_through(rows.entity, rows.as_of_us), 0)
        count = days.count_between(rows.entity, first - 1, rows.as_of_us)
        repeats = np.asarray(count - 1, np.float64)
        return Buyers(repeats, (last - first) / WEEK_US, (rows.as_of_us - first) / WEEK_US)

    def _network(self) -> Scores:
        table = np.stack([self.labels[label] for label in LABELS_JUDGED], axis=1)
        rates = np.array([label == "session_velocity" for label in LABELS_JUDGED])
        said = fit_network(self._plain[self.train], table[self.train], rates, self.seed).predict(
            self._plain[self.test]
        )
        return {label: said[:, place] for place, label in enumerate(LABELS_JUDGED)}

    def _forest(self) -> Scores:
        rows = self.rows.rows
        activity = self.history.activity
        # What happens after the fit is over is not known to it: such silences are watched until then.
        until_us = int(rows.as_of_us[self.train].max()) + BARCELONA.embargo_days * DAY_US
        next_us = activity.us_at(activity.first_after(rows.entity, rows.as_of_us), FAR_US)
        ended = next_us <= until_us
        days = (np.minimum(next_us, until_us) - rows.as_of_us) / DAY_US
        forest = fit_forest(
            self._plain[self.train], days[self.train], ended[self.train].astype(np.float64), self.seed
        )
        return {name: silent_for(forest, self._plain[self.test], at) for name, at in _HORIZONS.items()}

    @cached_property
    def _plain(self) -> Floats:
        """The 46 without gaps (the median in their place, and a mark that it was one), standardised by the rows to fit on."""
        raw = self.rows.features[:, :FEATURE_COUNT].astype(np.float64)
        known = ~np.isnan(raw[self.train]).all(axis=0)
        raw = raw[:, known]
        missing = np.isnan(raw)
        filled = np.where(missing, np.nanmedian(raw[self.train], axis=0), raw)
        both = np.hstack([filled, missing[:, missing[self.train].any(axis=0)]])
        mean, spread = both[self.train].mean(axis=0), both[self.train].std(axis=0)
        scaled: Floats = np.clip((both - mean) / np.where(spread > 0, spread, 1), -8, 8)
        return scaled


def _judged(trial: Trial, scores: Mapping[str, Scores], label: str) -> dict[str, Beside]:
    truth = trial.labels[label][trial.test]
    known = ~np.isnan(truth)
    _, own = np.unique(trial.rows.rows.entity[trial.test][known], return_inverse=True)
    times = draws(int(own.max()) + 1, len(own), trial.seed)
    rate = label == "session_velocity"

    def figures(score: Floats) -> Floats:
        """The figure of the rows as they are, then of each resample."""
        if rate:
            error = np.abs(score[known] - truth[known])
            sums, sizes = np.bincount(own, error), np.bincount(own)
            return np.concatenate([[error.mean()], (times @ sums) / (times @ sizes)])
        ranking = Ranking(truth[known], score[known])
        return np.concatenate([ranking.plain()[:1], ranking.drawn(own, times)[:, 0]])

    found = {name: figures(score[label]) for name, score in scores.items() if label in score}
    sign = -1.0 if rate else 1.0
    return {
        name: Beside(_certain(f), None if name == MODEL else _certain(sign * (found[MODEL] - f)))
        for name, f in found.items()
    }


def _certain(figures: NDArray[np.float64]) -> Interval:
    made = interval(float(figures[0]), figures[1:])
    assert made is not None, "there are rows of either outcome"
    return made
