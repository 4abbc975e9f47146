"""Files into the store: counts, repetition, interruption, bad files."""

import gc
import gzip
import itertools
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.events.strategies import NOW_US, as_json, native_events, resumed
from tutorpulse.clock import parse_time
from tutorpulse.errors import HomeError, InputError
from tutorpulse.events.batch import EventBatch, TypeRows
from tutorpulse.events.codec import Arrival, decode_lines
from tutorpulse.events.contract import EVENT_TYPES
from tutorpulse.events.mapping import load_mapping, parse_mapping
from tutorpulse.service.importing import (
    FileReport,
    ImportOptions,
    collector_paused,
    import_files,
    preview_sources,
)
from tutorpulse.service.sources import open_sources
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore
from tutorpulse.store.receipts import Receipts

OPTIONS = ImportOptions(NOW_US)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EventStore]:
    with EventStore.open(Home.open(tmp_path / "home", create=True)) as opened:
        yield opened


def lines_file(folder: Path, *events: Any, name: str = "a.ndjson") -> Path:
    path = folder / name
    path.write_bytes(b"\n".join(event if isinstance(event, bytes) else as_json(event) for event in events))
    return path


def only(report: Any) -> FileReport:
    (file,) = report.files
    return file


def contents(store: EventStore) -> set[tuple[str, str, int, int]]:
    found = store.query("SELECT event_id, tutor_id, ts_us, received_us FROM tutor_events")
    return set(zip(*(column.tolist() for column in found.values()), strict=True))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "rows", "without_date"), [("cdnow", 69_659, 0), ("barcelona", 151_841, 1)])
def test_real_data_sets_are_counted_exactly_and_only_once(
    store: EventStore, shared_data: Path, name: str, rows: int, without_date: int
) -> None:
    """Equal rows are different events; the one Barcelona row without a date is no event, and kept as a reject."""
    path = next(shared_data.glob(f"{name}*.parquet"))
    first = only(import_files(store, [path], OPTIONS, load_mapping(name)))
    assert (first.read, first.rejected, first.duplicate) == (rows, without_date, 0)
    assert first.accepted == len(store) == rows - without_date
    sessions = store.query("SELECT COUNT(DISTINCT session_id) AS n FROM session_events")
    assert sessions["n"].tolist() == [rows - without_date]
    assert [r.reason for r in first.rejects] == ["The column reviewed_on is empty"] * without_date
    second = only(import_files(store, [path], OPTIONS, load_mapping(name)))
    assert (second.accepted, second.duplicate) == (0, rows - without_date)
    assert (len(store), len(store.rejects())) == (rows - without_date, without_date)


def test_report_says_what_became_of_each_event(store: EventStore, tmp_path: Path) -> None:
    path = lines_file(
        tmp_path, resumed(), resumed(), resumed(event_id="e2", timestamp="2025-11-01T00:00:00Z"), b"x", {}
    )
    report = only(import_files(store, [path], OPTIONS))
    assert (report.read, report.accepted, report.duplicate, report.rejected) == (5, 2, 1, 2)
    assert report.by_type == {"tutor_resumed": 3}
    assert report.oldest_us == parse_time("2025-11-01T00:00:00Z")
    assert report.newest_us == parse_time("2025-12-01T08:00:00Z")
    assert [(r.place, r.raw) for r in report.rejects] == [(4, b"x"), (5, b"{}")]
    assert [(r.place, r.source, r.raw) for r in store.rejects()] == [
        (4, "a.ndjson", b"x"),
        (5, "a.ndjson", b"{}"),
    ]


def test_only_the_first_rejects_are_reported_but_all_are_kept(store: EventStore, tmp_path: Path) -> None:
    path = lines_file(tmp_path, *[{"n": n} for n in range(20)])
    report = only(import_files(store, [path], ImportOptions(NOW_US, batch_events=3)))
    assert (report.rejected, [r.place for r in report.rejects]) == (20, [1, 2, 3, 4, 5])
    assert len(store.rejects()) == 20


