"""Look-ups in a timeline against a plain search."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.training.lives import timeline

TIMES = st.integers(-(10**15), 10**15)


@given(st.lists(st.lists(TIMES, max_size=6), min_size=1, max_size=5), TIMES, TIMES)
def test_look_ups_equal_a_plain_search(moments: list[list[int]], a: int, b: int) -> None:
    line = timeline(moments)
    lo, hi = sorted((a, b))
    entity = np.arange(len(moments))
    at_lo, at_hi = np.full(len(moments), lo), np.full(len(moments), hi)
    missing = 2**62
    assert line.us_at(line.last_through(entity, at_hi), missing).tolist() == [
        max((t for t in own if t <= hi), default=missing) for own in moments
    ]
    assert line.us_at(line.first_after(entity, at_lo), missing).tolist() == [
        min((t for t in own if t > lo), default=missing) for own in moments
    ]
    assert line.us_at(line.first_from(entity, at_lo), missing).tolist() == [
        min((t for t in own if t >= lo), default=missing) for own in moments
    ]
    assert line.count_between(entity, at_lo, at_hi).tolist() == [
        sum(lo < t <= hi for t in own) for own in moments
    ]
