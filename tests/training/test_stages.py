"""A training's progress is one measure that never goes back and ends at the end."""

from itertools import pairwise

from tutorpulse.features.frame import EntityType
from tutorpulse.training.stages import Stages

ORDER = ("features", "heads", "heads held out", "figures")


def _told(kinds: tuple[EntityType, ...]) -> list[float]:
    told: list[float] = []
    stages = Stages(kinds, lambda done, total: told.append(done / total))
    for kind in kinds:
        stages(f"{kind} leaks", 1, 1)
    for kind in kinds:
        for stage in ORDER:
            for done in range(5):
                stages(f"{kind} {stage}", done, 4)
    return told


def test_stages_make_one_way_from_the_beginning_to_the_end() -> None:
    for kinds in (("tutor",), ("tutor", "student")):
        told = _told(kinds)
        assert told == sorted(told)
        assert told[0] > 0
        assert told[-1] == 1
        assert max(b - a for a, b in pairwise(told)) < 0.2


def test_what_has_no_share_moves_nothing() -> None:
    told: list[int] = []
    stages = Stages(("tutor",), lambda done, _total: told.append(done))
    stages("tutor features", 1, 2)
    stages("a trial", 1, 1)
    assert told[0] == told[1] > 0
