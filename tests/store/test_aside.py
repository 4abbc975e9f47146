"""One thread does what another hands it, one thing after another."""

import threading

import pytest

from tutorpulse.store.aside import Aside


def test_whoever_begins_goes_on_and_waits_only_for_what_was_begun_before() -> None:
    aside, may_end, done = Aside("aside"), threading.Event(), list[int]()

    def first() -> None:
        assert may_end.wait(30)
        done.append(1)

    aside.begin(first)
    assert done == []
    may_end.set()
    aside.begin(lambda: done.append(2))
    assert done[:1] == [1]
    aside.wait()
    assert done == [1, 2]
    aside.wait()
    aside.close()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("by", ["wait", "begin"])
def test_a_fault_is_raised_where_it_is_waited_for(by: str) -> None:
    aside, done = Aside("aside"), list[int]()

    def broken() -> None:
        raise ZeroDivisionError("fault")

    aside.begin(broken)
    with pytest.raises(ZeroDivisionError, match="fault"):
        aside.wait() if by == "wait" else aside.begin(lambda: done.append(1))
    assert done == []


def test_it_ends_after_what_is_under_way() -> None:
    aside, done = Aside("ending aside"), threading.Event()
    aside.begin(done.set)
    (thread,) = (one for one in threading.enumerate() if one.name == "ending aside")
    aside.close()
    thread.join(30)
    assert done.is_set()
    assert not thread.is_alive()
