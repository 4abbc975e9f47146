"""Answers that are kept a while."""

import threading

import pytest

from tutorpulse.dashboard.kept import Kept


class _Clock:
    def __init__(self) -> None:
        self.s = 0.0

    def __call__(self) -> float:
        return self.s


def test_what_is_young_enough_is_not_worked_out_again() -> None:
    worked: list[int] = []
    clock = _Clock()
    kept = Kept(lambda: worked.append(1) or len(worked), 10, clock)
    assert [kept.get(), kept.get()] == [1, 1]


def test_what_is_too_old_is_shown_once_more_while_a_new_one_is_worked_out() -> None:
    worked: list[int] = []
    done = threading.Event()

    def work() -> int:
        worked.append(1)
        if len(worked) == 2:
            done.set()
        return len(worked)

    clock = _Clock()
    kept = Kept(work, 10, clock)
    kept.get()
    clock.s = 11
    assert kept.get() == 1
    assert done.wait(10)
    for thread in threading.enumerate():
        if thread.name == "pages-renew":
            thread.join(10)
    assert kept.get() == 2


def test_what_nobody_asked_for_in_long_is_worked_out_before_it_is_shown() -> None:
    worked: list[int] = []
    clock = _Clock()
    kept = Kept(lambda: worked.append(1) or len(worked), 10, clock)
    kept.get()
    clock.s = 61
    assert kept.get() == 2


def test_an_error_is_told_and_not_kept() -> None:
    answers = iter([ValueError("not yet"), 5])

    def work() -> int:
        answer = next(answers)
        if isinstance(answer, ValueError):
            raise answer
        return answer

    kept = Kept(work, 10)
    with pytest.raises(ValueError, match="not yet"):
        kept.get()
    assert kept.get() == 5
