"""`tutorpulse import`: what it prints, and that nothing is half done when it refuses."""

import gzip
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.events.strategies import as_json, resumed
from tutorpulse.cli import main
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore

OK, REFUSED = 0, 2


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """The exit code of the command."""
    monkeypatch.setattr(sys, "argv", ["tutorpulse", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TUTORPULSE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "1000")
    return tmp_path / "home"


@pytest.fixture
def events(tmp_path: Path) -> Path:
    path = tmp_path / "a.ndjson"
    path.write_bytes(
        b"\n".join([as_json(resumed()), as_json(resumed(event_id="e2")), as_json(resumed()), b"{}"])
    )
    return path


def test_import_says_what_became_of_the_events(
    home: Path, events: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "import", events) == OK
    printed = capsys.readouterr()
    assert printed.out.splitlines() == [
        "a.ndjson: 4 events read, 2 accepted, 1 duplicate, 1 rejected",
        "             3 tutor_resumed",
        "  from 2025-12-01T08:00:00Z to 2025-12-01T08:00:00Z",
        "  a.ndjson:4: event_type: Missing: {}",
        "Rejected events are kept: see `tutorpulse rejects list`.",
    ]
    assert printed.err == ""


def test_import_as_json(
    home: Path, events: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "import", events, events, "--json") == OK
    found = json.loads(capsys.readouterr().out)
    assert {name: found[name] for name in ("read", "accepted", "duplicate", "rejected")} == {
        "read": 8,
        "accepted": 2,
        "duplicate": 4,
        "rejected": 2,
    }
    assert found["files"][0] == {
        "file": "a.ndjson",
        "read": 4,
        "accepted": 2,
        "duplicate": 1,
        "rejected": 1,
        "by_type": {"tutor_resumed": 3},
        "oldest": "2025-12-01T08:00:00Z",
        "newest": "2025-12-01T08:00:00Z",
        "rejects": [
            {"source": "a.ndjson", "place": 4, "field": "event_type", "reason": "Missing", "event": {}}
        ],
    }


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_dry_run_shows_what_would_come_of_it_and_writes_nothing(
    home: Path,
    events: Path,
    form: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(monkeypatch, "import", events, "--dry-run", *form) == OK
    printed = capsys.readouterr().out
    assert not home.exists()
    if form:
        found = json.loads(printed)
        assert (found["dry_run"], len(found["events"]), found["files"][0]["rejected"]) == (True, 3, 1)
    else:
        assert "a.ndjson: 4 events, 3 valid, 1 would be rejected" in printed
        assert '{"event_id":"e2","event_type":"tutor_resumed"' in printed
        assert printed.endswith("Nothing was written.\n")


def test_shipped_mapping_by_name(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "purchases.csv"
    path.write_text(
        "customer_id,purchased_on,units,amount_usd\n00001,1997-01-01,1,11.77\n00001,1997-01-01,1,11.77\n"
    )
    assert run(monkeypatch, "import", path, "--mapping", "cdnow", "--json") == OK
    assert json.loads(capsys.readouterr().out)["accepted"] == 2
    with EventStore.open(Home.open(home)) as store:
        found = store.query(
            "SELECT student_id, tutor_id, price, ts_us = received_us AS same FROM session_events"
        )
    assert {name: column.tolist() for name, column in found.items()} == {
        "student_id": ["00001"] * 2,
        "tutor_id": ["-"] * 2,
        "price": [11.77] * 2,
        "same": [True] * 2,
    }


def test_tolerance_of_the_homes_settings_holds(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.ndjson"
    path.write_bytes(as_json(resumed(timestamp="2099-01-01T00:00:00Z")))
    assert run(monkeypatch, "import", path) == OK
    assert "More than 24 h in the future" in capsys.readouterr().out
    (home / "settings.toml").write_text("future_tolerance_hours = 1e6\n")
    assert run(monkeypatch, "import", path) == OK
    assert "1 accepted" in capsys.readouterr().out


BAD_FILES: dict[str, tuple[bytes | None, str]] = {
    "missing.ndjson": (None, "does not exist"),
    "empty.ndjson": (b"", "is empty"),
    "cut.ndjson.gz": (gzip.compress(as_json(resumed()) * 99)[:-20], "is cut short"),
    "cut.parquet": (b"PAR1" + bytes(100), "cannot be read as a table"),
    "notes.docx": (b"PK", "cannot tell what it holds from its name"),
    "foreign.csv": (b"a,b\n1,2\n", "has no column event_type or timestamp"),
    "cut.json": (b'[{"event_id":', "begins like a JSON array and is none"),
    "empty.csv": (b"event_type,timestamp\n", "has no rows"),
}


@pytest.mark.parametrize("name", BAD_FILES)
@pytest.mark.parametrize("dry", [[], ["--dry-run"]])
def test_bad_file_is_refused_with_exit_code_2_and_nothing_done(
    home: Path, events: Path, name: str, dry: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    content, message = BAD_FILES[name]
    path = events.parent / name
    if content is not None:
        path.write_bytes(content)
    assert run(monkeypatch, "import", events, path, *dry) == REFUSED
    printed = capsys.readouterr()
    assert name in printed.err
    assert message in printed.err
    assert printed.out == ""
    assert not home.exists()


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ("nowhere", "No mapping 'nowhere'"),
        ("cdnow", "has no column amount_usd or customer_id or purchased_on, which the mapping reads"),
    ],
)
def test_mapping_that_does_not_fit_is_refused(
    home: Path, tmp_path: Path, mapping: str, message: str, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n")
    assert run(monkeypatch, "import", path, "--mapping", mapping) == REFUSED
    assert message in capsys.readouterr().err
    assert not home.exists()


def test_folder_is_refused(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    assert run(monkeypatch, "import", tmp_path) == REFUSED
    assert "is a folder. Name the files in it" in capsys.readouterr().err
