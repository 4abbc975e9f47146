import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tutorpulse.clock import SystemClock
from tutorpulse.store.state import State

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "home"


def made(run: Run, capsys: Capture, place: Path, *more: object) -> dict[str, str]:
    assert run("keys", "create", "till", "--scope", "read", "--home", place, "--json", *more) == 0
    found: dict[str, str] = json.loads(capsys.readouterr().out)
    return found


def listed(run: Run, capsys: Capture, place: Path) -> list[dict[str, object]]:
    assert run("keys", "list", "--home", place, "--json") == 0
    rows: list[dict[str, object]] = json.loads(capsys.readouterr().out)
    return rows


def test_a_key_is_made_listed_without_its_secret_and_revoked(run: Run, capsys: Capture, place: Path) -> None:
    key = made(run, capsys, place, "--scope", "ingest")
    shown = listed(run, capsys, place)
    assert shown == [{k: v for k, v in key.items() if k != "secret"}]
    assert (shown[0]["scopes"], shown[0]["state"]) == (["ingest", "read"], "valid")
    assert run("keys", "revoke", key["key_id"], "--home", place) == 0
    assert f"Key {key['key_id']} (till) is revoked." in capsys.readouterr().out
    assert listed(run, capsys, place)[0]["state"] == "revoked"


def test_the_secret_alone_is_on_standard_output_and_works(run: Run, capsys: Capture, place: Path) -> None:
    assert run("keys", "create", "till", "--scope", "read", "--home", place) == 0
    printed, said = capsys.readouterr()
    assert "is not shown again" in said
    found = State(place / "state.sqlite").keys.find(printed.strip(), SystemClock().now_us())
    assert found
    assert found.name == "till"


def test_keys_are_a_table_for_people(run: Run, capsys: Capture, place: Path) -> None:
    key = made(run, capsys, place, "--days", 2)
    assert run("keys", "list", "--home", place) == 0
    assert key["key_id"] in capsys.readouterr().out


def test_a_home_without_keys_says_how_to_make_one(run: Run, capsys: Capture, home: Path) -> None:
    assert run("keys", "list", "--home", home) == 0
    assert "No keys. Make one with `tutorpulse keys create NAME --scope read`." in capsys.readouterr().out


def test_an_unknown_scope_or_id_is_refused(run: Run, capsys: Capture, place: Path) -> None:
    assert run("keys", "create", "till", "--scope", "all", "--home", place) == 2
    assert "needs scopes among" in capsys.readouterr().err
    assert run("keys", "revoke", "nope", "--home", place) == 2
    assert "No key has the id 'nope'" in capsys.readouterr().err
