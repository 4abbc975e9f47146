"""`tutorpulse rejects`: look, correct, replay."""

import json
from pathlib import Path

import pytest

from tests.cli.test_import import OK, REFUSED, run
from tests.events.strategies import as_json, resumed


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """With two rejects."""
    monkeypatch.setenv("TUTORPULSE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "1000")
    path = tmp_path / "a.ndjson"
    path.write_bytes(as_json(resumed(payload={})) + b"\nx")
    assert run(monkeypatch, "import", path) == OK
    capsys.readouterr()
    return tmp_path / "home"


def listed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    assert run(monkeypatch, "rejects", "list", "--json") == OK
    found: list[dict[str, object]] = json.loads(capsys.readouterr().out)
    return found


def test_list_and_show(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = listed(monkeypatch, capsys)
    assert (first["place"], first["field"], first["reason"]) == (1, "payload.tutor_id", "Missing")
    assert (second["place"], second["event"], second["state"]) == (2, "x", "open")
    assert run(monkeypatch, "rejects", "list", "--limit", "1") == OK
    assert capsys.readouterr().out == f"{first['reject_id']} a.ndjson:1: payload.tutor_id: Missing\n"
    assert run(monkeypatch, "rejects", "show", first["reject_id"]) == OK
    printed = capsys.readouterr().out
    assert "reason: Missing\n" in printed
    assert printed.endswith(as_json(resumed(payload={})).decode() + "\n")
    assert run(monkeypatch, "rejects", "show", first["reject_id"], "--json") == OK
    assert json.loads(capsys.readouterr().out) == first


def test_correct_and_replay(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "rejects.ndjson"
    assert run(monkeypatch, "rejects", "list", "--out", out) == OK
    assert capsys.readouterr().out.startswith(f"2 rejects in {out}. Correct each line's `event`, then replay")
    out.write_text(out.read_text().replace('"payload":{}', '"payload":{"tutor_id":"t"}'))
    assert run(monkeypatch, "rejects", "replay", "--file", out, "--json") == OK
    found = json.loads(capsys.readouterr().out)
    assert (found["tried"], found["replayed"], found["still_rejected"]) == (2, 1, 1)
    assert [reject["event"] for reject in found["rejects"]] == ["x"]
    assert [reject["event"] for reject in listed(monkeypatch, capsys)] == ["x"]
    assert run(monkeypatch, "rejects", "list", "--all") == OK
    assert "(replayed)" in capsys.readouterr().out


def test_replay_of_all(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "rejects", "replay") == OK
    assert capsys.readouterr().out.splitlines()[0] == "2 rejects tried, 0 are events now."


def test_unknown_reject_is_refused(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "rejects", "show", "none") == REFUSED
    assert "No reject 'none'" in capsys.readouterr().err


def test_unwritable_file_is_refused(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "rejects", "list", "--out", home) == REFUSED
    assert "Give another file with --out." in capsys.readouterr().err


def test_home_that_is_none_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "rejects", "list", "--home", tmp_path / "none") == REFUSED
    assert "tutorpulse import" in capsys.readouterr().err
