"""The receivers in force, followed while their file changes."""

import logging
from pathlib import Path

from tutorpulse.errors import InputError
from tutorpulse.service.delivery.receivers import FILE_NAME, Receiver, load_receivers
from tutorpulse.service.delivery.sending import check_installed
from tutorpulse.settings import Settings
from tutorpulse.store.state import State

log = logging.getLogger("tutorpulse.alerts")


class Receivers:
    """A file that is wrong changes nothing: those before go on being told."""

    def __init__(self, home: Path, settings: Settings) -> None:
        self._home, self._settings = home, settings
        self._stamp: int | None = None
        self._read: tuple[Receiver, ...] | None = None
        self._names: frozenset[str] = frozenset()

    def now(self) -> tuple[Receiver, ...]:
        """Those in force.

        Raises:
            SettingsError: the file is wrong, and none was read before. InputError: a library that they need is missing.
        """
        path = self._home / FILE_NAME
        stamp = path.stat().st_mtime_ns if path.is_file() else None
        if self._read is None or stamp != self._stamp:
            self._read, self._stamp = self._loaded(), stamp
        return self._read

    def follow(self, state: State, now_us: int) -> tuple[Receiver, ...]:
        """Those in force; whoever was taken out of the file since the last call is told nothing of what waited."""
        receivers = self.now()
        names = frozenset(receiver.name for receiver in receivers)
        if gone := self._names - names:
            state.outbox.drop(gone, now_us)
        self._names = names
        return receivers

    def _loaded(self) -> tuple[Receiver, ...]:
        try:
            found = load_receivers(self._home, self._settings)
            check_installed(found)
        except InputError as error:
            if self._read is None:
                raise
            log.warning("receivers not read: %s", error)
            return self._read
        return found
