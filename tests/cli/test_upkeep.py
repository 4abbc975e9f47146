import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

Capture = pytest.CaptureFixture[str]


def test_a_home_is_copied_and_made_again(home: Path, run: Run, capsys: Capture, tmp_path: Path) -> None:
    assert run("backup", tmp_path / "copy", "--home", home) == 0
    assert "3 events, " in capsys.readouterr().out
    assert run("restore", tmp_path / "copy", "--home", tmp_path / "new", "--json") == 0
    assert json.loads(capsys.readouterr().out)["events"] == 3
    assert run("summary", "--home", tmp_path / "new") == 0
    assert run("verify", "--home", tmp_path / "new", "--json") == 0


def test_what_is_damaged_is_told_with_exit_code_one(home: Path, run: Run, capsys: Capture) -> None:
    assert run("verify", "--home", home) == 0
    assert "damaged" not in capsys.readouterr().out
    (home / "models" / "broken").mkdir(parents=True)
    (home / "models" / "current").write_text("broken\n")
    assert run("verify", "--home", home, "--json") == 1
    checks = {check["name"]: check for check in json.loads(capsys.readouterr().out)["checks"]}
    assert [name for name, check in checks.items() if not check["sound"]] == ["model"]
    assert run("verify", "--home", home) == 1
    assert "damaged" in capsys.readouterr().out


def test_compacting_tells_what_moved_and_what_it_freed(
    run: Run, home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("compact", "--home", home) == 0
    assert "The setting retention_days is 0: all events stay in the database." in capsys.readouterr().out
    monkeypatch.setenv("TUTORPULSE_RETENTION_DAYS", "30")
    assert run("compact", "--home", home) == 0
    printed = capsys.readouterr().out
    assert "3 events older than 30 days moved to 2 files" in printed
    assert "2 sessions put in order" in printed
    assert run("verify", "--home", home) == 0
