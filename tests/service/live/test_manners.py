"""How lanes behave towards those who come in by the live door."""

import threading
from pathlib import Path

import pytest

from tests.service.live.homes import append, later, refreshed, scored_at
from tests.service.logs import event
from tests.waiting import until
from tutorpulse.service.live import manners
from tutorpulse.service.live import refresher as refresher_module
from tutorpulse.service.live.manners import Manners
from tutorpulse.service.live.refresher import Refresher
from tutorpulse.service.root import Pulse


class Pressed:
    """A door with a press of events, and a thousand bodies more at each look."""

    has_waiting = False

    def __init__(self) -> None:
        self.pressed, self.asked = threading.Event(), threading.Event()
        self.pressed.set()
        self.bodies_asked = 0

    @property
    def is_behind(self) -> bool:
        self.asked.set()
        return self.pressed.is_set()

    @property
    def bodies(self) -> int:
        self.bodies_asked += 1_000_000
        return self.bodies_asked

    def bring_in(self) -> None:
        pass


def test_a_lane_gives_way_to_a_press_of_events_and_goes_on_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with refreshed(tmp_path) as (pulse, refresher):
        monkeypatch.setattr(manners, "GIVE_WAY_S", 3600.0)
        door = refresher.manners.door = Pressed()
        now_us = later(pulse, 0.1)
        append(pulse, event("ib_call_logged", 0, student_id="s3"))
        refresher.start()
        assert door.asked.wait(30)
        assert scored_at(pulse, "student", now_us) == []
        door.pressed.clear()
        refresher.lanes["student"].ask_whole().result(30)
        assert "s3" in scored_at(pulse, "student", now_us)


class Waiting(Pressed):
    """A door where one event waits that only a reader brings in."""

    def __init__(self, pulse: Pulse, refresher: Refresher) -> None:
        super().__init__()
        self.pressed.clear()
        self.pulse, self.refresher, self.has_waiting = pulse, refresher, False

    @property
    def bodies(self) -> int:
        return 0

    def bring_in(self) -> None:
        if self.has_waiting:
            self.has_waiting = False
            append(self.pulse, event("ib_call_logged", 0, student_id="s3"))
            self.refresher.announce()


def test_a_lane_that_has_nothing_to_do_brings_in_what_waits_at_the_door(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with refreshed(tmp_path) as (pulse, refresher):
        monkeypatch.setattr(refresher_module, "POLL_S", 3600.0)
        door = refresher.manners.door = Waiting(pulse, refresher)
        now_us = later(pulse, 0.1)
        refresher.start()
        door.has_waiting = True
        until(lambda: "s3" in scored_at(pulse, "student", now_us))


def test_a_lane_rests_after_a_step_where_many_bodies_came_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with refreshed(tmp_path) as (pulse, refresher):
        rests: list[float | None] = []
        door = refresher.manners.door = Pressed()
        door.pressed.clear()
        wait = threading.Event.wait

        def noted(event: threading.Event, timeout: float | None = None) -> bool:
            if event is refresher._stopping:
                rests.append(timeout)
            return wait(event, timeout)

        monkeypatch.setattr(threading.Event, "wait", noted)
        append(pulse, event("ib_call_logged", 0, student_id="s3"))
        refresher.start()
        refresher.lanes["student"].ask_whole().result(30)
        until(lambda: bool(rests))
        assert rests[0] is not None
        assert rests[0] > 0


class Counting:
    """A door to which so many bodies come between two looks."""

    is_behind = False
    has_waiting = False

    def __init__(self, *more: int) -> None:
        self.more = list(more)
        self.bodies_in_all = 0

    @property
    def bodies(self) -> int:
        self.bodies_in_all += self.more.pop(0) if self.more else 0
        return self.bodies_in_all

    def bring_in(self) -> None:
        pass


def rests_s(monkeypatch: pytest.MonkeyPatch, door: Counting, step_s: float, bodies: int) -> list[float]:
    """How long a lane waits, look by look, after a step in which so many bodies came. No time passes but by waiting."""
    waited: list[float] = []

    class Waits(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            assert timeout is not None
            waited.append(timeout)
            return False

    lane = Manners(Waits())
    lane.door = door
    with monkeypatch.context() as patched:
        patched.setattr(manners, "monotonic", lambda: sum(waited))
        lane.leave_room(step_s, bodies)
    return waited


def test_a_lane_rests_in_proportion_to_the_requests_and_never_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    flood = [10_000] * 100

    def rested_s(step_s: float, bodies: int) -> float:
        return sum(rests_s(monkeypatch, Counting(*flood), step_s, bodies))

    assert rested_s(0.5, 100) == 0
    assert rested_s(0.4, 240) == pytest.approx(0.8)
    assert rested_s(0.2, 1_000_000) == pytest.approx(1.6)
    assert rested_s(5.0, 1_000_000) == pytest.approx(4.0)


def test_a_rest_ends_when_requests_do(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(rests_s(monkeypatch, Counting(0, 500, 500, 3), 0.4, 10_000)) == 2
