"""The composition root: a home's log is opened with what its settings say, whoever opens it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from tutorpulse.errors import SettingsError
from tutorpulse.service.root import open_alone, open_log, open_pulse
from tutorpulse.settings import FILE_NAME, Settings, load
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore

_OPENERS: list[Callable[[Path], AbstractContextManager[object]]] = [
    open_pulse,
    open_alone,
    lambda path: open_log(Home.open(path)),
    lambda path: open_log(Home.open(path), read_only=True),
]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home.open(tmp_path / "home", create=True)
    EventStore.open(home).close()
    return home


def limit_gb(opened: Any) -> float:
    """What DuckDB itself says that it may use: it writes powers of 1,024."""
    store = getattr(opened, "store", opened)
    number, unit = store.query("SELECT current_setting('memory_limit') AS says")["says"][0].split()
    return float(number) * {"MiB": 2**20, "GiB": 2**30}[unit] / 1e9


@pytest.mark.parametrize("opener", _OPENERS)
def test_the_database_may_use_what_the_homes_file_says(
    home: Home, opener: Callable[[Path], AbstractContextManager[object]]
) -> None:
    (home.path / FILE_NAME).write_text("database_gb_max = 0.5\n")
    with opener(home.path) as opened:
        assert limit_gb(opened) == pytest.approx(0.5, abs=1e-3)


def test_the_database_may_use_three_gigabytes_where_nothing_is_said(home: Home) -> None:
    with open_log(home) as store:
        assert limit_gb(store) == pytest.approx(3.0, abs=0.11)  # It writes 2.7 GiB.


def test_the_environment_and_then_a_flag_go_before_the_file(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home.path / FILE_NAME).write_text("database_gb_max = 0.5\n")
    monkeypatch.setenv("TUTORPULSE_DATABASE_GB_MAX", "0.6")
    with open_pulse(home.path) as pulse:
        assert limit_gb(pulse) == pytest.approx(0.6, abs=1e-3)
    with open_alone(home.path, settings=load(home.path, database_gb_max=0.7)) as pulse:
        assert limit_gb(pulse) == pytest.approx(0.7, abs=1e-3)


def test_less_than_the_database_can_work_with_is_refused(home: Home) -> None:
    (home.path / FILE_NAME).write_text("database_gb_max = 0.1\n")
    with pytest.raises(SettingsError, match=r">= 0\.25.*database_gb_max"):
        open_log(home)


def test_a_log_opened_without_settings_has_the_same_bound(home: Home) -> None:
    with EventStore.open(home) as store:
        assert limit_gb(store) == pytest.approx(Settings().database_gb_max, abs=0.11)
