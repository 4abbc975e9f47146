"""Counts now, and what they were: the moves lead back."""

from pathlib import Path

import numpy as np

from tutorpulse.clock import DAY_US
from tutorpulse.service.queries.overview import overview
from tutorpulse.store.state import PredictionRows, Run, State
from tutorpulse.store.state.moves import MoveRow
from tutorpulse.store.state.schema import PREDICTION_COLUMNS

NOW_US = 30 * DAY_US


def _predicted(state: State, segments: dict[str, str | None]) -> None:
    """One prediction of each tutor; None is frozen."""
    n = len(segments)
    empty = {
        "text": np.full(n, None, object),
        "real": np.full(n, np.nan),
        "time": np.full(n, 1.0),
        "flag": np.zeros(n, bool),
    }
    columns = {name: empty[kind].copy() for name, kind in PREDICTION_COLUMNS.items()}
    columns["segment"] = np.array(list(segments.values()), object)
    columns["frozen"] = np.array([segment is None for segment in segments.values()])
    columns["status"] = np.array(["inactive" if s is None else "active" for s in segments.values()], object)
    state.predictions.write(PredictionRows("tutor", np.array(list(segments), object), columns))


def _moved(entity_id: str, days_ago: float, left: str | None, entered: str | None) -> MoveRow:
    return MoveRow("tutor", entity_id, NOW_US - int(days_ago * DAY_US), left, entered, "active")


def _run(days_ago: float) -> Run:
    return Run(NOW_US - int(days_ago * DAY_US), "v1", "{}", "{}", "[]")


def test_a_week_ago_is_today_without_the_moves_since(tmp_path: Path) -> None:
    state = State(tmp_path / "state.sqlite")
    _predicted(state, {"a": "star", "b": "at_risk", "c": "healthy", "d": None, "e": "star"})
    state.moves.add(
        [
            _moved("a", 20, None, "star"),
            _moved("b", 6, "healthy", "churning"),
            _moved("b", 2, "churning", "at_risk"),
            _moved("c", 5, "healthy", "star"),
            _moved("c", 4, "star", "healthy"),
            _moved("d", 3, "churning", None),
            _moved("e", 1, None, "star"),
        ]
    )
    for days in (20, 0):
        state.runs.add(_run(days))
    tutors = overview(state, NOW_US).kinds[0]
    assert {s.segment: s.count for s in tutors.segments} == {
        "star": 2,
        "healthy": 1,
        "at_risk": 1,
        "churning": 0,
    }
    # a and nobody else; b and c; nobody; d.
    assert {s.segment: s.before for s in tutors.segments} == {
        "star": 1,
        "healthy": 2,
        "at_risk": 0,
        "churning": 1,
    }
    assert (tutors.scored, tutors.before) == (4, 4)
    flows = {(f.left, f.entered): f.count for f in tutors.flows if f.count}
    assert flows == {
        ("star", "star"): 1,
        ("healthy", "healthy"): 1,
        ("healthy", "at_risk"): 1,
        ("churning", None): 1,
        (None, "star"): 1,
    }
    state.close()


def test_a_young_home_is_compared_with_its_first_predictions(tmp_path: Path) -> None:
    state = State(tmp_path / "state.sqlite")
    assert overview(state, NOW_US).since_us is None
    _predicted(state, {"a": "star"})
    state.runs.add(_run(2))
    state.moves.add([_moved("a", 2, None, "star")])
    found = overview(state, NOW_US)
    assert found.since_us == NOW_US - 2 * DAY_US + 1
    assert found.kinds[0].before == 1
    state.close()