def some_events() -> list[dict[str, Any]]:
    """With equal ones, without ids."""
    days = [f"2025-11-{day:02}T00:00:00Z" for day in range(1, 29)]
    tutors = itertools.cycle(["a", "b", "b"])
    events = [
        resumed(event_id=..., timestamp=day, payload={"tutor_id": next(tutors)})
        for day in days
        for _ in range(3)
    ]
    return [*events, *events[:10]]


def test_import_in_another_order_and_in_other_batches_adds_nothing(store: EventStore, tmp_path: Path) -> None:
    events = some_events()
    first = import_files(store, [lines_file(tmp_path, *events)], OPTIONS)
    before = contents(store)
    random.Random(4).shuffle(events)
    second = import_files(store, [lines_file(tmp_path, *events)], ImportOptions(NOW_US, batch_events=7))
    assert first.total("accepted") == second.total("duplicate") == len(events)
    assert contents(store) == before


class Breaking:
    """A store that fails on its n-th batch."""

    def __init__(self, store: EventStore, good: int) -> None:
        self.store, self.good = store, good

    def append(self, batch: EventBatch) -> Receipts:
        if not self.good:
            raise HomeError("The disk is full.")
        self.good -= 1
        return self.store.append(batch)


@pytest.mark.parametrize("good", [0, 1, 3])
def test_an_interrupted_import_is_simply_run_again(
    store: EventStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, good: int
) -> None:
    monkeypatch.setattr("tutorpulse.events.readers.BLOCK_BYTES", 500)
    path, options = lines_file(tmp_path, *some_events()), ImportOptions(NOW_US, batch_events=10)
    with pytest.raises(HomeError, match=r"The disk is full."):
        import_files(Breaking(store, good), [path], options)
    assert (len(store) > 0) == (good > 0)
    report = import_files(store, [path], options)
    assert report.total("accepted") + report.total("duplicate") == len(store) == len(some_events())


def test_all_files_are_checked_before_the_first_event_goes_in(store: EventStore, tmp_path: Path) -> None:
    good = lines_file(tmp_path, resumed())
    cut = tmp_path / "b.ndjson.gz"
    cut.write_bytes(gzip.compress(as_json(resumed()))[:-5])
    with pytest.raises(InputError, match=r"is cut short"):
        import_files(store, [good, cut], OPTIONS)
    assert len(store) == 0


@pytest.mark.parametrize("options", [ImportOptions(NOW_US), ImportOptions(NOW_US, received="now")])
def test_when_events_were_received_is_an_option(
    store: EventStore, tmp_path: Path, options: ImportOptions
) -> None:
    told = resumed(event_id="told", received_at="2025-12-02T00:00:00Z")
    import_files(store, [lines_file(tmp_path, resumed(event_id="untold"), told)], options)
    happened, arrived = parse_time("2025-12-01T08:00:00Z"), parse_time("2025-12-02T00:00:00Z")
    received = {event_id: us for event_id, _, _, us in contents(store)}
    assert received == {"untold": NOW_US if options.received == "now" else happened, "told": arrived}


EVENTS = [
    resumed(),
    resumed(event_id="e2", event_type="tutor_registered", payload={"tutor_id": "t2", "subjects": ["a", "b"]}),
]


