"""`tutorpulse alerts` in the terminal."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.service.delivery.servers import hook
from tests.service.world import World
from tutorpulse.store.home import Home


def made(run: Run, home: Path, capsys: pytest.CaptureFixture[str], *verb: object) -> object:
    capsys.readouterr()
    assert run("alerts", *verb, "--home", home, "--json") == 0
    return json.loads(capsys.readouterr().out)


def alert_of(run: Run, home: Path, capsys: pytest.CaptureFixture[str], who: str, rule: str) -> str:
    found = made(run, home, capsys, "list")
    assert isinstance(found, list)
    (alert,) = [a for a in found if (a["entity_id"], a["rule"]) == (who, rule)]
    return str(alert["alert_id"])


def test_a_refresh_opens_alerts_that_are_listed_and_counted(
    run: Run, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("alerts", "list", "--home", home) == 0
    listed = capsys.readouterr().out
    assert "warning" in listed
    assert "tutor bob" in listed
    assert run("summary", "--home", home) == 0
    assert "2 alerts not resolved: 2 warning." in capsys.readouterr().out
    found = made(run, home, capsys, "list", "--severity", "critical")
    assert found == []


def test_an_alert_is_seen_to_judged_and_its_rule_with_it(
    run: Run, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alert_id = alert_of(run, home, capsys, "bob", "tutor_burnout")
    assert run("alerts", "ack", alert_id, "--by", "eva", "--note", "mine", "--home", home) == 0
    assert capsys.readouterr().out == "Burnout risk, tutor bob: acknowledged.\n"
    assert run("alerts", "snooze", alert_id, "--hours", 2, "--home", home) == 0
    assert run("alerts", "feedback", alert_id, "wrong", "--home", home) == 2
    assert "Say why the alert is wrong" in capsys.readouterr().err
    assert run("alerts", "feedback", alert_id, "wrong", "--reason", "exams", "--home", home) == 0
    assert run("alerts", "show", alert_id, "--home", home) == 0
    shown = capsys.readouterr().out
    for told in (
        "who: tutor bob",
        "why: Burnout risk 62 %",
        "to do: Wellness check-in",
        "by eva: mine",
        "exams",
    ):
        assert told in shown
    rules = made(run, home, capsys, "rules")
    assert isinstance(rules, list)
    (burnout,) = [rule for rule in rules if rule["key"] == "tutor_burnout"]
    assert (burnout["wrong"], burnout["precision"]) == (1, 0.0)
    assert run("alerts", "resolve", alert_id, "--home", home) == 2
    assert "is resolved already" in capsys.readouterr().err
    assert run("alerts", "show", "no-such", "--home", home) == 2


def test_a_silence_is_made_listed_and_ended(run: Run, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    silence = made(run, home, capsys, "silence", "moving", "--hours", 3)
    assert isinstance(silence, dict)
    assert run("alerts", "silences", "--home", home) == 0
    assert "all alerts (moving" in capsys.readouterr().out
    assert run("alerts", "unsilence", silence["silence_id"], "--home", home) == 0
    assert made(run, home, capsys, "silences") == []
    assert run("alerts", "silence", "x", "--entity", "tutor", "--home", home) == 2
    assert "both --entity and --id" in capsys.readouterr().err


def test_without_a_service_deliver_tells_what_a_refresh_found(
    run: Run, home: Path, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    with hook() as posts:
        (home / "receivers.toml").write_text(
            f'[[receiver]]\nname = "crm"\nwebhook = "{posts.url}"\nsecret = "hidden-one"\n'
        )
        assert run("refresh", "--home", home) == 0
        world.tutors["ann"].outputs["churn_risk_14d"] = 0.9
        assert run("refresh", "--home", home) == 0
        capsys.readouterr()
        assert run("alerts", "deliver", "--home", home) == 0
        assert capsys.readouterr().out == "1 messages sent to 1 receivers.\n"
        (event,) = posts.posts[0].data["events"]
        assert (event["entity_id"], event["rule"]) == ("ann", "tutor_burnout")
        assert run("alerts", "receivers", "--home", home) == 0
        shown = capsys.readouterr().out
        assert "crm" in shown
        assert "hidden" not in shown
        assert run("alerts", "test", "crm", "--home", home) == 0
        assert capsys.readouterr().out == "crm took it.\n"
    assert run("alerts", "test", "crm", "--home", home) == 2
    assert "crm did not take it: webhook http://127.0.0.1 cannot be reached" in capsys.readouterr().err
    assert Home.open(home)


def test_a_wrong_file_of_receivers_or_rules_is_refused_by_name(
    run: Run, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "receivers.toml").write_text('[[receiver]]\nname = "x"\n')
    assert run("alerts", "deliver", "--home", home) == 2
    assert "receiver 'x': give either url (Apprise) or webhook" in " ".join(capsys.readouterr().err.split())
