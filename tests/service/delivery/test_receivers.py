"""Who is told what, from the home's file and the mail settings."""

from pathlib import Path

import pytest

from tests.service.delivery.servers import mail_server
from tutorpulse.decisions.alerts.notices import Text
from tutorpulse.errors import SettingsError
from tutorpulse.service.delivery.following import Receivers
from tutorpulse.service.delivery.receivers import FILE_NAME, Receiver, load_receivers
from tutorpulse.service.delivery.sending import notify
from tutorpulse.settings import Settings, load
from tutorpulse.store.home import Home
from tutorpulse.store.state import State

MAIL = Settings(
    critical_alert_emails=("a@x.example", "b@x.example"), smtp_host="mail.x.example", smtp_from="p@x.example"
)


def read(home: Path, text: str, environment: dict[str, str] | None = None) -> tuple[Receiver, ...]:
    (home / FILE_NAME).write_text(text)
    return load_receivers(home, Settings(), environment or {})


def test_secrets_may_stand_in_the_environment_and_are_never_shown(tmp_path: Path) -> None:
    text = '[[receiver]]\nname = "x"\nwebhook = "https://u:p@crm.x.example/${TOKEN}"\nsecret = "${SECRET}"\n'
    (found,) = read(tmp_path, text, {"TOKEN": "t0ken", "SECRET": "s3cret"})
    assert (found.webhook, found.secret) == ("https://u:p@crm.x.example/t0ken", "s3cret")
    assert found.via == "webhook https://crm.x.example"
    assert Receiver(name="y", url="slack://A/B/C").via == "slack"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('name = "x"', "receiver 'x': give either url .* or webhook"),
        ('name = "x"\nurl = "mailto://a"\nwebhook = "http://b"', "give either url"),
        ('name = "x"\nurl = "nothing"', "url is none of Apprise"),
        ('name = "x"\nwebhook = "http://b"', "needs a secret to sign with"),
        ('name = "x"\nwebhook = "ftp://b"\nsecret = "s"', "an http or https address"),
        ('name = "x"\nurl = "slack://a"\nsegments = true', "only a webhook can be told of segments"),
        ('name = "x"\nurl = "slack://a"\ntime_zone = "Mars/Base"', "'Mars/Base' is no time zone"),
        ('name = "x"\nurl = "slack://a"\nquiet = "late"', "quiet = 'late' is no span of hours"),
        ('name = "x"\nurl = "slack://${NOT_SET}"', "the environment has no variable NOT_SET"),
        ('name = "x"\nurl = "slack://a"\nseverity = "info"', "unknown field `severity`.*docs/alerts.md"),
        ('url = "slack://a"', "receiver 'number 1'.*missing required field `name`"),
        ('name = "x"\nurl = "slack://a"\n[[receiver]]\nname = "x"\nurl = "slack://b"', "'x' stands twice"),
    ],
)
def test_a_wrong_receiver_is_refused_by_name(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        read(tmp_path, f"[[receiver]]\n{text}\n")


def test_the_predecessors_variables_make_a_receiver_for_each_severity(tmp_path: Path) -> None:
    given = {"CRITICAL_ALERT_EMAILS": "a@x.example, b@x.example", "INFO_ALERT_EMAILS": "c@x.example"}
    settings = load(
        tmp_path, given | {"TUTORPULSE_SMTP_HOST": "m.x.example", "TUTORPULSE_SMTP_FROM": "p@x.example"}
    )
    found = load_receivers(tmp_path, settings, {})
    assert [(r.name, r.severities) for r in found] == [
        ("mail-critical", ("critical",)),
        ("mail-info", ("info",)),
    ]
    prefixed = load(tmp_path, {"TUTORPULSE_CRITICAL_ALERT_EMAILS": "d@x.example", **given})
    assert prefixed.critical_alert_emails == ("d@x.example",)


def test_addresses_without_a_mail_server_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="smtp_host or smtp_from is empty"):
        load_receivers(tmp_path, Settings(info_alert_emails=("a@x.example",)), {})


