"""Training as a whole, on a small log of tutors only."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from tests.training.worlds import DAYS, tutor_events
from tutorpulse.clock import DAY_US
from tutorpulse.errors import HistoryError
from tutorpulse.features.frame import FeatureFrame
from tutorpulse.model.artifact import Artifact
from tutorpulse.model.predictor import LocalPredictor
from tutorpulse.service.training import features_of
from tutorpulse.settings import Settings
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore
from tutorpulse.training import fit as fitting
from tutorpulse.training import many as many_rows
from tutorpulse.training import train as training
from tutorpulse.training.kind import held_out_from_us
from tutorpulse.training.many import take_many
from tutorpulse.training.reading import read_history
from tutorpulse.training.snapshots import Limits, take_snapshots
from tutorpulse.training.train import Plan, train

SETTINGS = Settings(exit_gap_days_tutor=21)
LIMITS = Limits(dates=15, rows=8000)
CUT_DAY = 240.0


@contextmanager
def _store(path: Path, until_day: float) -> Iterator[EventStore]:
    with EventStore.open(Home.open(path, create=True)) as store:
        store.append(tutor_events(until_day))
        yield store


def _train(store: EventStore, day: float, settings: Settings = SETTINGS) -> Artifact:
    plan = Plan(int(day * DAY_US), 0, limits=LIMITS)
    return train(store, features_of(store, settings), settings, plan, lambda *_: None)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EventStore]:
    with _store(tmp_path_factory.mktemp("all") / "home", DAYS) as opened:
        yield opened


@pytest.fixture(scope="module")
def trained(store: EventStore) -> Artifact:
    return _train(store, DAYS)


def test_a_one_sided_log_trains_the_side_that_it_has(trained: Artifact) -> None:
    assert list(trained.manifest.kinds) == ["tutor"]
    part = trained.manifest.kinds["tutor"]
    assert {"already_gone", "inactive_14d", "session_velocity", "health"} <= {h.name for h in part.heads}
    assert "0 labelled rows" in part.absent["first_session_success"]


@pytest.mark.slow
def test_the_same_log_gives_the_same_model(store: EventStore, trained: Artifact) -> None:
    assert _train(store, DAYS).version == trained.version


@pytest.mark.slow
def test_training_as_of_a_day_sees_nothing_that_came_later(store: EventStore, tmp_path: Path) -> None:
    with _store(tmp_path / "home", CUT_DAY) as cut:
        alone = _train(cut, CUT_DAY)
    assert alone.version == _train(store, CUT_DAY).version


def test_figures_are_of_time_after_everything_that_was_fitted(store: EventStore, trained: Artifact) -> None:
    part = trained.manifest.kinds["tutor"]
    cut_us = held_out_from_us(read_history(store, "tutor", DAYS * DAY_US), 21 * DAY_US)
    assert cut_us is not None
    assert part.last_snapshot > part.held_out.split()[2]
    assert {"churn_risk_14d", "inactive_14d", "session_velocity"} <= part.metrics.keys()
    velocity = part.metrics["session_velocity"]
    assert velocity.mae is not None
    assert velocity.mean_mae is not None
    assert velocity.mae < velocity.mean_mae


def test_heads_say_what_they_were_fitted_on(trained: Artifact) -> None:
    for head in trained.manifest.kinds["tutor"].heads:
        assert head.rows > 0
        assert head.calibration_rows > 0
        assert head.embargo_days >= 0


def test_the_model_predicts_what_it_was_trained_for(store: EventStore, trained: Artifact) -> None:
    frame = features_of(store, SETTINGS).compute("tutor", DAYS * DAY_US)
    predicted = LocalPredictor(trained).predict(frame)
    gone = frame.features[:, 10] > 30
    assert gone.any()
    assert predicted.already_gone[gone].mean() > predicted.already_gone[~gone].mean() + 0.1


def test_without_an_exit_gap_churn_means_inactivity_and_that_is_said(store: EventStore) -> None:
    part = _train(store, DAYS, msgspec.structs.replace(SETTINGS, churn_label="inactive")).manifest.kinds[
        "tutor"
    ]
    assert part.churn_label == "inactive"
    assert "already_gone" in part.absent
    assert part.metrics["churn_risk_14d"] == part.metrics["inactive_14d"]


def test_a_short_history_has_no_held_out_figures_and_says_so(store: EventStore) -> None:
    part = _train(store, 100).manifest.kinds["tutor"]
    assert part.metrics == {}
    assert "too short" in part.held_out


def test_a_history_too_short_to_learn_from_is_refused(store: EventStore) -> None:
    with pytest.raises(
        HistoryError, match=r"is too short to learn from: at least 45 days.*Import older events"
    ):
        _train(store, 30)


def test_a_log_without_anybody_is_refused(store: EventStore) -> None:
    with pytest.raises(HistoryError, match=r"no activity of any tutor or student up to.*Import events first"):
        _train(store, -1)


def test_medians_fill_what_an_external_endpoint_misses(trained: Artifact) -> None:
    fill = trained.manifest.kinds["tutor"].fill
    assert len(fill) == 46
    assert fill[0] is not None
    assert None in fill
    assert np.isfinite([value for value in fill if value is not None]).all()


@pytest.mark.slow
def test_many_rows_read_and_fitted_two_at_a_time_make_the_same_model(
    store: EventStore, trained: Artifact, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "LARGE_ROWS", 1000)
    monkeypatch.setattr(fitting, "LARGE_ROWS", 1000)
    features = replace(features_of(store, SETTINGS), compute=_refused)
    plan = Plan(int(DAYS * DAY_US), 0, limits=LIMITS)
    assert train(store, features, SETTINGS, plan, lambda *_: None).version == trained.version


def _refused(*_: object) -> FeatureFrame:
    raise AssertionError("the dates of a large training were read one by one")


@pytest.mark.parametrize(("rows", "few_left_out"), [(240, 1.5), (240, 99), (1200, 1.5)])
def test_many_rows_are_those_that_would_be_taken_date_by_date(
    store: EventStore, monkeypatch: pytest.MonkeyPatch, rows: int, few_left_out: float
) -> None:
    """Of more tutors than a date may give, chosen by their facts or out of all, and of all."""
    monkeypatch.setattr(many_rows, "FEW_LEFT_OUT", few_left_out)
    history, features = read_history(store, "tutor", DAYS * DAY_US), features_of(store, SETTINGS)
    asked = (history, np.array([100, 150, 200, 250]) * DAY_US, 21, Limits(rows=rows), 5, lambda *_: None)
    assert features.apart is not None
    many = take_many(features.apart, *asked)
    few = take_snapshots(lambda as_of_us: features.compute("tutor", as_of_us), *asked)
    assert (len(many) == rows) is (rows == 240)
    for name in ("features", "tenure_days", "had_session", "dates_us"):
        np.testing.assert_array_equal(getattr(many, name), getattr(few, name))
    np.testing.assert_array_equal(many.rows.entity, few.rows.entity)
    np.testing.assert_array_equal(many.rows.as_of_us, few.rows.as_of_us)
