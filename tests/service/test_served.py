"""The whole chain on real rooms: a small simulated marketplace, trained and refreshed."""

import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from tests.service.world import NOW_US
from tutorpulse.clock import DAY_US, FixedClock
from tutorpulse.events.codec import Arrival, decode_lines
from tutorpulse.features.references import References
from tutorpulse.service.page import page
from tutorpulse.service.refresh import refresh
from tutorpulse.service.root import Pulse, open_pulse
from tutorpulse.service.served import features_of, open_scorer
from tutorpulse.service.today import needs_someone
from tutorpulse.service.training import train_home
from tutorpulse.simulate import emit, parameters, population
from tutorpulse.training.snapshots import Limits

pytestmark = pytest.mark.slow

DAYS = 180


def fill(pulse: Pulse) -> None:
    world = population.new_world(parameters.load(None), 25, 500, NOW_US // DAY_US - DAYS, DAYS, 7)
    lines = [line.encode() for day in emit.line_chunks(world, DAYS) for line in day[0]]
    arrival = Arrival(now_us=NOW_US, source="simulation", replayed=True, received_when_happened=True)
    pulse.store.append(decode_lines(b"\n".join(lines), arrival))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("served") / "home"
    with open_pulse(path, create=True, clock=FixedClock(NOW_US)) as pulse:
        fill(pulse)
        train_home(pulse, lambda *_: None, limits=Limits(dates=9, rows=6000))
        refresh(pulse, open_scorer(pulse))
    return path


def test_everybody_in_the_log_has_a_status_and_the_scored_a_segment(home: Path) -> None:
    with open_pulse(home, clock=FixedClock(NOW_US)) as pulse:
        for kind in ("tutor", "student"):
            rows = pulse.state.predictions.all(kind)
            assert rows.entity_ids.tolist() == pulse.store.entity_ids(kind).tolist()
            scored = ~rows.columns["frozen"]
            assert scored.any()
            assert (rows.columns["as_of_us"][scored] == NOW_US).all()
            known = ~np.isnan(rows.columns["churn_risk_14d"]) | ~np.isnan(rows.columns["health_score"])
            assert all(rows.columns["segment"][scored & known] != None)  # noqa: E711


def test_refreshing_again_changes_nothing(home: Path) -> None:
    before = list(sqlite3.connect(home / "state.sqlite").iterdump())
    with open_pulse(home, clock=FixedClock(NOW_US)) as pulse:
        report = refresh(pulse, open_scorer(pulse))
    assert (report.changed, report.insights) == (0, 0)
    assert list(sqlite3.connect(home / "state.sqlite").iterdump()) == before


def test_a_page_shows_the_prediction_and_drivers_that_add_up_to_it(home: Path) -> None:
    with open_pulse(home, clock=FixedClock(NOW_US)) as pulse:
        scorer = open_scorer(pulse)
        needs = needs_someone(pulse, scorer, ("student",))
        shown = page(pulse, scorer, needs[0].entity_id, "student")
    risk = shown.current.outputs["churn_risk_14d"]
    assert risk == needs[0].risk
    assert any(explained.drivers for explained in shown.explanations)
    for explained in shown.explanations:
        if explained.drivers:
            assert explained.average is not None
            total = explained.average + sum(d.contribution for d in explained.drivers) + explained.rest
            assert total == pytest.approx(explained.prediction, abs=1e-6)
    assert next(e.prediction for e in shown.explanations if e.output == "churn_risk_14d") == pytest.approx(
        100 * risk
    )


def test_features_of_a_few_are_those_of_all(home: Path) -> None:
    with open_pulse(home, clock=FixedClock(NOW_US)) as pulse:
        everybody = features_of(pulse, References(), "tutor", NOW_US, None)
        few = features_of(pulse, References(), "tutor", NOW_US, everybody.entity_ids[:3])
    np.testing.assert_array_equal(few.features, everybody.features[:3])


def test_whoever_was_erased_is_compared_with_no_more(home: Path, tmp_path: Path) -> None:
    with open_pulse(shutil.copytree(home, tmp_path / "home"), clock=FixedClock(NOW_US)) as pulse:
        kept = References(pulse.store.planner)
        rows = pulse.state.predictions.all("student")
        gone, left = np.split(rows.entity_ids[~rows.columns["frozen"]], [3])
        before = features_of(pulse, kept, "student", NOW_US, left)
        for student_id in gone.tolist():
            pulse.store.erase("student", student_id)
        after = features_of(pulse, kept, "student", NOW_US, left)
        anew = features_of(pulse, References(), "student", NOW_US, left)
    np.testing.assert_array_equal(after.features, anew.features)
    assert not np.array_equal(after.features, before.features, equal_nan=True)
