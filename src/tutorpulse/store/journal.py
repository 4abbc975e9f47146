"""The journal: what was acknowledged and is not yet in the log's database, in files that are only ever appended to.

A record is its length and its CRC-32 (4 bytes each, little-endian), then the group in MessagePack, with the digests of the ids that were new. A segment ends
where a record is incomplete or damaged: what follows was never acknowledged.
"""

import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np

from tutorpulse.errors import HomeError
from tutorpulse.store.bodies import Group
from tutorpulse.store.digests import Digests, concatenate
from tutorpulse.store.files import sync_folder

_HEAD = struct.Struct("<II")
_SUFFIX = ".journal"
_HALF = np.dtype("<u8")


class Record(Group, frozen=True, array_like=True):
    """A group in the journal. `ids` are the digests of its new ids: their leading halves, then their trailing ones.

    None: it was written before they were kept.
    """

    ids: bytes | None = None

    @property
    def new(self) -> Digests:
        """The same, as digests."""
        return _digests(self.ids or b"")


class _Ids(msgspec.Struct, frozen=True, array_like=True):
    """A record of which nothing but the ids is read."""

    bodies: msgspec.Raw
    future_tolerance_us: int
    ids: bytes | None = None


@dataclass(frozen=True)
class Place:
    """Where a record begins."""

    segment: Path
    start: int


_ENCODER = msgspec.msgpack.Encoder()
_RECORD = msgspec.msgpack.Decoder(Record)
_IDS = msgspec.msgpack.Decoder(_Ids)
_Kept = TypeVar("_Kept", Record, _Ids)


class Journal:
    """The segment being written, and those that wait to be dropped. Not for several threads at once."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self._folder = folder
        self._number = 1 + max((int(path.stem) for path in segments(folder)), default=0)
        self._file: int | None = None
        self._end = 0

    def append(self, group: Group, new: Digests) -> Place:
        """Write the group, of which these ids are new; it is on disk when this returns.

        Raises:
            OSError: it is not. The segment is cut back, or given up where that fails too: another follows.
        """
        ids = new.hi.astype(_HALF).tobytes() + new.lo.astype(_HALF).tobytes()
        payload = _ENCODER.encode(Record(group.bodies, group.future_tolerance_us, ids))
        file = self._open()
        try:
            _write_all(file, _HEAD.pack(len(payload), zlib.crc32(payload)) + payload)
            os.fdatasync(file)
        except OSError:
            self._cut_back(file)
            raise
        place = Place(self._path, self._end)
        self._end += _HEAD.size + len(payload)
        return place

    def seal(self) -> int:
        """End the segment being written. Returns a number up to which `drop` removes it and all before it."""
        if self._file is not None:
            os.close(self._file)
            self._file, self._end = None, 0
        self._number += 1
        return self._number - 1

    def drop(self, number: int) -> None:
        """Remove the sealed segments up to that number: their events are in the database."""
        for path in segments(self._folder):
            if int(path.stem) <= number:
                path.unlink()

    def close(self) -> None:
        """Write no more. What was not dropped stays for the next opening."""
        self.seal()

    def _open(self) -> int:
        if self._file is None:
            path = self._path
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            self._end = 0
            try:
                sync_folder(self._folder)
            except OSError:
                self.seal()
                raise
        return self._file

    @property
    def _path(self) -> Path:
        """Of the segment being written."""
        return self._folder / f"{self._number:012d}{_SUFFIX}"

    def _cut_back(self, file: int) -> None:
        # After a failed sync nobody knows which pages are on disk, so the segment is not continued even if cutting succeeds.
        try:
            os.ftruncate(file, self._end)
        finally:
            self.seal()


def segments(folder: Path) -> list[Path]:
    """The segments in a folder, oldest first."""
    return sorted(folder.glob(f"*{_SUFFIX}"))


def read_segment(path: Path) -> Iterator[Record]:
    """The groups of a segment, in order, up to the first that is incomplete or damaged.

    Raises:
        HomeError: a whole record holds something else than a group.
    """
    return _read(path, _RECORD)


def read_record(place: Place) -> Record:
    """The group there.

    Raises:
        HomeError: there is no whole record.
    """
    with place.segment.open("rb") as file:
        file.seek(place.start)
        length, checksum = _HEAD.unpack(file.read(_HEAD.size))
        payload = file.read(length)
    if zlib.crc32(payload) != checksum:
        raise HomeError(
            f"{place.segment} is damaged at byte {place.start}. What it holds was acknowledged; see whether the disk fails."
        )
    return _decoded(payload, _RECORD, place.segment)


def read_ids(path: Path) -> Digests | None:
    """The new ids of those groups, which takes a small part of the time; None where a record does not tell them.

    Raises:
        HomeError: as `read_segment`.
    """
    ids = [record.ids for record in _read(path, _IDS)]
    return concatenate([_digests(some or b"") for some in ids]) if None not in ids else None


def _digests(ids: bytes) -> Digests:
    hi, lo = np.frombuffer(ids, _HALF).reshape(2, -1).astype(np.uint64)
    return Digests(hi, lo)


def _read(path: Path, decoder: "msgspec.msgpack.Decoder[_Kept]") -> Iterator[_Kept]:
    content = path.read_bytes()
    start = 0
    while start + _HEAD.size <= len(content):
        length, checksum = _HEAD.unpack_from(content, start)
        payload = content[start + _HEAD.size : start + _HEAD.size + length]
        if len(payload) < length or zlib.crc32(payload) != checksum:
            return
        yield _decoded(payload, decoder, path)
        start += _HEAD.size + length


def _decoded(payload: bytes, decoder: "msgspec.msgpack.Decoder[_Kept]", path: Path) -> _Kept:
    try:
        return decoder.decode(payload)
    except msgspec.DecodeError as error:
        raise HomeError(
            f"{path} holds arrivals that this version cannot read ({error}). Open the home with the version that wrote it."
        ) from None


def _write_all(file: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(file, rest) :]
