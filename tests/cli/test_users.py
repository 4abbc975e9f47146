import io
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tutorpulse.clock import SystemClock
from tutorpulse.service.access import users
from tutorpulse.store.state import State

Capture = pytest.CaptureFixture[str]
PASSWORD = "correct horse battery"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "home"


def given(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


def told(run: Run, capsys: Capture, place: Path, *arguments: object) -> dict[str, str]:
    assert run("users", *arguments, "--home", place, "--json") == 0
    found: dict[str, str] = json.loads(capsys.readouterr().out)
    return found


def test_a_user_is_made_with_a_password_from_standard_input(
    run: Run, capsys: Capture, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given(monkeypatch, PASSWORD + "\n")
    made = told(run, capsys, place, "create", "dana", "--role", "admin")
    assert (made["name"], made["role"], made["state"], made["by"]) == ("dana", "admin", "active", "password")
    assert "password_hash" not in made
    assert users.check(State(place / "state.sqlite"), "dana", PASSWORD)
    assert run("users", "list", "--home", place) == 0
    assert "dana" in capsys.readouterr().out


def test_an_invitation_is_a_link_alone_on_standard_output(run: Run, capsys: Capture, place: Path) -> None:
    assert run("users", "invite", "dana", "--role", "operator", "--home", place) == 0
    printed, said = capsys.readouterr()
    address, _, secret = printed.strip().rpartition("/link/")
    assert address == "http://127.0.0.1:8600"
    assert "Give this to dana" in said
    state = State(place / "state.sqlite")
    assert users.set_password(state, secret, PASSWORD, SystemClock().now_us()).role == "operator"


def test_links_lead_where_people_reach_the_service(
    run: Run, capsys: Capture, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUTORPULSE_PUBLIC_URL", "https://pulse.example/")
    told(run, capsys, place, "invite", "dana")
    link = told(run, capsys, place, "reset", "dana")["link"]
    assert link.startswith("https://pulse.example/link/")


def test_roles_change_and_users_are_shut_out_and_let_in(
    run: Run, capsys: Capture, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given(monkeypatch, PASSWORD)
    told(run, capsys, place, "create", "boss", "--role", "admin")
    told(run, capsys, place, "invite", "dana")
    assert told(run, capsys, place, "role", "dana", "operator")["role"] == "operator"
    assert told(run, capsys, place, "disable", "dana")["state"] == "disabled"
    assert run("users", "reset", "dana", "--home", place) == 2
    assert "dana is shut out. Let them in first" in " ".join(capsys.readouterr().err.split())
    assert told(run, capsys, place, "enable", "dana")["state"] == "invited"
    assert run("users", "disable", "boss", "--home", place) == 2
    assert "the last administrator" in capsys.readouterr().err


def test_without_users_it_says_how_to_make_one(run: Run, capsys: Capture, home: Path) -> None:
    assert run("users", "list", "--home", home) == 0
    assert "No users. Make one with `tutorpulse users invite NAME --role viewer`." in capsys.readouterr().out


def test_what_verbs_do_is_in_the_audit_log(run: Run, capsys: Capture, place: Path) -> None:
    told(run, capsys, place, "invite", "dana")
    told(run, capsys, place, "role", "dana", "admin")
    assert run("keys", "create", "till", "--scope", "read", "--home", place) == 0
    capsys.readouterr()
    assert run("audit", "--home", place, "--json") == 0
    entries = json.loads(capsys.readouterr().out)
    assert [(e["actor_kind"], e["action"], e["target_kind"]) for e in entries] == [
        ("shell", "create key", "key"),
        ("shell", "make user admin", "user"),
        ("shell", "invite user", "user"),
    ]
    assert run("audit", "--action", "invite user", "--home", place) == 0
    shown = capsys.readouterr().out
    assert "dana" in shown
    assert "create key" not in shown


def test_an_empty_audit_log_says_so(run: Run, capsys: Capture, home: Path) -> None:
    assert run("audit", "--home", home) == 0
    assert "Nothing was done yet." in capsys.readouterr().out