@pytest.mark.parametrize("name", ["a.ndjson", "a.jsonl.gz", "a.json", "a.csv", "a.parquet"])
def test_native_events_mean_the_same_in_every_format(store: EventStore, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    lines = b"\n".join(map(as_json, EVENTS))
    columns = """COPY (SELECT * FROM (VALUES ('e1', 'tutor_resumed', '2025-12-01T08:00:00Z', 't1', NULL),
        ('e2', 'tutor_registered', '2025-12-01T08:00:00Z', 't2', {}))
        t(event_id, event_type, timestamp, tutor_id, subjects)) TO '{}' {}"""
    if name == "a.json":
        path.write_bytes(as_json(EVENTS))
    elif name == "a.csv":
        duckdb.execute(columns.format("'a;b'", path, "(HEADER)"))
    elif name == "a.parquet":
        duckdb.execute(columns.format("['a', 'b']", path, ""))
    else:
        path.write_bytes(gzip.compress(lines) if name.endswith(".gz") else lines)
    report = only(import_files(store, [path], OPTIONS))
    assert (report.accepted, report.rejects) == (2, [])
    found = store.query("SELECT event_id, tutor_id, subjects FROM tutor_events ORDER BY event_id")
    assert found["tutor_id"].tolist() == ["t1", "t2"]
    assert found["subjects"].tolist() == [None, "\x1fa\x1fb\x1f"]


MAPPING = parse_mapping(
    b'[[events]]\ntype = "tutor_resumed"\ntime = "when"\nfields = { tutor_id = "who" }', "m.toml"
)


@pytest.mark.parametrize("name", ["a.ndjson", "a.json", "a.csv"])
def test_foreign_rows_of_every_format_are_mapped(store: EventStore, tmp_path: Path, name: str) -> None:
    rows = [{"who": "a", "when": "2025-12-01"}, {"who": "", "when": "2025-12-01"}]
    path = tmp_path / name
    if name == "a.csv":
        path.write_text("who,when\na,2025-12-01\n,2025-12-01\n")
    else:
        path.write_bytes(as_json(rows) if name == "a.json" else b"\n".join([*map(as_json, rows), b"7", b"{"]))
    report = only(import_files(store, [path], OPTIONS, MAPPING))
    assert report.accepted == 1
    reasons = ["The column who is empty"]
    if name == "a.ndjson":
        reasons += ["A row is a JSON object", "Not JSON: Input data was truncated"]
    assert [r.reason for r in report.rejects] == reasons


@pytest.mark.parametrize(("mapping", "missing"), [(None, "event_type or timestamp"), (MAPPING, "when")])
def test_table_without_the_needed_columns_is_refused(tmp_path: Path, mapping: Any, missing: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text("who,x\na,1\n")
    with pytest.raises(InputError, match=f"a.csv has no column {missing}"):
        open_sources([path], mapping)


def test_preview_writes_nothing_and_shows_the_first_events(tmp_path: Path) -> None:
    path = lines_file(tmp_path, *[resumed(event_id=f"e{n}") for n in range(9)], b"x")
    preview = preview_sources(open_sources([path, path]), OPTIONS)
    assert [(f.read, f.accepted, f.rejected) for f in preview.files] == [(10, 9, 1)] * 2
    assert [event["event_id"] for event in preview.events] == ["e0", "e1", "e2"]
    assert list(tmp_path.iterdir()) == [path]


@given(st.lists(native_events(), min_size=1, max_size=30))
@settings(max_examples=15)
def test_the_log_gives_back_what_the_codec_made(events: list[dict[str, Any]]) -> None:
    """Any text, number or time that the contract allows survives the store."""
    named = [event | {"event_id": f"{number}"} for number, event in enumerate(events)]
    batch = decode_lines(b"\n".join(map(as_json, named)), Arrival(NOW_US, "x"))
    with (
        tempfile.TemporaryDirectory() as folder,
        EventStore.open(Home.open(Path(folder), create=True)) as log,
    ):
        assert log.append(batch).accepted == len(events)
        for rows in batch.rows:
            assert_log_holds(log, rows)


def assert_log_holds(log: EventStore, rows: TypeRows) -> None:
    table = EVENT_TYPES[rows.event_type].table
    for row, event_id in enumerate(rows.event_id):
        found = log.query(f"SELECT * FROM {table} WHERE event_id = ?", [event_id])
        assert found["ts_us"].tolist() == [rows.ts_us[row]]
        for name, column in rows.columns.items():
            expected = None if column[row] is np.ma.masked else column[row]
            missing = found[name][0] is np.ma.masked or found[name][0] != found[name][0]
            assert (None if missing else found[name][0]) == expected


def test_progress_is_told_to_the_end(store: EventStore, tmp_path: Path) -> None:
    path = lines_file(tmp_path, *[resumed(event_id=str(n)) for n in range(50)])
    told: list[tuple[int, int]] = []
    import_files(store, [path], OPTIONS, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (path.stat().st_size, path.stat().st_size)


@pytest.mark.parametrize("enabled", [True, False])
def test_garbage_collector_is_left_as_it_was(enabled: bool) -> None:
    (gc.enable if enabled else gc.disable)()
    try:
        with collector_paused():
            assert not gc.isenabled()
        assert gc.isenabled() is enabled
    finally:
        gc.enable()
