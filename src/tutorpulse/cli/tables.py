"""Simulated events and their truth as Parquet files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutorpulse.cli.progress import progress_bar
from tutorpulse.events.batch import TypeRows
from tutorpulse.events.contract import EVENT_TYPES, TABLES, table_columns
from tutorpulse.events.fields import LIST_SEPARATOR, Kind
from tutorpulse.simulate import emit
from tutorpulse.simulate.state import World
from tutorpulse.simulate.study import Study
from tutorpulse.simulate.truth import WEEK_DAYS
from tutorpulse.store.export import write_parquet

_ENVELOPE = {"event_id": Kind.ID, "event_type": Kind.TEXT, "timestamp": Kind.TIME}


def write_events(path: Path, world: World, days: int, study: Study | None) -> int:
    """Simulate `days` days into a table of the envelope's and the payloads' columns, in time order; how many events."""
    kinds = dict(_ENVELOPE)
    for table in TABLES:
        kinds |= table_columns(table)
    return write_parquet(path, kinds, _parts(world, days, study), order_by="timestamp")


def write_truth(path: Path, columns: dict[str, NDArray[Any]]) -> None:
    """The truth as one table; what is not known is NULL."""
    kinds = {name: _kind(name, values) for name, values in columns.items()}
    whole = {n: np.ma.masked_invalid(v) if v.dtype.kind == "f" else v for n, v in columns.items()}
    write_parquet(path, kinds, [whole])


def _kind(name: str, values: NDArray[Any]) -> Kind:
    if name == "as_of":
        return Kind.TIME
    return Kind.TEXT if values.dtype == object else Kind.NUMBER


def _parts(world: World, days: int, study: Study | None) -> Iterator[dict[str, NDArray[Any]]]:
    first = world.day
    with progress_bar("Simulating") as tell:
        for batch in emit.batches(world, days, WEEK_DAYS, study.record if study else None):
            tell(world.day - first, days)
            if study:
                study.look(world)
            yield from map(_flat, batch.rows)


def _flat(rows: TypeRows) -> dict[str, NDArray[Any]]:
    lists = {field.name for field in EVENT_TYPES[rows.event_type].fields if field.kind is Kind.TEXT_LIST}
    payload = {name: _listed(values) if name in lists else values for name, values in rows.columns.items()}
    names = np.full(len(rows.ts_us), rows.event_type, dtype=object)
    return {"event_id": rows.event_id, "event_type": names, "timestamp": rows.ts_us, **payload}


def _listed(values: NDArray[Any]) -> NDArray[Any]:
    """Lists as text between semicolons, as imports read them."""
    texts = [
        None if v is None else v.strip(LIST_SEPARATOR).replace(LIST_SEPARATOR, ";") for v in values.tolist()
    ]
    return np.array(texts, dtype=object)
