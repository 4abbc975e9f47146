"""What open pages cost is told against spans without any."""

import os

import pytest

from tutorpulse.bench.open_pages import differences
from tutorpulse.bench.served import own_memory_mb, resident_mb


def test_each_span_with_pages_is_held_against_those_before_and_after_it_so_that_steady_growth_cancels() -> (
    None
):
    grown = [100.0 + 3 * k for k in range(7)]
    closed, opened = grown[::2], [value + 20 for value in grown[1::2]]
    assert differences(opened, closed) == pytest.approx([20.0, 20.0, 20.0])


def test_what_the_system_does_not_tell_is_not_made_up() -> None:
    assert differences([None, 2.0], [1.0, 1.0, 1.0]) == []
    assert differences([2.0, 2.0], [1.0, None, 1.0]) == []


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="the system does not tell")
def test_memory_of_its_own_is_part_of_what_a_process_holds() -> None:
    own, held = own_memory_mb(os.getpid()), resident_mb(os.getpid())
    assert own is not None
    assert held is not None
    assert 0 < own <= held
