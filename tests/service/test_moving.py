import numpy as np

from tests.store.test_state import rows
from tutorpulse.service.moving import moves
from tutorpulse.store.state import PredictionRows
from tutorpulse.store.state.moves import MoveRow


def of(segments: list[str | None], frozen: list[bool]) -> PredictionRows:
    made = rows([f"t{i}" for i in range(len(segments))], status="active")
    made.columns["segment"] = np.array(segments, dtype=object)
    made.columns["frozen"] = np.array(frozen)
    return made


def test_whoever_is_in_another_segment_moved_and_the_frozen_are_in_none() -> None:
    before = of(["star", "star", None, "at_risk", "at_risk"], [False, False, False, False, True])
    after = of(["star", "at_risk", "healthy", "at_risk", "at_risk"], [False, False, False, True, False])
    assert moves(before, after, 9) == [
        MoveRow("tutor", "t1", 9, "star", "at_risk", "active"),
        MoveRow("tutor", "t2", 9, None, "healthy", "active"),
        MoveRow("tutor", "t3", 9, "at_risk", None, "active"),
        MoveRow("tutor", "t4", 9, None, "at_risk", "active"),
    ]


def test_whoever_stays_frozen_does_not_move() -> None:
    both = of(["star"], [True])
    assert moves(both, both, 9) == []
