"""Threads that give way."""

import os
import sys
import threading
from contextlib import suppress

import pytest

from tutorpulse.priority import LOW, SOON_S, give_way, in_turns

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells threads apart")


def niceness_of_a_thread(already: int) -> int:
    found: list[int] = []

    def work() -> None:
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, already)
        give_way()
        found.append(os.getpriority(os.PRIO_PROCESS, thread))

    worker = threading.Thread(target=work)
    worker.start()
    worker.join()
    return found[0]


def test_the_thread_that_gives_way_is_the_only_one() -> None:
    before = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    assert niceness_of_a_thread(before) == max(LOW, before)
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == before


def test_whoever_gives_way_more_already_goes_on_so() -> None:
    assert niceness_of_a_thread(LOW + 5) == LOW + 5


@pytest.mark.parametrize("usual_us", [5_000, 1_000, 333, 100, 50, 49])
def test_within_turns_the_interpreter_changes_hands_soon_and_after_them_as_before(usual_us: int) -> None:
    before_s = sys.getswitchinterval()
    sys.setswitchinterval(usual_us / 1e6 + 1e-7)
    try:
        for _ in range(100):
            with suppress(ZeroDivisionError), in_turns():
                assert round(sys.getswitchinterval() * 1e6) == min(usual_us, round(SOON_S * 1e6))
                raise ZeroDivisionError
            assert round(sys.getswitchinterval() * 1e6) == usual_us
    finally:
        sys.setswitchinterval(before_s)
