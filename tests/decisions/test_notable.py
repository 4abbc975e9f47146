import numpy as np

from tutorpulse.decisions.notable import Peers, notable, peers

GROUPS = ("load", "load", "ratings", "other")
HEALTHY = ("down", "down", "up", "none")


def crowd() -> np.ndarray:
    rng = np.random.default_rng(1)
    return rng.normal(10, 2, (500, 4)).astype(np.float32)


def told(
    now: list[float], earlier: list[float] | None = None, worse: bool = True, limit: int = 2
) -> list[int]:
    return one(now, earlier, peers(crowd(), HEALTHY, GROUPS), worse, limit)


def one(
    now: list[float], earlier: list[float] | None, of: Peers, worse: bool = True, limit: int = 2
) -> list[int]:
    before = np.array([earlier or [np.nan] * len(now)], np.float32)
    (found,) = notable(np.array([now], np.float32), before, of, np.array([worse]), limit)
    return found


def test_far_from_the_peers_on_the_unhealthy_side_is_told() -> None:
    assert told([10, 16, 10, 10]) == [1]
    assert told([10, 4, 10, 10]) == []


def test_the_healthy_side_is_told_where_things_got_better() -> None:
    assert told([10, 4, 10, 10], worse=False) == [1]


def test_what_moved_comes_before_what_is_merely_unusual() -> None:
    assert told([18, 10, 9, 10], [18, 10, 10, 10]) == [2, 0]


def test_one_fact_a_group_and_no_more_than_asked() -> None:
    assert told([18, 17, 5, 10]) == [0, 2]
    assert told([18, 17, 5, 10], limit=1) == [0]


def test_what_has_no_healthy_direction_is_never_told() -> None:
    assert told([10, 10, 10, 99]) == []


def test_missing_facts_are_never_told() -> None:
    nan = float("nan")
    assert told([nan, 16, nan, nan], [1, nan, 1, 1]) == [1]


def test_a_column_that_is_missing_or_the_same_for_all_is_never_told() -> None:
    same = np.full((50, 2), 3, np.float32)
    same[:, 1] = np.nan
    of = peers(same, ("down", "down"), ("a", "b"))
    assert one([9, 9], None, of) == []


def test_a_column_of_mostly_one_value_is_measured_by_its_deviation() -> None:
    rare = np.zeros((100, 1), np.float32)
    rare[:5] = 1
    assert one([1], None, peers(rare, ("down",), ("a",))) == [0]


def test_each_row_is_told_by_itself() -> None:
    nan = float("nan")
    now = np.array([[10, 16, 10, 10], [18, 10, 9, 10], [10, 10, 10, 10], [10, 4, 15, 10]], np.float32)
    earlier = np.array([[nan] * 4, [18, 10, 10, 10], [nan] * 4, [nan] * 4], np.float32)
    worse = np.array([True, True, True, False])
    of = peers(crowd(), HEALTHY, GROUPS)
    assert notable(now, earlier, of, worse) == [[1], [2, 0], [], [1, 2]]


def test_of_equals_the_first_column_is_told() -> None:
    of = Peers(np.zeros(2), np.ones(2), np.array([-1.0, -1.0]), ("a", "a"), np.zeros(2), np.zeros(2))
    assert one([5, 5], None, of) == [0]


def test_of_nobody_nothing_is_told() -> None:
    none = np.empty((0, 4), np.float32)
    assert notable(none, none, peers(crowd(), HEALTHY, GROUPS), np.empty(0, np.bool_)) == []
