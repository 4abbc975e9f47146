"""The nightly upkeep of a served home: when, and in a process of its own that ends with the service."""

import sys
import threading
from pathlib import Path

import pytest

from tutorpulse.api.running.keeping import FIRST_US, Keeper
from tutorpulse.clock import DAY_US, HOUR_US, FixedClock

NIGHT_US = 20_000 * DAY_US


def test_it_is_due_some_time_after_the_start_and_then_after_each_midnight(tmp_path: Path) -> None:
    clock = FixedClock(NIGHT_US + 5 * HOUR_US)
    keeper = Keeper(tmp_path, clock)
    assert not keeper.is_due()
    clock.advance(FIRST_US)
    assert [keeper.is_due(), keeper.is_due()] == [True, False]
    clock.us = NIGHT_US + DAY_US + FIRST_US - 1
    assert not keeper.is_due()
    clock.advance(1)
    assert keeper.is_due()
    clock.advance(3 * DAY_US)
    assert [keeper.is_due(), keeper.is_due()] == [True, False]


def test_it_runs_the_verb_and_logs_what_it_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "tutorpulse.upkeep")
    said = Keeper(tmp_path, FixedClock(0), (sys.executable, "-c", "print('kept up')"))
    assert said.run_once() == 0
    assert "upkeep: kept up" in caplog.text
    failing = Keeper(tmp_path / "none", FixedClock(0))
    assert failing.run_once() == 2
    assert "There is no home" in caplog.text or "no home" in caplog.text.lower()
    assert caplog.records[-1].levelname == "WARNING"


def test_closing_ends_what_runs(tmp_path: Path) -> None:
    endless = Keeper(tmp_path, FixedClock(0), (sys.executable, "-c", "import time; time.sleep(600)"))
    threading.Timer(0.5, endless.close).start()
    assert endless.run_once() is None
