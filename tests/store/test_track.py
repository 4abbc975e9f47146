import math
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.store.test_state import rows
from tutorpulse.store.state import State
from tutorpulse.store.state.connection import open_connection
from tutorpulse.store.state.schema import OUTCOME_COLUMNS, STEPS
from tutorpulse.store.state.track import FiguresRow, Terms
from tutorpulse.training.labels import LABELS


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    opened = State(tmp_path / "state.sqlite")
    yield opened
    opened.close()


def test_every_label_has_a_column() -> None:
    assert set(OUTCOME_COLUMNS) == set(LABELS)


def test_the_models_on_record_are_found(state: State) -> None:
    assert state.track.versions("tutor") == []
    state.predictions.record(rows(["a", "b"], model_version="m2"))
    state.predictions.record(rows(["a"], as_of_us=9, model_version="m1"))
    state.predictions.record(rows(["x"], "student", model_version="m3"))
    assert state.track.versions("tutor") == ["m1", "m2"]
    assert state.track.span_us("tutor", "m1") == (9, 9)


def test_outcomes_stand_beside_their_predictions(state: State) -> None:
    state.predictions.record(rows(["a", "b"], as_of_us=7, model_version="m"))
    state.predictions.record(rows(["a"], as_of_us=9, model_version="m"))
    ids, moments = state.track.recorded("tutor", "m", 6, 8)
    assert (ids.tolist(), moments.tolist()) == (["a", "b"], [7, 7])
    state.track.settle("tutor", "m", "health", 8, [("a", 7, 1.0), ("b", 7, math.nan)])
    state.track.settle("tutor", "m", "exit_14d", 7, [("a", 7, 0.0)])
    assert state.track.marks_us("tutor", "m") == {"health": 8, "exit_14d": 7}
    found = state.track.between("tutor", "m", 7, 10)
    assert found.predictions.entity_ids.tolist() == ["a", "b", "a"]
    np.testing.assert_array_equal(found.outcomes["health"], [1, np.nan, np.nan])
    np.testing.assert_array_equal(found.outcomes["exit_14d"], [0, np.nan, np.nan])
    assert len(state.track.between("tutor", "m", 8, 9).predictions) == 0


def test_a_later_look_corrects_nothing_but_what_it_was_told(state: State) -> None:
    state.track.settle("tutor", "m", "health", 8, [("a", 7, 1.0)])
    state.track.settle("tutor", "m", "inactive_14d", 8, [("a", 7, 0.0)])
    state.predictions.record(rows(["a"], as_of_us=7, model_version="m"))
    found = state.track.between("tutor", "m", 0, 9).outcomes
    assert (found["health"].tolist(), found["inactive_14d"].tolist()) == ([1.0], [0.0])


def test_terms_are_remembered(state: State) -> None:
    state.track.keep_terms("tutor", "m", Terms(30, "exit"))
    state.track.keep_terms("tutor", "n", Terms(None, "inactive"))
    assert state.track.terms("tutor") == {"m": Terms(30, "exit"), "n": Terms(None, "inactive")}
    assert state.track.terms("student") == {}


def test_figures_are_replaced_and_come_newest_month_first(state: State) -> None:
    first = FiguresRow("tutor", "m", "2026-01", "health_score", 1, False, "{}")
    second = FiguresRow("tutor", "m", "2026-02", "health_score", 1, True, "{}")
    again = FiguresRow("tutor", "m", "2026-01", "health_score", 2, False, "[]")
    state.track.keep([first, second])
    state.track.keep([again])
    assert state.track.figures() == [second, again]


def test_a_home_from_before_the_track_record_keeps_its_predictions_and_is_judged(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite"
    before = next(i for i, step in enumerate(STEPS) if any("TABLE outcomes" in part for part in step))
    old = open_connection(path, STEPS[:before])
    old.execute(
        "INSERT INTO predictions_of_record (entity_type, entity_id, as_of_us, model_version) VALUES ('tutor', 'a', 7, 'm')"
    )
    old.close()
    state = State(path)
    assert state.track.versions("tutor") == ["m"]
    assert state.track.recorded("tutor", "m", 0, 9)[0].tolist() == ["a"]
    state.close()


def test_the_record_of_a_model_is_found_through_the_index(state: State, tmp_path: Path) -> None:
    plan = sqlite3.connect(tmp_path / "state.sqlite").execute(
        "EXPLAIN QUERY PLAN SELECT MIN(model_version) FROM predictions_of_record WHERE entity_type = 'tutor' AND model_version > 'm'"
    )
    assert "record_by_model" in str(plan.fetchall())
