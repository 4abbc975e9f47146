"""Files of events into the store: decoded in big batches, each appended whole while the next is decoded.

An import that was interrupted is simply run again: what is in the log already is counted as duplicate.
"""

import gc
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

import numpy as np

from tutorpulse.clock import HOUR_US
from tutorpulse.events.batch import EventBatch, Reject
from tutorpulse.events.codec import Arrival
from tutorpulse.events.mapping import Mapping
from tutorpulse.events.records import event_records
from tutorpulse.service.sources import Source, open_sources
from tutorpulse.store.receipts import DUPLICATE, Receipts

BATCH_EVENTS = 262_144
"""Tables that get at least 122,880 rows of a batch have them in DuckDB's file without a detour by its log. This many measured
10 % faster than half of it, for 50 MB more."""

SHOWN_REJECTS = 5
SHOWN_EVENTS = 3

Received = Literal["event", "now"]
Progress = Callable[[int, int], None]
"""Told the units done and in all (bytes of a JSON file, rows of a table) now and then."""


class Log(Protocol):
    """What an import needs of the store."""

    def append(self, batch: EventBatch) -> Receipts:
        """Take a batch; durable on return."""
        ...


@dataclass
class FileReport:
    """What became of one file's events. `rejects` are the first few, the times the oldest and newest among the valid ones."""

    file: str
    read: int = 0
    accepted: int = 0
    duplicate: int = 0
    rejected: int = 0
    by_type: dict[str, int] = field(default_factory=dict)
    oldest_us: int | None = None
    newest_us: int | None = None
    rejects: list[Reject] = field(default_factory=list)


@dataclass(frozen=True)
class ImportReport:
    """What became of all files' events."""

    files: tuple[FileReport, ...]

    def total(self, name: Literal["read", "accepted", "duplicate", "rejected"]) -> int:
        """A count over all files."""
        return sum(getattr(report, name) for report in self.files)


@dataclass(frozen=True)
class Preview:
    """What an import would find: per file (nothing is a duplicate here), and the first valid events."""

    files: tuple[FileReport, ...]
    events: tuple[dict[str, object], ...]


@dataclass(frozen=True)
class ImportOptions:
    """How files are read.

    `now_us` is the clock's time. `received` says when an event that does not tell was received: when it happened, or now. The mapping is
    for the files' sources, see `open_sources`.
    """

    now_us: int
    received: Received = "event"
    future_tolerance_hours: float = 24.0
    batch_events: int = BATCH_EVENTS

    def arrival(self, path: Path) -> Arrival:
        """How the events of that file arrive."""
        return Arrival(
            now_us=self.now_us,
            source=path.name,
            replayed=True,
            received_when_happened=self.received == "event",
            future_tolerance_us=int(self.future_tolerance_hours * HOUR_US),
        )


def import_files(
    store: Log,
    paths: Sequence[Path],
    options: ImportOptions,
    mapping: Mapping | None = None,
    progress: Progress = lambda _done, _all: None,
) -> ImportReport:
    """Append the events of files to the store, in order. All files are checked before the first event goes in.

    Raises:
        InputError: a file cannot be read, or lacks a column of the mapping.
    """
    return import_sources(store, open_sources(paths, mapping), options, progress)


def import_sources(
    store: Log,
    sources: Sequence[Source],
    options: ImportOptions,
    progress: Progress = lambda _done, _all: None,
) -> ImportReport:
    """As `import_files`, of files that `open_sources` has checked."""
    return ImportReport(tuple(_import(store, source, options, progress) for source in sources))


def preview_sources(
    sources: Sequence[Source], options: ImportOptions, progress: Progress = lambda _done, _all: None
) -> Preview:
    """What an import would find; nothing is stored, so what is in the log already is not known."""
    reports: list[FileReport] = []
    first: list[dict[str, object]] = []
    for source in sources:
        report = FileReport(source.path.name)
        for batch in _batches(source, options, progress):
            _count(report, batch, None)
            first += event_records(batch, SHOWN_EVENTS - len(first))
        reports.append(report)
    return Preview(tuple(reports), tuple(first))


def _import(store: Log, source: Source, options: ImportOptions, progress: Progress) -> FileReport:
    report = FileReport(source.path.name)
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="append") as pool:
        waiting: tuple[EventBatch, Future[Receipts]] | None = None
        for batch in _batches(source, options, progress):
            if waiting is not None:
                _count(report, waiting[0], waiting[1].result())
            waiting = batch, pool.submit(store.append, batch)
        if waiting is not None:
            _count(report, waiting[0], waiting[1].result())
    return report


def _batches(
    source: Source, options: ImportOptions, progress: Progress = lambda _done, _all: None
) -> Iterator[EventBatch]:
    """The file's events in batches of at least `batch_events`, but for the last."""
    steps = source.decode(options.arrival(source.path), options.batch_events, progress)
    while True:
        with collector_paused():
            batch = next(steps, None)
        if batch is None:
            return
        yield batch


@contextmanager
def collector_paused() -> Iterator[None]:
    """Without the garbage collector's rounds: they triple the cost of decoding, which makes no cycles."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _count(report: FileReport, batch: EventBatch, receipts: Receipts | None) -> None:
    report.read += batch.size
    report.rejected += len(batch.rejects)
    duplicate = int((receipts.status == DUPLICATE).sum()) if receipts else 0
    report.duplicate += duplicate
    report.accepted += batch.size - len(batch.rejects) - duplicate
    report.rejects += batch.rejects[: SHOWN_REJECTS - len(report.rejects)]
    counts = Counter(report.by_type)
    for rows in batch.rows:
        counts[rows.event_type] += len(rows.position)
        oldest, newest = int(np.min(rows.ts_us)), int(np.max(rows.ts_us))
        report.oldest_us = oldest if report.oldest_us is None else min(report.oldest_us, oldest)
        report.newest_us = newest if report.newest_us is None else max(report.newest_us, newest)
    report.by_type = dict(counts)
