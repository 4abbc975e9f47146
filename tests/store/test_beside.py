"""Groups decoded by a process of its own: as here, in order, and whatever becomes of that process."""

import os
import signal
import time
from collections.abc import Callable, Iterator

import pytest

from tests.store.door import NOW, body, event
from tutorpulse.store import beside as beside_module
from tutorpulse.store.beside import Beside
from tutorpulse.store.bodies import Body, Group, decode
from tutorpulse.store.outline import Outline


def until(holds: Callable[[], bool]) -> None:
    end_s = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end_s
        time.sleep(0.01)


def ready() -> Beside:
    beside = Beside()
    until(beside.is_ready)
    return beside


@pytest.fixture
def beside() -> Iterator[Beside]:
    started = ready()
    yield started
    started.close()


def group(*bodies: Body) -> Group:
    return Group(bodies, 0)


def killed(beside: Beside) -> None:
    assert beside.pid is not None
    os.kill(beside.pid, signal.SIGKILL)
    os.waitid(os.P_PID, beside.pid, os.WEXITED | os.WNOWAIT)


def test_what_comes_back_is_what_decoding_here_gives_in_order(beside: Beside) -> None:
    groups = [
        group(body(event("a"), event("b"), {"no": "event"}), body(event("a"), form="lines", source="other")),
        group(body(*[event(f"{i}") for i in range(9_000)], form="lines")),
        group(Body(b"no event", "json", "x", NOW)),
    ]
    for one in groups:
        until(lambda one=one: beside.send(one))
    for one in groups:
        received, here = beside.receive(), decode(one)
        assert received is not None
        assert received.batch == Outline.of(here.batch)
        assert received.starts == here.starts


def test_a_process_that_ends_says_so_and_is_not_started_again_at_once() -> None:
    beside = ready()
    assert beside.send(group(body(event("a"))))
    killed(beside)
    answers = [beside.receive(), beside.receive()]
    assert answers[1] is None
    assert not beside.is_ready()
    assert beside.pid is None
    beside.close()


def test_nothing_can_be_sent_to_a_process_that_ended() -> None:
    beside = ready()
    killed(beside)
    assert not beside.send(group(body(event("a"))))
    assert not beside.is_ready()
    beside.close()


def test_it_ends_with_whoever_started_it(beside: Beside) -> None:
    process = beside._process
    assert process is not None
    beside.close()
    assert process.wait(30) == 0
    assert beside.pid is None


def test_a_process_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_ANSWERS_IN_S", "_ENDS_IN_S"):
        monkeypatch.setattr(beside_module, name, 0.1)
    beside = ready()
    assert beside.pid is not None
    os.kill(beside.pid, signal.SIGSTOP)
    assert beside.send(group(body(*[event(f"{i}") for i in range(5_000)])))
    assert not beside.send(group(body(event("a"))))
    assert beside.receive() is None
    assert beside.pid is None
