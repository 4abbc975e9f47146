"""Alerts over HTTP: listed, acted upon, judged, silenced."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from tests.api.conftest import Ask
from tests.service.delivery.servers import hook
from tests.service.live.homes import LIVE_US
from tests.store.test_state import alert_row
from tutorpulse.clock import HOUR_US, format_time
from tutorpulse.service.live.service import Service
from tutorpulse.store.state.alerts import ChangeRow


@pytest.fixture(scope="module")
def alert(service: Service) -> Callable[..., str]:
    """Call with an id: an open alert of that id, about a tutor of that name."""

    def made(alert_id: str, **changed: object) -> str:
        fields = {"rule": "tutor_burnout", "opened_us": LIVE_US, "changed_us": LIVE_US} | changed
        row = alert_row(alert_id, f"about-{alert_id}", **fields)
        change = ChangeRow(alert_id, "tutor", row.entity_id, LIVE_US, "opened", row.severity)
        with service.states.one() as state:
            state.alerts.write([row], [change])
        return alert_id

    return made


def test_an_alert_says_who_why_since_when_what_to_do_and_where(ask: Ask, alert: Callable[..., str]) -> None:
    alert("one", actions='["Call"]', since_us=LIVE_US - HOUR_US, value=0.83, severity="critical")
    shown = ask("GET", "/v1/alerts/one").json()
    assert (shown["entity_type"], shown["entity_id"], shown["why"]) == (
        "tutor",
        "about-one",
        "because of about-one",
    )
    assert shown["since"] == format_time(LIVE_US - HOUR_US)
    assert (shown["actions"], shown["value"], shown["state"]) == (["Call"], 0.83, "open")
    assert (shown["url"], shown["entity_url"]) == ("/alerts/one", "/tutors/about-one")


def test_pages_list_what_is_not_resolved_newest_first_and_filters_hold(
    ask: Ask, alert: Callable[..., str]
) -> None:
    for number in range(5):
        alert(
            f"p{number}", opened_us=LIVE_US + number, team="paging", severity=["info", "warning"][number % 2]
        )
    alert("p-done", state="resolved", resolved_us=LIVE_US, team="paging")
    pages, cursor = [], ""
    while cursor is not None:
        page = ask("GET", f"/v1/alerts?team=paging&limit=2{cursor and f'&cursor={cursor}'}").json()
        pages.append([item["alert_id"] for item in page["items"]])
        cursor = page["next_cursor"]
    assert pages == [["p4", "p3"], ["p2", "p1"], ["p0"]]
    wanted = "/v1/alerts?team=paging&severity=warning&state=open"
    assert [item["alert_id"] for item in ask("GET", wanted).json()["items"]] == ["p3", "p1"]
    done = ask("GET", "/v1/alerts?team=paging&state=resolved").json()["items"]
    assert [item["alert_id"] for item in done] == ["p-done"]
    assert (
        ask("GET", "/v1/alerts?entity_type=tutor&entity_id=about-p2").json()["items"][0]["alert_id"] == "p2"
    )
    assert ask("GET", "/v1/alerts?stat=open").status_code == 422


def test_acknowledged_snoozed_judged_and_every_change_is_kept(ask: Ask, alert: Callable[..., str]) -> None:
    path = f"/v1/alerts/{alert('kept')}"
    seen = ask("POST", path + "/acknowledge", json={"note": "mine"}).json()
    assert (seen["state"], seen["acknowledged_by"]) == ("acknowledged", "tests")
    asleep = ask("POST", path + "/snooze", json={"minutes": 90}).json()
    assert (asleep["state"], asleep["snoozed_until"]) == (
        "snoozed",
        format_time(LIVE_US + 90 * HOUR_US // 60),
    )
    wrong = ask("POST", path + "/feedback", json={"verdict": "wrong", "reason": "on leave"}).json()
    assert (wrong["state"], wrong["verdict"], wrong["verdict_reason"]) == ("resolved", "wrong", "on leave")
    changes = ask("GET", path + "/history").json()["changes"]
    assert [(c["change"], c["by"], c["note"]) for c in changes] == [
        ("opened", None, None),
        ("acknowledged", "tests", "mine"),
        ("snoozed", "tests", None),
        ("wrong", "tests", "on leave"),
        ("resolved", "tests", "wrong"),
    ]
    again = ask("POST", path + "/resolve", json={})
    assert (again.status_code, again.json()["detail"]) == (422, "The alert kept is resolved already (wrong).")


def test_a_wrong_alert_needs_a_reason_and_an_unknown_one_is_not_found(
    ask: Ask, alert: Callable[..., str]
) -> None:
    unexplained = ask("POST", f"/v1/alerts/{alert('why')}/feedback", json={"verdict": "wrong"})
    assert (unexplained.status_code, unexplained.json()["detail"]) == (
        422,
        "Say why the alert is wrong: give a reason.",
    )
    unknown = ask("POST", "/v1/alerts/no-such/resolve", json={})
    assert unknown.status_code == 404
    assert "There is no alert 'no-such'" in unknown.json()["detail"]


def test_rules_say_how_right_they_were_and_which_cry_wolf(ask: Ask, alert: Callable[..., str]) -> None:
    for number in range(8):
        alert(f"w{number}", rule="tutor_health", state="resolved", resolved_us=1, verdict="wrong")
    for number in range(3):
        alert(
            f"r{number}", rule="tutor_velocity_halved", state="resolved", resolved_us=1, verdict="confirmed"
        )
    rules = {rule["key"]: rule for rule in ask("GET", "/v1/alert-rules").json()["rules"]}
    wolf, few = rules["tutor_health"], rules["tutor_velocity_halved"]
    assert (wolf["precision"], wolf["wrong"], wolf["cries_wolf"]) == (0.0, 8, True)
    assert (few["precision"], few["confirmed"], few["cries_wolf"]) == (1.0, 3, False)
    assert rules["student_churn"]["precision"] is None
    assert rules["student_churn"]["thresholds"] == {"warning": 0.6, "critical": 0.8}


def test_a_silence_begins_and_is_ended(ask: Ask) -> None:
    asked = {"minutes": 60, "reason": "moving house", "rule": "student_churn"}
    made = ask("POST", "/v1/silences", json=asked).json()
    assert (made["until"], made["made_by"]) == (format_time(LIVE_US + HOUR_US), "tests")
    assert [s["silence_id"] for s in ask("GET", "/v1/silences").json()["silences"]] == [made["silence_id"]]
    ended = ask("POST", f"/v1/silences/{made['silence_id']}/end").json()
    assert ended["until"] == format_time(LIVE_US)
    assert ask("GET", "/v1/silences").json() == {"silences": []}
    wrong = ask("POST", "/v1/silences", json=asked | {"rule": "no_rule"})
    assert (wrong.status_code, "There is no alert rule 'no_rule'" in wrong.text) == (404, True)


def test_readers_may_not_act(client: TestClient, key: Callable[..., str], alert: Callable[..., str]) -> None:
    headers = {"authorization": f"Bearer {key('read')}"}
    path = f"/v1/alerts/{alert('theirs')}"
    assert client.get(path, headers=headers).status_code == 200
    assert client.post(path + "/resolve", headers=headers, json={}).status_code == 403
    assert client.get(path).status_code == 401


def test_receivers_are_told_of_without_secrets_and_tried_out(ask: Ask, service: Service) -> None:
    with hook() as posts:
        file = service.pulse.home.path / "receivers.toml"
        file.write_text(
            f'[[receiver]]\nname = "crm"\nwebhook = "{posts.url}?token=t0ken"\nsecret = "s3cret"\n'
        )
        listed = ask("GET", "/v1/receivers")
        (found,) = listed.json()["receivers"]
        assert (found["name"], found["via"], found["waiting"]) == ("crm", "webhook http://127.0.0.1", 0)
        assert "t0ken" not in listed.text
        assert "s3cret" not in listed.text
        assert ask("POST", "/v1/receivers/crm/test").json() == {
            "receiver": "crm",
            "taken": True,
            "reason": None,
        }
        posts.answers = [500]
        refused = ask("POST", "/v1/receivers/crm/test").json()
        assert (refused["taken"], refused["reason"]) == (False, "webhook http://127.0.0.1 answered 500")
        assert ask("POST", "/v1/receivers/nobody/test").status_code == 404
        file.unlink()
