"""What a log's own outcomes say of the starter's level."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from tests.training.worlds import DAYS, tutor_events
from tutorpulse.clock import DAY_US
from tutorpulse.features.compile import feature_set_hash
from tutorpulse.model import registry
from tutorpulse.model.artifact import Artifact
from tutorpulse.model.cohorts import CohortTable
from tutorpulse.model.levels import levelled
from tutorpulse.model.manifest import HeadLevel, Levels
from tutorpulse.model.outputs import Floats, sigmoid
from tutorpulse.model.predictor import LocalPredictor
from tutorpulse.service.training import features_of
from tutorpulse.settings import Settings
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore
from tutorpulse.training.levels import blended_cohorts, fit_level, starter_levels
from tutorpulse.training.reading import read_history
from tutorpulse.training.snapshots import Limits, plan_dates, take_snapshots

DATES, ROWS = 12, 800


def _found(
    shift: float = 0.0,
    tilt: float = 0.0,
    every_days: int = 30,
    rows: int = ROWS,
    moves: float = 0.0,
    seed: int = 1,
) -> HeadLevel:
    """The level found where the margin is off by these, on `DATES` dates; by `moves` more or less on every other date."""
    rng = np.random.default_rng(seed)
    margin = rng.normal(-1, 1, DATES * rows)
    date = np.repeat(np.arange(DATES), rows)
    true = margin + shift + tilt * (margin + 1) + np.where(date % 2 == 0, moves, -moves)
    label = (rng.random(len(margin)) < sigmoid(true)).astype(np.float64)
    level = fit_level(margin, label, date * every_days * DAY_US, "binary")
    assert level is not None
    return level


def test_no_row_tells_of_no_level() -> None:
    assert fit_level(np.empty(0), np.empty(0), np.empty(0, np.int64), "binary") is None


def test_a_level_that_is_right_stays() -> None:
    level = _found()
    assert abs(level.shift) < 0.05
    assert abs(level.tilt) < 0.05
    assert (level.rows, level.dates) == (DATES * ROWS, DATES)


@pytest.mark.parametrize("shift", [-1.5, -0.4, 0.4, 1.5])
def test_a_level_that_is_off_is_found_and_never_overdone(shift: float) -> None:
    found = _found(shift)
    assert 0.7 < found.shift / shift < 1.15


def test_a_slope_that_is_off_is_found_in_part() -> None:
    assert 0.05 < _found(tilt=0.2).tilt < 0.22
    assert -0.22 < _found(tilt=-0.2).tilt < -0.05


def test_a_handful_of_rows_changes_next_to_nothing() -> None:
    assert abs(_found(shift=0.3, rows=2).shift) < 0.1


def test_dates_of_one_season_count_as_one() -> None:
    assert _found(shift=0.3, every_days=1).shift < _found(shift=0.3, every_days=60).shift


def test_a_level_that_moves_from_date_to_date_is_trusted_less() -> None:
    assert _found(shift=0.3, moves=0.6).shift < 0.9 * _found(shift=0.3).shift


def test_a_rate_is_levelled_by_its_logarithm() -> None:
    rng = np.random.default_rng(4)
    margin = rng.normal(0, 0.5, 6000)
    sessions_a_week = rng.poisson(4 * np.exp(margin + 0.5)) / 4
    level = fit_level(margin, sessions_a_week, np.arange(6000) % 20 * 18 * DAY_US, "poisson")
    assert level is not None
    assert level.shift == pytest.approx(0.45, abs=0.08)


def test_a_cohort_that_the_log_hardly_knows_keeps_the_starters_rate() -> None:
    starter = CohortTable({"health_score": [[20.0, 40.0]]}, {"health_score": [[5000, 5]]})
    own = CohortTable({"health_score": [[80.0, 60.0]]}, {"health_score": [[2, 30]]})
    found = blended_cohorts(own, starter)
    assert found.means["health_score"][0] == pytest.approx([20 + 60 * 2 / 202, 60.0])
    assert found.counts["health_score"] == [[202, 30]]


# The real starter, on a log of tutors who leave as no simulated one does


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EventStore]:
    with EventStore.open(Home.open(tmp_path_factory.mktemp("levels") / "home", create=True)) as opened:
        opened.append(tutor_events())
        yield opened


SETTINGS = Settings(exit_gap_days_tutor=21)
LIMITS = Limits(dates=4, rows=4000)


def _starter() -> Artifact:
    starter = registry.starter(feature_set_hash())
    assert starter is not None
    return starter


def _levels(store: EventStore, day: float) -> Levels | None:
    history = read_history(store, "tutor", int(day * DAY_US))
    compute = partial(features_of(store, SETTINGS).compute, "tutor")
    dates_us = plan_dates(int(history.activity.us.min()), history.known_us, LIMITS)
    rows = take_snapshots(compute, history, dates_us, 21, LIMITS, 1, lambda *_: None)
    return starter_levels(_starter(), rows, history, 1)


def test_levels_as_of_a_day_see_nothing_that_came_later(store: EventStore, tmp_path: Path) -> None:
    with EventStore.open(Home.open(tmp_path / "home", create=True)) as cut:
        cut.append(tutor_events(200))
        assert _levels(cut, 200) == _levels(store, 200) is not None


def test_levelled_the_starter_says_how_often_it_happens_here(store: EventStore) -> None:
    """On dates that it was levelled on: mean risk and share of exits come together, by the starter's own gap of 30 days."""
    levels = _levels(store, DAYS)
    assert levels is not None
    assert levels.outcomes > 300
    starter = _starter()
    frame = features_of(store, SETTINGS).compute("tutor", 180 * DAY_US)
    silent_us = frame.as_of_us - frame.facts["last_activity_us"]
    frame = frame.take(silent_us <= 30 * DAY_US)
    later = features_of(store, SETTINGS).compute("tutor", 210 * DAY_US)
    last = dict(zip(later.entity_ids, later.facts["last_activity_us"], strict=True))
    inactive: Floats = np.array([last[entity_id] <= frame.as_of_us for entity_id in frame.entity_ids])
    errors = [
        abs(LocalPredictor(a).predict(frame).inactive_30d.mean() - inactive.mean())
        for a in (starter, levelled(starter, {"tutor": levels}))
    ]
    assert errors[1] < errors[0] or errors[1] < 0.02
