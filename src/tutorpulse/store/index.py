"""The index of known event ids: sorted runs of digests on disk, and a tail in memory.

New digests gather in memory. Past `flush_ids` they are written as a run; runs of like size are merged, so that there are
few and each digest is rewritten a logarithmic number of times. A manifest names the runs and the place in the log up to
which they reach. It is replaced in one step, and only after the log has committed: after a crash the runs know no id
that the log lacks, and what they miss is read from the log again.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from tutorpulse.store.digests import Digests, Run, SortedParts, concatenate, contained, merged
from tutorpulse.store.files import sync_folder, write_durably

MANIFEST_FILE = "manifest.json"
FLUSH_IDS = 1 << 18
"""Ids held in memory before they become a run (16 bytes each). After a kill so many are read from the log again, in some 0.3 s."""
WORTH_WRITING_IDS = 1 << 16
"""Ids that are written at closing; fewer are read from the log again within 0.1 s."""
_MERGE_IDS = 1 << 20
_RUN_BYTES = 16


class _RunFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    count: int


class _Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    watermark: int
    next_run: int
    runs: tuple[_RunFile, ...]


_NOTHING = _Manifest(watermark=0, next_run=0, runs=())


@dataclass
class IdIndex:
    """The known ids. `add` expects digests that it does not hold yet."""

    folder: Path
    flush_ids: int = FLUSH_IDS
    _manifest: _Manifest = _NOTHING
    _runs: list[Digests] = field(default_factory=list)
    _tail: SortedParts = field(default_factory=SortedParts)
    _tail_watermark: int = 0

    @property
    def watermark(self) -> int:
        """The place in the log up to which the runs on disk reach; later ids must be added anew after opening."""
        return self._manifest.watermark

    @property
    def reach(self) -> int:
        """The place in the log up to which it knows everything, on disk or in memory."""
        return max(self._manifest.watermark, self._tail_watermark)

    @property
    def stored_ids(self) -> int:
        """How many ids the runs on disk hold."""
        return sum(run.count for run in self._manifest.runs)

    def __len__(self) -> int:
        return self.stored_ids + len(self._tail)

    def load(self) -> None:
        """Read the manifest and map its runs. What is missing or damaged leaves the index empty, with watermark 0."""
        self.folder.mkdir(exist_ok=True)
        self.look()
        self._drop_strangers()

    def look(self) -> None:
        """As `load`, for a reader beside whoever holds the home: no file changes. Later ids are not known to it."""
        self._tail, self._tail_watermark = SortedParts(), 0
        self._adopt(self._read_manifest())

    def clear(self) -> None:
        """Forget everything, on disk too."""
        self._tail, self._tail_watermark = SortedParts(), 0
        self._commit(msgspec.structs.replace(_NOTHING, next_run=self._manifest.next_run))

    def contains(self, wanted: Digests) -> NDArray[np.bool_]:
        """For each of `wanted`, whether it is known."""
        return contained(self.parts(), wanted)

    def parts(self) -> list[Digests]:
        """Sorted sets that together are the index. Another thread may add meanwhile: whatever was known is among them."""
        # The tail first: digests move from it to the runs, never back.
        tail = self._tail.parts
        return [*tail, *self._runs]

    @property
    def tail(self) -> list[Digests]:
        """Of `parts` those beyond `watermark`, held in memory."""
        return self._tail.parts

    def add(self, new: Digests, watermark: int) -> None:
        """Know `new`, the ids of all events of the log after the last call and up to place `watermark`."""
        self._tail.add(new)
        self._tail_watermark = watermark
        if len(self._tail) >= self.flush_ids:
            self.flush()

    def settle_tail(self) -> None:
        """Write the tail if reading it from the log again, at the next opening, would take longer."""
        if len(self._tail) >= WORTH_WRITING_IDS:
            self.flush()

    def flush(self) -> None:
        """Write the tail as a run, then merge runs of like size."""
        if not len(self._tail):
            return
        self._replace(0, self._tail.parts, self._tail_watermark)
        self._tail = SortedParts()
        while len(self._runs) > 1 and len(self._runs[-2]) <= 2 * len(self._runs[-1]):
            self._replace(2, self._runs[-2:], self.watermark)

    def _replace(self, newest_runs: int, parts: list[Digests], watermark: int) -> None:
        """One run of all `parts` in place of the newest runs."""
        kept = self._manifest.runs[: len(self._manifest.runs) - newest_runs]
        run = _RunFile(f"{self._manifest.next_run:08d}.ids", sum(len(part) for part in parts))
        _write_run(self.folder / run.name, parts)
        self._commit(_Manifest(watermark, self._manifest.next_run + 1, (*kept, run)))

    def _commit(self, manifest: _Manifest) -> None:
        temporary = self.folder / (MANIFEST_FILE + ".new")
        write_durably(temporary, msgspec.json.encode(manifest))
        temporary.replace(self.folder / MANIFEST_FILE)
        sync_folder(self.folder)
        self._adopt(manifest)
        self._drop_strangers()

    def _adopt(self, manifest: _Manifest) -> None:
        mapped = dict(zip(self._manifest.runs, self._runs, strict=True))
        self._runs = [mapped.get(run) or _map_run(self.folder / run.name, run.count) for run in manifest.runs]
        self._manifest = manifest

    def _read_manifest(self) -> _Manifest:
        try:
            manifest = msgspec.json.decode((self.folder / MANIFEST_FILE).read_bytes(), type=_Manifest)
        except (FileNotFoundError, msgspec.DecodeError):
            return _NOTHING
        whole = all(_size(self.folder / run.name) == run.count * _RUN_BYTES for run in manifest.runs)
        return manifest if whole else msgspec.structs.replace(_NOTHING, next_run=manifest.next_run)

    def _drop_strangers(self) -> None:
        """Remove run files that the manifest does not name: left by a crash, or merged away."""
        named = {run.name for run in self._manifest.runs}
        for path in self.folder.glob("*.ids"):
            if path.name not in named:
                path.unlink()


def _map_run(path: Path, count: int) -> Digests:
    if count == 0:
        return concatenate([])
    halves = np.asarray(np.memmap(path, "<u8", "r", shape=(2, count)))
    return Run.of(halves[0], halves[1])


def _write_run(path: Path, parts: list[Digests]) -> None:
    """The sorted union of sorted parts: all leading halves, then all trailing ones. Memory is bounded by ranges of `hi`."""
    count = sum(len(part) for part in parts)
    halves = np.memmap(path, "<u8", "w+", shape=(2, count))
    start = 0
    for piece in _merge(parts, count):
        halves[0, start : start + len(piece)] = piece.hi
        halves[1, start : start + len(piece)] = piece.lo
        start += len(piece)
    halves.flush()
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _merge(parts: list[Digests], count: int) -> Iterator[Digests]:
    """The union in ascending pieces of about `_MERGE_IDS`: digests are uniform, so equal ranges hold alike many."""
    pieces = -(-count // _MERGE_IDS)
    cuts = [np.uint64(piece * (1 << 64) // pieces) for piece in range(1, pieces)]
    bounds = [[0, *(int(part.hi.searchsorted(cut)) for cut in cuts), len(part)] for part in parts]
    for piece in range(pieces):
        slices = [part[bound[piece] : bound[piece + 1]] for part, bound in zip(parts, bounds, strict=True)]
        yield merged(slices)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else -1
