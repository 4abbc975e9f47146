"""The share of its time for which a thread was at work of late."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutorpulse.store.pressure import SPAN_S, Pressure


def test_nothing_was_told_and_nothing_weighs() -> None:
    assert Pressure().share(5.0) == 0.0


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_work_in_even_turns_comes_to_its_share(share: float) -> None:
    pressure, turn_s = Pressure(), 0.001
    for turn in range(10_000):
        pressure.worked(turn * turn_s, (turn + share) * turn_s)
    assert pressure.share(10_000 * turn_s) == pytest.approx(share, abs=0.01)


def test_it_is_forgotten_as_time_goes_by() -> None:
    pressure = Pressure()
    pressure.worked(0.0, 100.0)
    assert pressure.share(100.0) == pytest.approx(1.0)
    assert pressure.share(100.0 + SPAN_S) == pytest.approx(math.exp(-1))


@given(st.lists(st.tuples(st.floats(0, 3), st.floats(0, 3)), max_size=30))
def test_it_is_a_share_whatever_the_turns(turns: list[tuple[float, float]]) -> None:
    pressure, now_s = Pressure(), 1000.0
    for idle_s, work_s in turns:
        pressure.worked(now_s + idle_s, now_s + idle_s + work_s)
        now_s += idle_s + work_s
        assert 0.0 <= pressure.share(now_s) <= 1.0
