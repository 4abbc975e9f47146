"""`bench import`: events a second from NDJSON lines into a home that holds many already."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from tutorpulse.bench.filling import filled_home, joined, new_batches, write_ndjson
from tutorpulse.bench.harness import Options, Result, peak_memory_gb, result, seconds
from tutorpulse.bench.marketplace import Plan
from tutorpulse.clock import DAY_US
from tutorpulse.errors import TutorpulseError
from tutorpulse.events.batch import EventBatch
from tutorpulse.events.strict import decode_block
from tutorpulse.service.importing import ImportOptions, collector_paused, import_files
from tutorpulse.store import rows
from tutorpulse.store.bare import insert_bare
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore

NEW_EVENTS_SHARE = 10
"""A tenth of what the home holds is imported in each repeat: 1 million into 10 million."""
_BLOCK_BYTES = 1 << 20


def run(options: Options) -> Result:
    """Each repeat imports new events into the same home: read, validated, deduplicated, durable.

    The value is timed from opening the home to the last receipt, when every event is on disk; `until_closed` also counts
    the checkpoint at closing, which moves events from DuckDB's own log into its file. The limit is the slower of two things
    done to the same events, each by itself at its best: msgspec decodes the lines, and DuckDB inserts the columns into an
    empty database.
    """
    home = filled_home(options)
    imports = [_import_once(options, home, repeat) for repeat in range(options.repeats)]
    made = new_batches(_plan(options, options.repeats), options.events // NEW_EVENTS_SHARE)
    path = options.folder / "limit.ndjson"
    count = write_ndjson(path, made)
    decoded = count / seconds(lambda: _decode_only(path))
    inserted = count / _insert_seconds(options.folder, made)
    details = {
        "events_before": options.events,
        "events_imported": [one["events"] for one in imports],
        "until_closed": [one["until_closed"] for one in imports],
        "decode_only": decoded,
        "insert_only": inserted,
        "bytes_an_event": path.stat().st_size / count,
        "home_bytes_an_event": home.events_path.stat().st_size
        / (options.events + sum(one["events"] for one in imports)),
        "peak_memory_gb": peak_memory_gb(),
    }
    values = [one["until_durable"] for one in imports]
    return result("import", "events/s", values, min(decoded, inserted), details, smaller_is_better=False)


def _plan(options: Options, repeat: int) -> Plan:
    return replace(Plan.of(options.events), seed=2 + repeat)


def _import_once(options: Options, home: Home, repeat: int) -> dict[str, Any]:
    path = options.folder / f"new-{repeat}.ndjson"
    plan = _plan(options, repeat)
    count = write_ndjson(path, new_batches(plan, options.events // NEW_EVENTS_SHARE))
    now_us = plan.start_us + 2 * plan.days * DAY_US
    began = time.perf_counter()
    with EventStore.open(home) as store:
        report = import_files(store, [path], ImportOptions(now_us))
        durable = time.perf_counter() - began
    closed = time.perf_counter() - began
    path.unlink()
    if report.total("accepted") != count:
        raise TutorpulseError(
            f"{count} new events were imported and {report.total('accepted')} taken. Please report this."
        )
    return {"events": count, "until_durable": count / durable, "until_closed": count / closed}


def _decode_only(path: Path) -> None:
    rest = b""
    with collector_paused(), path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            lines, _, rest = (rest + block).rpartition(b"\n")
            decode_block(lines)


def _insert_seconds(folder: Path, made: list[EventBatch]) -> float:
    (whole,) = joined(iter(made), len(made))
    everything = [np.ones(len(r.position), np.bool_) for r in whole.rows]
    tables = list(rows.by_table(whole.rows, everything, [r.position for r in whole.rows]))
    return seconds(lambda: insert_bare(folder / "bare.duckdb", tables))
