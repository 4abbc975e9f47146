"""What lanes write to the state moves into its file aside: within a look it would keep everybody waiting whom the next one is about."""

import logging
import threading
from contextlib import closing
from pathlib import Path

from tutorpulse.errors import TutorpulseError
from tutorpulse.priority import give_way
from tutorpulse.store.state import State
from tutorpulse.store.state.connection import WAL_PAGES

log = logging.getLogger("tutorpulse.live")

ROWS = WAL_PAGES
"""A row here or there in a large table costs a page of its own, so after so many rows about so many pages wait."""


class PageMover:
    """A thread that moves pages once lanes have written enough rows. Close it before the home."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._guard = threading.Lock()
        self._rows = 0
        self._wake = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to wait.

        Raises:
            HomeBusyError: another process holds the state. HomeError: it is damaged.
        """
        state = State(self._path, durable=False)
        self._thread = threading.Thread(target=self._run, args=(state,), name="state-pages", daemon=True)
        self._thread.start()

    def note(self, rows: int) -> None:
        """So many rows were written."""
        with self._guard:
            self._rows += rows
            if self._rows >= ROWS:
                self._rows = 0
                self._wake.set()

    def close(self, timeout_s: float) -> None:
        """Stop, after the move under way."""
        self._stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _run(self, opened: State) -> None:
        give_way()
        with closing(opened) as state:
            while self._wake.wait() and not self._stopping:
                self._wake.clear()
                self._move(state)

    def _move(self, state: State) -> None:
        try:
            state.move_pages()
        except TutorpulseError as error:
            # Nothing is lost: they stay in the log, and the next turn, or a lane itself, moves them.
            log.warning("the state's pages stay in its log for now: %s", error)
