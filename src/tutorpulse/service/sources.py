"""One file of events, of any format and in any words, as batches."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from tutorpulse.events import flat, mapped, readers
from tutorpulse.events.batch import EventBatch
from tutorpulse.events.cells import row_json
from tutorpulse.events.codec import Arrival, BatchDecoder
from tutorpulse.events.envelopes import RefusalError
from tutorpulse.events.identity import Occurrences
from tutorpulse.events.mapped import RowMapper
from tutorpulse.events.mapping import Mapping
from tutorpulse.events.readers import Format
from tutorpulse.events.strict import UNREADABLE
from tutorpulse.store import tables

_ITEMS_AT_ONCE = 4096

Step: TypeAlias = Callable[[BatchDecoder], object]
"""Adds the next events to a decoder."""


@dataclass(frozen=True)
class Source:
    """A file that was found readable."""

    path: Path
    format: Format
    mapping: Mapping | None

    def decode(
        self, arrival: Arrival, batch_events: int, progress: Callable[[int, int], None]
    ) -> Iterator[EventBatch]:
        """Its events in batches of at least `batch_events`, but for the last."""
        occurrences = Occurrences()
        decoder = BatchDecoder(arrival, occurrences)
        for step in self._steps(progress):
            step(decoder)
            if decoder.size >= batch_events:
                yield decoder.finish()
                decoder = BatchDecoder(arrival, occurrences)
        if decoder.size:
            yield decoder.finish()

    def _steps(self, progress: Callable[[int, int], None]) -> Iterator[Step]:
        if self.format in _TABLES or self.mapping is not None:
            return _row_steps(self._rows(progress), self.mapping)
        told = _ByteCount(self.path.stat().st_size, progress)
        items = readers.read_array(self.path, told) if self.format is Format.JSON else None
        return _line_steps(readers.read_blocks(self.path, told)) if items is None else _item_steps(items)

    def _rows(self, progress: Callable[[int, int], None]) -> Iterator["Rows"]:
        if self.format in _TABLES:
            return _table_rows(self.path, progress)
        told = _ByteCount(self.path.stat().st_size, progress)
        items = readers.read_array(self.path, told) if self.format is Format.JSON else None
        if items is not None:
            return iter([Rows(list(map(parsed_row, items)), range(len(items)), items)])
        return _json_rows(readers.read_blocks(self.path, told))


_TABLES = (Format.CSV, Format.PARQUET)


class _ByteCount:
    """Adds up bytes for a progress bar."""

    def __init__(self, total: int, progress: Callable[[int, int], None]) -> None:
        self._done, self._total, self._progress = 0, total, progress

    def __call__(self, size: int) -> None:
        self._done += size
        self._progress(self._done, self._total)


@dataclass(frozen=True)
class Rows:
    """Rows of a foreign or flat table, the place of each, and their bytes if they had any."""

    rows: Sequence[Any]
    places: Sequence[int]
    raws: Sequence[bytes] | None = None

    def raw(self, index: int) -> bytes:
        return row_json(self.rows[index]) if self.raws is None else self.raws[index]


def open_sources(paths: Sequence[Path], mapping: Mapping | None = None) -> list[Source]:
    """The files as sources, all of them checked: see `open_source`."""
    return [open_source(path, mapping) for path in paths]


def open_source(path: Path, mapping: Mapping | None) -> Source:
    """The file as a source, once it is known that it can be read to its end and has the columns that are needed.

    Raises:
        InputError: see `readers.check_file`, `format_of` and `read_array`, `store.tables`, and the `check_columns` of `mapped` and `flat`.
    """
    readers.check_file(path)
    source = Source(path, readers.format_of(path), mapping)
    if source.format in _TABLES:
        columns = tables.check_table(path)
        if mapping is not None:
            mapped.check_columns(mapping, columns, path.name)
        else:
            flat.check_columns(columns, path.name)
    elif source.format is Format.JSON:
        readers.read_array(path)
    return source


def _line_steps(blocks: Iterator[bytes]) -> Iterator[Step]:
    place = 1
    for block in blocks:
        yield partial(BatchDecoder.add_lines, block=block, place=place)
        place += block.count(b"\n")


def _item_steps(items: Sequence[bytes]) -> Iterator[Step]:
    for start in range(0, len(items), _ITEMS_AT_ONCE):
        some = items[start : start + _ITEMS_AT_ONCE]
        yield partial(BatchDecoder.add_json, texts=some, places=range(start, start + len(some)))


def _row_steps(chunks: Iterator[Rows], mapping: Mapping | None) -> Iterator[Step]:
    mapper = RowMapper(mapping) if mapping is not None else None
    for chunk in chunks:
        yield (
            partial(_add_flat, chunk=chunk)
            if mapper is None
            else partial(add_mapped, mapper=mapper, chunk=chunk)
        )


def _add_flat(decoder: BatchDecoder, chunk: Rows) -> None:
    events = list(map(flat.event_from_row, chunk.rows))
    decoder.add_objects(events, chunk.places, lambda i: row_json(events[i]))


def add_mapped(decoder: BatchDecoder, mapper: RowMapper, chunk: Rows) -> list[int]:
    """Decode the events of foreign rows.

    Returns:
        For each event, the index of its row.
    """
    found = mapper.events(chunk.rows)
    origin = [index for index, _ in found]
    decoder.add_objects(
        [event for _, event in found],
        [chunk.places[index] for index in origin],
        lambda i: chunk.raw(origin[i]),
    )
    return origin


def _table_rows(path: Path, progress: Callable[[int, int], None]) -> Iterator[Rows]:
    place = 1
    for columns in tables.read_table(path, progress=progress):
        rows = tables.as_rows(columns)
        yield Rows(rows, range(place, place + len(rows)))
        place += len(rows)


def _json_rows(blocks: Iterator[bytes]) -> Iterator[Rows]:
    place = 1
    for block in blocks:
        lines = block.removesuffix(b"\n").split(b"\n")
        full = [i for i, line in enumerate(lines) if line.strip()]
        raws = [lines[i] for i in full]
        yield Rows(list(map(parsed_row, raws)), [place + i for i in full], raws)
        place += len(lines)


def parsed_row(text: bytes) -> object:
    """A row, or why it is none."""
    try:
        row = msgspec.json.decode(text)
    except UNREADABLE as error:
        return RefusalError(f"Not JSON: {error}")
    return row if isinstance(row, dict) else RefusalError("A row is a JSON object")
