"""The home folder: everything that one marketplace's tutorpulse keeps, in one place.

events.duckdb   the log, the rejects, the settled sessions
state.sqlite    predictions of record, insights, recommendations
ids/            digests of all event ids
places/         where each session's events are in the log
archive/        events older than the settings keep in the log, by table and day
journal/        what the live service acknowledged and is not in the log yet
models/         trained artifacts
truth.parquet   what was to come, where the marketplace is simulated and told
scratch/        what DuckDB spills while it works; scratch-planned/ what the queries of a few do
settings.toml   the user's settings, if any
lock            held by the process that uses the home
version         the layout's number
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tutorpulse.errors import HomeBusyError, HomeError, HomeVersionError

LAYOUT_VERSION = 1
"""The layout that this version reads and writes."""

_VERSION_FILE = "version"
_OURS_BEFORE_FIRST_USE = frozenset({"settings.toml", "rules.toml"})


@dataclass(frozen=True)
class Home:
    """A home folder that exists and is of a layout we know. Opening it does not lock it."""

    path: Path

    @classmethod
    def open(cls, path: Path, create: bool = False) -> "Home":
        """The home at `path`; with `create` a new or empty folder becomes one.

        Raises:
            HomeVersionError: a newer version of tutorpulse wrote it.
            HomeError: it does not exist (and `create` is false), is a file, holds other things, or cannot be written.
        """
        if path.exists() and not path.is_dir():
            raise HomeError(f"The home {path} is a file. Give a folder with --home.")
        if not (path / _VERSION_FILE).exists():
            if not create:
                raise HomeError(
                    f"There is no home at {path}. Run `tutorpulse import FILE` first, or give another with --home."
                )
            _make(path)
        _check_version(path)
        return cls(path)

    @property
    def events_path(self) -> Path:
        """The DuckDB file of the log."""
        return self.path / "events.duckdb"

    @property
    def state_path(self) -> Path:
        """The SQLite file of the mutable state."""
        return self.path / "state.sqlite"

    @property
    def ids_path(self) -> Path:
        """The folder of the index of known event ids."""
        return self.path / "ids"

    @property
    def places_path(self) -> Path:
        """The folder of the index of sessions' events."""
        return self.path / "places"

    @property
    def archive_path(self) -> Path:
        """The folder of events that were moved out of the database."""
        return self.path / "archive"

    @property
    def journal_path(self) -> Path:
        """The folder of arrivals that are acknowledged and not yet in the log."""
        return self.path / "journal"

    @property
    def models_path(self) -> Path:
        """The folder of trained artifacts."""
        return self.path / "models"

    @property
    def truth_path(self) -> Path:
        """The truth of a simulated marketplace, if the home took it."""
        return self.path / "truth.parquet"

    @property
    def scratch_path(self) -> Path:
        """Where DuckDB spills; empty between uses."""
        return self.path / "scratch"

    @contextmanager
    def lock(self, read_only: bool = False) -> Iterator[None]:
        """Hold the home: alone, or with `read_only` beside other readers. The system frees it if the process dies.

        Raises:
            HomeBusyError: another process, or this one elsewhere, holds it.
            HomeError: the lock file cannot be opened.
        """
        with _open_lock(self.path / "lock", read_only) as file:
            _acquire(file, self.path, read_only)
            if not read_only:
                file.truncate(0)
                file.write(f"{os.getpid()}\n")
                file.flush()
            yield


def _make(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
        strangers = sorted(entry.name for entry in path.iterdir() if entry.name not in _OURS_BEFORE_FIRST_USE)
        if strangers:
            raise HomeError(
                f"{path} is no tutorpulse home and holds other things ({strangers[0]}). "
                "Give a new or empty folder with --home."
            )
        (path / _VERSION_FILE).write_text(f"{LAYOUT_VERSION}\n", encoding="utf-8")
    except OSError as error:
        raise HomeError(
            f"Cannot make a home at {path}: {error.strerror}. Give a folder that you may write with --home."
        ) from None


def _check_version(path: Path) -> None:
    text = (path / _VERSION_FILE).read_text(encoding="utf-8", errors="replace").strip()
    if not text.isdecimal():
        raise HomeError(
            f"{path / _VERSION_FILE} holds {text!r} where a number should be. Restore the home from a copy."
        )
    if int(text) > LAYOUT_VERSION:
        raise HomeVersionError(
            f"The home {path} has layout {text}; this version knows up to {LAYOUT_VERSION}. Upgrade tutorpulse."
        )


def _open_lock(path: Path, read_only: bool) -> IO[str]:
    try:
        return path.open("r" if read_only and path.exists() else "a+", encoding="utf-8")
    except OSError as error:
        raise HomeError(
            f"Cannot write in the home {path.parent}: {error.strerror}. Mend its permissions, or give another with --home."
        ) from None


def _acquire(file: IO[str], home: Path, read_only: bool) -> None:
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if read_only else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        holder = file.read().strip() or "unknown"
        raise HomeBusyError(
            f"The home {home} is in use (process {holder}). Wait until it is done, or give another with --home."
        ) from None
