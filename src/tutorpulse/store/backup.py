"""A home's copy as of one moment, taken while the home is used, and a home from such a copy."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path

import msgspec

from tutorpulse.clock import format_time
from tutorpulse.errors import HomeError, InputError
from tutorpulse.store.files import sync_folder, write_durably
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore
from tutorpulse.store.state import State

MANIFEST_FILE = "backup.json"

Progress = Callable[[int, int], None]
"""Told the bytes done and in all."""

_LOG = ("events.duckdb", "events.duckdb.wal", "archive", "ids")
_BESIDE = ("models", "settings.toml", "rules.toml", "truth.parquet", "version")
_BLOCK_BYTES = 1 << 20


class FileSum(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file's size, and the BLAKE2b digest of its content in hexadecimal."""

    bytes: int
    blake2b: str


class Backup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a backup holds: `files` by their path in it, `events` of the log, and by which version it was made and when."""

    made_by: str
    made_at: str
    events: int
    files: dict[str, FileSum]

    @property
    def bytes(self) -> int:
        """Of all files."""
        return sum(file.bytes for file in self.files.values())


@dataclass(frozen=True)
class Opened:
    """What a backup is taken of."""

    home: Home
    store: EventStore
    state: State


def backup(
    opened: Opened, target: Path, now_us: int, progress: Progress = lambda _done, _all: None
) -> Backup:
    """Copy the home to the new folder `target`: all that was acknowledged by now, and the state of a moment later.

    The log keeps still while its files are copied; a service goes on acknowledging meanwhile. Whatever can be made from these files again is left out.

    Raises:
        InputError: `target` exists, or cannot be written.
    """
    if target.exists():
        raise InputError(f"{target} exists. Give a new folder for the backup.")
    part = target.with_name(target.name + ".part")
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        manifest = _fill(opened, part, now_us, progress)
        write_durably(part / MANIFEST_FILE, msgspec.json.format(msgspec.json.encode(manifest)))
        sync_folder(part)
        part.rename(target)
        sync_folder(target.parent)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        raise InputError(
            f"The backup {target} cannot be written: {error.strerror}. Give a folder with room that you may write."
        ) from None
    return manifest


def _fill(opened: Opened, part: Path, now_us: int, progress: Progress) -> Backup:
    home = opened.home.path
    with opened.store.still():
        log = list(_files(home, _LOG))
        told = _Told(progress, sum((home / name).stat().st_size for name in log))
        sums = {name: _copy(home / name, part / name, told) for name in log}
        events = len(opened.store)
    opened.state.copy_to(part / "state.sqlite")
    sums["state.sqlite"] = _synced(part / "state.sqlite")
    sums |= {name: _copy(home / name, part / name, told) for name in _files(home, _BESIDE)}
    return Backup(version("tutorpulse"), format_time(now_us), events, sums)


def restore(source: Path, target: Path, progress: Progress = lambda _done, _all: None) -> Backup:
    """Make the new home `target` from a backup. Every file is compared with its digest; nothing is left of one that does not fit.

    Raises:
        InputError: `source` is no whole backup. HomeError: `target` holds something, or cannot be written.
    """
    manifest = read_manifest(source)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise HomeError(f"{target} holds something. Stop its service, move it away, and restore again.")
    part = target.with_name(target.name + ".part")
    told = _Told(progress, manifest.bytes)
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        for name, known in manifest.files.items():
            _check(source, name, _copy(source / name, part / name, told), known)
        sync_folder(part)
        if target.exists():
            target.rmdir()
        part.rename(target)
        sync_folder(target.parent)
    except OSError as error:
        raise HomeError(
            f"The home {target} cannot be made: {error.strerror} ({error.filename}). Check room and permissions."
        ) from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return manifest


def read_manifest(source: Path) -> Backup:
    """What a backup says of itself.

    Raises:
        InputError: it is none, or a file of it is missing or leads out of it.
    """
    try:
        manifest = msgspec.json.decode((source / MANIFEST_FILE).read_bytes(), type=Backup)
    except (OSError, msgspec.DecodeError):
        raise InputError(
            f"{source} is no backup: there is no whole {MANIFEST_FILE} in it. Give the folder that `tutorpulse backup` made."
        ) from None
    for name in manifest.files:
        if not (source / name).resolve().is_relative_to(source.resolve()) or not (source / name).is_file():
            raise InputError(f"The backup {source} lacks {name}. Take another one.")
    return manifest


def _check(source: Path, name: str, found: FileSum, known: FileSum) -> None:
    if found != known:
        raise InputError(
            f"{source / name} is not as it was backed up: it is damaged. Restore another backup."
        )


@dataclass
class _Told:
    progress: Progress
    total: int
    done: int = 0

    def more(self, count: int) -> None:
        self.done += count
        self.progress(min(self.done, self.total), self.total)


def _files(home: Path, names: tuple[str, ...]) -> Iterator[str]:
    """The files of these names, and those in folders of these names, as paths in the home."""
    for name in names:
        path = home / name
        found = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (str(file.relative_to(home)) for file in found if file.is_file())


def _copy(source: Path, target: Path, told: _Told) -> FileSum:
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, size = blake2b(digest_size=32), 0
    with source.open("rb") as file, target.open("wb") as copy:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
            copy.write(block)
            size += len(block)
            told.more(len(block))
        copy.flush()
        os.fsync(copy.fileno())
    return FileSum(size, digest.hexdigest())


def _synced(path: Path) -> FileSum:
    with path.open("rb+") as file:
        digest = blake2b(digest_size=32)
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
        os.fsync(file.fileno())
        return FileSum(file.tell(), digest.hexdigest())
