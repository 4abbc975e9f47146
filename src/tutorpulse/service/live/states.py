"""Connections to the state, lent to one caller at a time: SQLite reads beside a writer, but not two threads on one connection."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tutorpulse.store.state import State


class States:
    """A pool over the state of one home; it grows to as many connections as are ever used at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._guard = threading.Lock()
        self._idle: list[State] = []

    @contextmanager
    def one(self) -> Iterator[State]:
        """A state of the caller's own for a while.

        Raises:
            HomeBusyError: another process holds the file. HomeError: it is damaged.
        """
        with self._guard:
            state = self._idle.pop() if self._idle else None
        state = state or State(self._path)
        try:
            yield state
        finally:
            with self._guard:
                self._idle.append(state)

    def close(self) -> None:
        """Close the connections that nobody holds."""
        with self._guard:
            idle, self._idle = self._idle, []
        for state in idle:
            state.close()
