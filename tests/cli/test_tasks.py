"""The work list's verbs."""

import json
from pathlib import Path

import msgspec
import pytest

from tests.cli.conftest import Run
from tests.service.world import World

Out = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _scorer(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    monkeypatch.setattr("tutorpulse.cli.playbooks.reading_scorer", lambda _pulse: world.scorer())


def listed(run: Run, home: Path, out: Out, *asked: str) -> list[dict[str, object]]:
    out.readouterr()
    assert run("tasks", "list", "--home", home, "--json", *asked) == 0
    found: list[dict[str, object]] = msgspec.json.decode(out.readouterr().out)
    return found


def test_a_task_goes_from_the_list_to_done_with_its_trail(run: Run, home: Path, capsys: Out) -> None:
    task = next(t for t in listed(run, home, capsys) if t["rule"] == "tutor_wellness_check")
    who = ("--by", "carla", "--home", home)
    assert run("tasks", "assign", task["task_id"], "dan", *who) == 0
    assert run("tasks", "note", task["task_id"], "call at noon", *who) == 0
    assert run("tasks", "done", task["task_id"], "--outcome", "solved", "--note", "rests now", *who) == 0
    assert "Wellness check-in within 48 hours (tutor bob): done." in capsys.readouterr().out
    assert run("tasks", "show", task["task_id"], "--home", home) == 0
    shown = capsys.readouterr().out
    assert "carla: assigned dan" in shown
    assert "carla: done solved – rests now" in shown
    assert task["task_id"] not in {t["task_id"] for t in listed(run, home, capsys)}
    assert run("tasks", "dismiss", task["task_id"], *who) == 2
    assert "it cannot be dismissed. Add a note" in " ".join(capsys.readouterr().err.split())


def test_a_task_is_put_off_and_another_dismissed(run: Run, home: Path, capsys: Out) -> None:
    first, second, *_ = listed(run, home, capsys)
    assert run("tasks", "snooze", first["task_id"], "--until", "2024-10-20", "--home", home) == 0
    assert run("tasks", "dismiss", second["task_id"], "--note", "known", "--home", home) == 0
    assert {t["task_id"] for t in listed(run, home, capsys, "--state", "snoozed")} == {first["task_id"]}
    assert {t["task_id"] for t in listed(run, home, capsys, "--state", "dismissed")} == {second["task_id"]}
    assert run("tasks", "list", "--home", home) == 0
    assert "Worth: risk × value at stake (price of 30 days)" in capsys.readouterr().out


def test_what_operators_set_shows_on_the_page_and_in_the_record(run: Run, home: Path, capsys: Out) -> None:
    who = ("--by", "carla", "--home", home)
    assert run("overrides", "set", "bob", "healthy", "--until", "2024-11-01", "--reason", "agreed", *who) == 0
    assert run("states", "set", "bob", "on_leave", "--until", "2024-11-01", *who) == 0
    assert run("reviews", "ask", "bob", "is that right?", *who) == 0
    capsys.readouterr()
    assert run("audit", "--home", home, "--json") == 0
    acts = [(e["actor_kind"], e["action"], e["target_id"]) for e in json.loads(capsys.readouterr().out)]
    assert acts == [("shell", act, "bob") for act in ("ask review", "set state", "set override")]
    assert run("overrides", "list", "--home", home) == 0
    assert "bob: healthy until 2024-11-01T00:00:00Z, by carla" in capsys.readouterr().out
    assert run("states", "list", "--home", home) == 0
    assert "bob: on_leave until 2024-11-01" in capsys.readouterr().out
    assert run("show", "bob", "--home", home) == 0
    page = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "segment set by carla until 2024-11-01" in page
    assert "on_leave" in page
    assert run("show", "bob", "--record", "--home", home) == 0
    record = capsys.readouterr().out
    assert "What the log holds" in record
    assert "carla: review asked" in record
    assert "Nothing here acts by itself on anybody's access or pay" in " ".join(record.split())


def test_reviews_are_listed_and_answered(run: Run, home: Path, capsys: Out) -> None:
    capsys.readouterr()
    assert run("reviews", "ask", "ann", "why?", "--by", "carla", "--home", home, "--json") == 0
    review = msgspec.json.decode(capsys.readouterr().out)
    assert (
        run("reviews", "answer", review["review_id"], "upheld", "looked", "--by", "dan", "--home", home) == 0
    )
    assert "answered_by dan" in capsys.readouterr().out
    assert run("reviews", "list", "--home", home) == 0
    assert capsys.readouterr().out == "None.\n"


def test_playbooks_claim_nothing_without_a_trial(run: Run, home: Path, capsys: Out) -> None:
    assert run("playbooks", "--home", home) == 0
    assert "nothing can be said of what actions do. Give one `hold_out`" in capsys.readouterr().out


def test_a_verdict_is_kept_and_counted_and_a_wrong_one_needs_a_reason(
    run: Run, home: Path, capsys: Out
) -> None:
    who = ("--by", "carla", "--home", home)
    assert run("feedback", "give", "bob", "segment", "wrong", *who) == 2
    assert "give a reason" in " ".join(capsys.readouterr().err.split())
    assert run("feedback", "give", "bob", "segment", "wrong", "--reason", "he is back", *who) == 0
    assert run("feedback", "give", "bob", "segment", "confirmed", *who) == 0
    capsys.readouterr()
    assert run("feedback", "counts", "--home", home) == 0
    assert "tutor segment: 1 confirmed, 1 wrong (50% right)" in capsys.readouterr().out
