"""Rejects once more: after an upgrade, with a mapping, or corrected by hand."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import msgspec

from tutorpulse.errors import InputError
from tutorpulse.events.batch import EventBatch, Reject
from tutorpulse.events.codec import BatchDecoder
from tutorpulse.events.identity import Occurrences
from tutorpulse.events.mapped import RowMapper
from tutorpulse.events.mapping import Mapping
from tutorpulse.events.readers import check_file, read_blocks
from tutorpulse.events.strict import UNREADABLE
from tutorpulse.service.importing import SHOWN_REJECTS, ImportOptions, Log
from tutorpulse.service.sources import Rows, add_mapped, parsed_row
from tutorpulse.store.receipts import REJECTED
from tutorpulse.store.rejects import State, StoredReject


class RejectLog(Log, Protocol):
    """What a replay needs of the store."""

    def reject(self, reject_id: str) -> StoredReject:
        """The reject of that id."""
        ...

    def mark_rejects(self, reject_ids: Sequence[str], state: State) -> None:
        """Note what became of rejects."""
        ...


@dataclass(frozen=True)
class ReplayReport:
    """How many rejects were tried, how many are events now (or were known already), and why the first others still are none."""

    tried: int
    replayed: int
    rejects: tuple[Reject, ...]


class _Corrected(msgspec.Struct):
    reject_id: str
    event: msgspec.Raw


def replay(
    store: RejectLog, rejects: Sequence[StoredReject], options: ImportOptions, mapping: Mapping | None = None
) -> ReplayReport:
    """Decode rejects again and append those that are events now, marking them; the others stay as they are.

    A reject that came from a foreign table needs the table's `mapping`; a row that now is several events counts when all are valid.
    """
    done: list[str] = []
    refused: list[Reject] = []
    for source in sorted({reject.source for reject in rejects}):
        some = [reject for reject in rejects if reject.source == source]
        batch, origin = _decoded(some, options, mapping)
        status = store.append(replace(batch, rejects=())).status
        bad = {index for index, state in zip(origin, status, strict=True) if state == REJECTED}
        good = sorted(set(origin) - bad)
        store.mark_rejects([some[index].reject_id for index in good], "replayed")
        done += [some[index].reject_id for index in good]
        refused += batch.rejects
    return ReplayReport(len(rejects), len(done), tuple(refused[:SHOWN_REJECTS]))


def _decoded(
    rejects: Sequence[StoredReject], options: ImportOptions, mapping: Mapping | None
) -> tuple[EventBatch, list[int]]:
    """The batch, and for each position in it the index of the reject."""
    decoder = BatchDecoder(options.arrival(Path(rejects[0].source)), Occurrences())
    raws, places = [reject.raw for reject in rejects], [reject.place for reject in rejects]
    if mapping is None:
        decoder.add_json(raws, places)
        return decoder.finish(), list(range(len(raws)))
    rows = Rows([parsed_row(raw) for raw in raws], places, raws)
    origin = add_mapped(decoder, RowMapper(mapping), rows)
    return decoder.finish(), origin


def export_lines(rejects: Sequence[StoredReject]) -> bytes:
    """Rejects as NDJSON for correction: mend each line's `event` and hand the file to `read_corrected`."""
    return msgspec.json.Encoder().encode_lines([_exported(reject) for reject in rejects])


def _exported(reject: StoredReject) -> dict[str, Any]:
    return {
        "reject_id": reject.reject_id,
        "reason": reject.reason,
        "field": reject.field,
        "source": reject.source,
        "place": reject.place,
        "event": raw_value(reject.raw),
    }


def raw_value(raw: bytes) -> object:
    """What came in, parsed if it is JSON, else as text (what is no UTF-8 shown as U+FFFD)."""
    try:
        return msgspec.json.decode(raw)
    except UNREADABLE:
        return raw.decode(errors="replace")


def read_corrected(store: RejectLog, path: Path) -> list[StoredReject]:
    """The rejects that a file of corrected lines names, with the events that it gives them.

    Raises:
        InputError: the file cannot be read, a line is not as `export_lines` writes them, or names an unknown reject.
    """
    check_file(path)
    corrected: list[StoredReject] = []
    lines = (line for block in read_blocks(path) for line in block.splitlines())
    for number, line in enumerate(lines, 1):
        if line.strip():
            corrected.append(_corrected(store, line, f"{path}, line {number}"))
    return corrected


def _corrected(store: RejectLog, line: bytes, place: str) -> StoredReject:
    try:
        given = msgspec.json.decode(line, type=_Corrected)
    except UNREADABLE as error:
        raise InputError(
            f'{place}: {error}. Each line is {{"reject_id": …, "event": …}}, as `tutorpulse rejects list --out FILE` writes it.'
        ) from None
    return replace(store.reject(given.reject_id), raw=bytes(given.event))
