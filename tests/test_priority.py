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


@pytest.mark.parametrize(("before_s", "within_s"), [(0.005, SOON_S), (SOON_S / 2, SOON_S / 2)])
def test_within_turns_the_interpreter_changes_hands_soon_and_after_a_fault_as_before(
    before_s: float, within_s: float
) -> None:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(before_s)
    try:
        with suppress(ZeroDivisionError), in_turns():
            assert sys.getswitchinterval() == pytest.approx(within_s)
            raise ZeroDivisionError
        assert sys.getswitchinterval() == pytest.approx(before_s)
    finally:
        sys.setswitchinterval(usual)
