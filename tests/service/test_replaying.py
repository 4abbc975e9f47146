"""Rejects corrected and replayed."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.events.strategies import NOW_US, as_json, resumed
from tutorpulse.errors import InputError
from tutorpulse.events.mapping import parse_mapping
from tutorpulse.service.importing import ImportOptions, import_files
from tutorpulse.service.replaying import export_lines, read_corrected, replay
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore

OPTIONS = ImportOptions(NOW_US)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EventStore]:
    with EventStore.open(Home.open(tmp_path / "home", create=True)) as opened:
        yield opened


def rejected(store: EventStore, folder: Path, *lines: bytes, name: str = "a.ndjson") -> None:
    (folder / name).write_bytes(b"\n".join(lines))
    import_files(store, [folder / name], OPTIONS)


def test_events_that_became_valid_are_appended_and_marked(store: EventStore, tmp_path: Path) -> None:
    rejected(store, tmp_path, as_json(resumed(timestamp="2026-01-05T00:00:00Z")), b"x")
    later = ImportOptions(NOW_US + 7 * 86_400_000_000)
    report = replay(store, store.rejects(), later)
    assert (report.tried, report.replayed, [r.raw for r in report.rejects]) == (2, 1, [b"x"])
    assert len(store) == 1
    assert [r.raw for r in store.rejects("open")] == [b"x"]
    assert len(store.rejects("replayed")) == 1


def test_replay_of_what_is_still_wrong_changes_nothing(store: EventStore, tmp_path: Path) -> None:
    rejected(store, tmp_path, b"x", name="a.ndjson")
    rejected(store, tmp_path, b"y", name="b.ndjson")
    before = store.rejects(None)
    assert replay(store, before, OPTIONS).replayed == 0
    assert store.rejects(None) == before


def test_corrected_event_replaces_its_reject(store: EventStore, tmp_path: Path) -> None:
    rejected(store, tmp_path, as_json(resumed(payload={})), b"\xff broken")
    lines = [msgspec.json.decode(line) for line in export_lines(store.rejects()).splitlines()]
    assert [line["event"] for line in lines] == [resumed(payload={}), "\ufffd broken"]
    lines[0]["event"]["payload"] = {"tutor_id": "t"}
    corrected = tmp_path / "corrected.ndjson"
    corrected.write_bytes(as_json(lines[0]) + b"\n\n")
    report = replay(store, read_corrected(store, corrected), OPTIONS)
    assert (report.tried, report.replayed) == (1, 1)
    assert [r.reason for r in store.rejects("open")] == [
        "Not JSON: JSON is malformed: invalid character (byte 0)"
    ]


def test_foreign_rows_are_replayed_with_their_mapping(store: EventStore, tmp_path: Path) -> None:
    mapping = parse_mapping(
        b'[[events]]\ntype = "tutor_resumed"\ntime = "day"\nfields = { tutor_id = "who" }\n'
        b'[[events]]\ntype = "tutor_departed"\ntime = "day"\nfields = { tutor_id = "who", reason = "why" }',
        "m.toml",
    )
    path = tmp_path / "a.csv"
    path.write_text("who,day,why\na,,\nb,,\n")
    import_files(store, [path], OPTIONS, mapping)
    assert len(store.rejects()) == 1 + 1
    row = {"who": "a", "day": "2025-12-01", "why": "x"}
    lines = [{"reject_id": store.rejects()[0].reject_id, "event": row}]
    (tmp_path / "c.ndjson").write_bytes(b"\n".join(map(as_json, lines)))
    some = read_corrected(store, tmp_path / "c.ndjson")
    assert replay(store, some, OPTIONS).replayed == 0
    assert replay(store, some, OPTIONS, mapping).replayed == 1
    assert store.counts() == {"tutor_departed": 1, "tutor_resumed": 1}


@pytest.mark.parametrize("line", [b"{}", b"x", b'{"reject_id": 5, "event": {}}'])
def test_corrected_line_of_another_form_is_refused(store: EventStore, tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "c.ndjson"
    path.write_bytes(b"\n" + line)
    with pytest.raises(InputError, match=r"c.ndjson, line 2: .* Each line is .*rejects list --out FILE"):
        read_corrected(store, path)


def test_corrected_line_of_an_unknown_reject_is_refused(store: EventStore, tmp_path: Path) -> None:
    path = tmp_path / "c.ndjson"
    path.write_bytes(b'{"reject_id": "none", "event": {}}')
    with pytest.raises(
        InputError, match=r"No reject 'none'. `tutorpulse rejects list` shows those there are."
    ):
        read_corrected(store, path)