def test_login_and_security_of_the_mail_server_are_as_set(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("p@ss/word\n")
    login = {"smtp_user": "pulse", "smtp_password_file": str(tmp_path / "password")}
    settings = Settings(
        critical_alert_emails=("a@x.example",), smtp_host="m.x.example", smtp_from="p@x.example", **login
    )
    (found,) = load_receivers(tmp_path, settings, {})
    assert found.url.startswith("mailtos://pulse:p%40ss%2Fword@m.x.example:587/?mode=starttls")
    missing = Settings(
        critical_alert_emails=("a@x.example",),
        smtp_host="m.x.example",
        smtp_from="p@x.example",
        smtp_user="pulse",
        smtp_password_file=str(tmp_path / "nowhere"),
    )
    with pytest.raises(SettingsError, match=r"smtp_password_file = .*nowhere' cannot be read"):
        load_receivers(tmp_path, missing, {})


def test_a_mail_of_the_settings_reaches_every_address(tmp_path: Path) -> None:
    with mail_server() as server:
        settings = Settings(
            critical_alert_emails=("a@x.example", "b@x.example"),
            smtp_host="127.0.0.1",
            smtp_port=server.port,
            smtp_security="none",
            smtp_from="pulse@x.example",
        )
        (receiver,) = load_receivers(tmp_path, settings, {})
        assert notify(receiver, "key-1", Text("Größe", "100 % <b>\nzwei")) is None
    assert sorted(mail.to for mail in server.mails) == [["a@x.example"], ["b@x.example"]]
    assert {mail.subject for mail in server.mails} == {"Größe"}
    assert {mail.key for mail in server.mails} == {"key-1"}
    assert "100 % <b>" in server.mails[0].body
    assert server.mails[0].message["from"] == "pulse@x.example"


def test_a_changed_file_is_followed_a_wrong_one_changes_nothing(tmp_path: Path) -> None:
    home = Home.open(tmp_path / "home", create=True)
    state = State(home.state_path)
    file = home.path / FILE_NAME
    file.write_text('[[receiver]]\nname = "a"\nurl = "slack://x"\n')
    receivers = Receivers(home.path, Settings())
    assert [r.name for r in receivers.follow(state, 1)] == ["a"]
    file.write_text("broken")
    assert [r.name for r in receivers.follow(state, 2)] == ["a"]
    file.write_text('[[receiver]]\nname = "b"\nurl = "slack://xyz"\n')
    assert [r.name for r in receivers.follow(state, 3)] == ["b"]
    state.close()


@pytest.mark.parametrize(
    ("receiver", "kind", "severity", "team", "escalated_to", "wanted"),
    [
        (Receiver(name="x"), "opened", "info", "student", False, True),
        (Receiver(name="x"), "resolved", "info", "student", False, False),
        (Receiver(name="x", kinds=("resolved",)), "resolved", "info", "student", False, True),
        (Receiver(name="x", webhook="https://x"), "resolved", "info", "student", False, True),
        (Receiver(name="x", severities=("critical",)), "opened", "warning", "student", False, False),
        (Receiver(name="x", teams=("tutor",)), "opened", "critical", "student", False, False),
        (Receiver(name="x"), "escalated", "critical", "student", False, True),
        (Receiver(name="x"), "escalated", "critical", "student", True, False),
        (Receiver(name="x", escalation=True), "escalated", "critical", "student", True, True),
        (Receiver(name="x", escalation=True), "opened", "critical", "student", True, False),
        (Receiver(name="x", alerts=False), "opened", "critical", "student", False, False),
    ],
)
def test_who_wants_what(
    receiver: Receiver, kind: str, severity: str, team: str, escalated_to: bool, wanted: bool
) -> None:
    assert receiver.wants(kind, severity, team, escalated_to) is wanted
