"""What lanes write moves into the state's file aside."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.service.live.homes import later, refreshed
from tests.waiting import until
from tutorpulse.errors import HomeError
from tutorpulse.service.live import pages
from tutorpulse.service.live.pages import PageMover
from tutorpulse.store.state import State


@pytest.fixture
def mover(tmp_path: Path) -> Iterator[PageMover]:
    made = PageMover(tmp_path / "state.sqlite")
    made.start()
    yield made
    made.close(5.0)


def in_the_file(path: Path, table: str) -> int:
    """Rows of a table in the file itself, without its log; -1 where the file is no whole one: no table yet, or in the midst of a move."""
    alone = shutil.copy(path, path.with_name("alone.sqlite"))
    with closing(sqlite3.connect(alone)) as copy:
        try:
            return int(copy.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0])
        except sqlite3.DatabaseError:
            return -1


def test_pages_move_after_so_many_rows_and_not_before(tmp_path: Path, mover: PageMover) -> None:
    path = tmp_path / "state.sqlite"
    with closing(State(path, leaves_pages=True)) as state:
        state.keys.create("one", ("read",), 1)
        mover.note(pages.ROWS - 1)
        assert in_the_file(path, "keys") < 1
        mover.note(1)
        until(lambda: in_the_file(path, "keys") == 1)


def test_a_look_of_a_lane_counts_the_rows_that_it_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "ROWS", 1)
    with refreshed(tmp_path) as (pulse, refresher):
        path = pulse.home.state_path
        assert in_the_file(path, "predictions") < 12
        later(pulse, 2)
        refresher.start()
        with closing(State(path)) as state:
            refresher.refresh_all(state)
        until(lambda: in_the_file(path, "predictions") == 12)


def test_a_move_that_fails_is_told_and_the_next_one_is_tried(
    tmp_path: Path, mover: PageMover, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path, tried = tmp_path / "state.sqlite", list[int]()
    move = State.move_pages

    def once(state: State) -> bool:
        tried.append(1)
        if len(tried) == 1:
            raise HomeError("the disk is full")
        return move(state)

    monkeypatch.setattr(State, "move_pages", once)
    with closing(State(path, leaves_pages=True)) as state:
        state.keys.create("one", ("read",), 1)
        mover.note(pages.ROWS)
        until(lambda: "the state's pages stay in its log for now: the disk is full" in caplog.text)
        mover.note(pages.ROWS)
        until(lambda: in_the_file(path, "keys") == 1)


def test_it_ends_when_it_is_closed(mover: PageMover) -> None:
    mover.close(5.0)
    assert mover._thread is not None
    assert not mover._thread.is_alive()
