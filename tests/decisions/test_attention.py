import numpy as np

from tutorpulse.decisions.attention import most_in_need


def rows(risk: list[float], value: list[float], limit: int = 10) -> list[int]:
    return [need.row for need in most_in_need(np.array(risk), np.array(value), limit)]


def test_the_largest_expected_loss_comes_first() -> None:
    [first, second] = most_in_need(np.array([0.9, 0.5]), np.array([10.0, 100.0]), 10)
    assert (first.row, first.expected_loss, first.risk, first.value) == (1, 50.0, 0.5, 100.0)
    assert second.row == 0


def test_no_more_than_asked_and_ties_in_order() -> None:
    assert rows([0.5] * 4, [1] * 4, 2) == [0, 1]


def test_the_unknown_and_those_with_nothing_to_lose_are_left_out() -> None:
    nan = float("nan")
    assert rows([nan, 0.5, 0.0, 0.5, 0.5], [1, nan, 1, 0, -3]) == []
