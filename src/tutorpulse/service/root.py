"""The composition root: one opened home, with all that works on it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tutorpulse.clock import Clock, SystemClock
from tutorpulse.errors import HistoryError
from tutorpulse.service.socket.client import ServedStore
from tutorpulse.settings import Settings, load
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore
from tutorpulse.store.state import State


@dataclass(frozen=True)
class Pulse:
    """An opened home: its log, its state, its settings, and the time."""

    home: Home
    store: EventStore
    state: State
    settings: Settings
    clock: Clock


@contextmanager
def open_pulse(path: Path, create: bool = False, clock: Clock | None = None) -> Iterator[Pulse]:
    """Open the home at `path`; with `create`, make one where there is none. Where a service holds it, work through that.

    Raises:
        HomeError: it cannot be used. SettingsError: its settings are wrong.
    """
    home = Home.open(path, create=create)
    settings = load(home.path)
    with open_log(home, settings=settings) as store, closing(State(home.state_path)) as state:
        yield Pulse(home, store, state, settings, clock or SystemClock())


@contextmanager
def open_alone(
    path: Path,
    create: bool = False,
    clock: Clock | None = None,
    settings: Settings | None = None,
    recovering: bool = True,
) -> Iterator[Pulse]:
    """As `open_pulse`, but holding the home here, with settings of one's own if any are given; `recovering` as of `EventStore.open`.

    Raises:
        HomeBusyError: a service, or another process, holds the home.
    """
    home = Home.open(path, create=create)
    chosen = settings or load(home.path)
    opened = EventStore.open(home, memory_limit_gb=chosen.database_gb_max, recovering=recovering)
    with opened as store, closing(State(home.state_path)) as state:
        yield Pulse(home, store, state, chosen, clock or SystemClock())


def open_log(home: Home, read_only: bool = False, settings: Settings | None = None) -> EventStore:
    """The log of a home: of the service that holds it, or opened here where none does, with the home's settings unless others are given.

    Raises:
        HomeBusyError: another process holds the home, and is no service. HomeError: the log cannot be read.
        SettingsError: its settings are wrong.
    """
    served = ServedStore.of(home)
    if served is not None:
        return served
    return EventStore.open(home, read_only, (settings or load(home.path)).database_gb_max)


def newest_event_us(pulse: Pulse) -> int:
    """The newest event's time.

    Raises:
        HistoryError: nothing was imported yet.
    """
    newest_us = pulse.store.newest_us()
    if newest_us is None:
        raise HistoryError(f"The home {pulse.home.path} holds no events. Run `tutorpulse import FILE` first.")
    return newest_us
