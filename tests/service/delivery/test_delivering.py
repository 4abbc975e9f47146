"""From a refresh to a mail and a signed post: who is told what, when, how often."""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service.delivery.servers import Hook, MailServer, free_port, hook, mail_server
from tests.service.world import NOW_US, One, World, opened
from tutorpulse.clock import DAY_US, HOUR_US, MINUTE_US, SECOND_US, FixedClock, format_time
from tutorpulse.errors import InputError, UnknownEntityError
from tutorpulse.service.alerting import acting
from tutorpulse.service.delivery import sending
from tutorpulse.service.delivery.courier import Done
from tutorpulse.service.delivery.delivering import deliver, try_out
from tutorpulse.service.delivery.receivers import Receiver, load_receivers
from tutorpulse.service.refresh import refresh
from tutorpulse.service.root import Pulse

SECRET = "correct horse battery"
AT_RISK = One({"sessions_7d": 0.0}, {"churn_risk_14d": 0.83})


@pytest.fixture
def mails() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def posts() -> Iterator[Hook]:
    with hook() as receiver:
        yield receiver


@pytest.fixture
def world() -> World:
    return World(students={"anna": One(), "ben": One()})


@pytest.fixture
def pulse(tmp_path: Path) -> Iterator[Pulse]:
    with opened(tmp_path / "home") as found:
        yield found


def receive(pulse: Pulse, *receivers: str) -> None:
    text = "\n".join(f"[[receiver]]\n{receiver}\n" for receiver in receivers)
    (pulse.home.path / "receivers.toml").write_text(text)


def by_mail(server: MailServer, more: str = "") -> str:
    return f'name = "ops"\nurl = "{server.url()}"\n{more}'


def by_hook(receiver: Hook, more: str = "") -> str:
    return f'name = "crm"\nwebhook = "{receiver.url}"\nsecret = "{SECRET}"\n{more}'


def told(pulse: Pulse) -> Done:
    return deliver(pulse.state, pulse.settings, pulse.clock, load_receivers(pulse.home.path, pulse.settings))


def later(pulse: Pulse, us: int) -> None:
    assert isinstance(pulse.clock, FixedClock)
    pulse.clock.advance(us)


def acknowledge_all(pulse: Pulse) -> None:
    for alert in pulse.state.alerts.live("student"):
        acting.acknowledge(pulse.state, alert.alert_id, "eva", pulse.clock.now_us())


def test_a_mail_says_who_why_since_when_what_to_do_and_where(
    pulse: Pulse, world: World, mails: MailServer
) -> None:
    receive(pulse, by_mail(mails))
    refresh(pulse, world.scorer())
    assert told(pulse).sent == 0
    world.students["anna"] = AT_RISK
    refresh(pulse, world.scorer())
    assert told(pulse).sent == 1
    (mail,) = mails.mails
    assert (mail.to, mail.subject) == (["ops@x.example"], "[critical] Churn risk: student anna")
    assert "Why: Churn risk 83 %: no session in 7 days" in mail.body
    assert f"Since: {format_time(NOW_US)}" in mail.body
    assert "To do: Call within 48 hours" in mail.body
    (alert,) = pulse.state.alerts.live("student")
    assert f"`tutorpulse alerts show {alert.alert_id}`" in mail.body
    assert f"Reference: {mail.key}" in mail.body
    assert told(pulse).sent == 0


def test_a_post_is_signed_as_standard_webhooks_says(pulse: Pulse, world: World, posts: Hook) -> None:
    receive(pulse, by_hook(posts))
    world.students["anna"] = AT_RISK
    refresh(pulse, world.scorer())
    told(pulse)
    (post,) = posts.posts
    signed = f"{post.headers['webhook-id']}.{NOW_US // SECOND_US}.".encode() + post.body
    wanted = base64.b64encode(hmac.digest(SECRET.encode(), signed, hashlib.sha256)).decode()
    assert post.headers["webhook-signature"] == f"v1,{wanted}"
    assert post.headers["webhook-timestamp"] == str(NOW_US // SECOND_US)
    assert post.headers["idempotency-key"] == post.data["message_id"] == post.headers["webhook-id"]
    (event,) = post.data["events"]
    assert (event["type"], event["kind"], event["entity_id"]) == ("alert", "opened", "anna")
    assert event["entity_url"] == "/students/anna"


def test_the_example_of_the_standard_is_signed_as_it_says() -> None:
    """The vector of the Standard Webhooks libraries."""
    found = sending.signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_entry_and_exit_of_segments_are_posted_to_who_asks(pulse: Pulse, world: World, posts: Hook) -> None:
    receive(pulse, by_hook(posts, "segments = true\nalerts = false"))
    refresh(pulse, world.scorer())
    world.students["anna"] = AT_RISK
    later(pulse, HOUR_US)
    refresh(pulse, world.scorer())
    told(pulse)
    events = [event for post in posts.posts for event in post.data["events"]]
    moved = {(e["type"], e["entity_id"], e["left"], e["entered"]) for e in events}
    assert moved == {
        ("segment", "anna", None, "healthy"),
        ("segment", "ben", None, "healthy"),
        ("segment", "anna", "healthy", "churned"),
    }
    assert len({event["event_id"] for event in events}) == 3


def test_what_fails_is_tried_again_later_and_later_under_one_key(
    pulse: Pulse, world: World, posts: Hook
) -> None:
    receive(pulse, by_hook(posts))
    posts.answers = [500, 503]
    world.students["anna"] = AT_RISK
    refresh(pulse, world.scorer())
    waits = []
    for second in range(20):
        if told(pulse).failed:
            waits.append(second)
        later(pulse, SECOND_US)
    assert waits == [0, 2]
    assert [post.status for post in posts.posts] == [500, 503, 200]
    assert len({post.headers["webhook-id"] for post in posts.posts}) == 1
    assert len({post.headers["webhook-signature"] for post in posts.posts}) == 3
    assert len({post.body for post in posts.posts}) == 1


def test_a_receiver_is_left_alone_for_as_long_as_it_asks(pulse: Pulse, world: World, posts: Hook) -> None:
    receive(pulse, by_hook(posts))
    posts.answers, posts.headers = [429], {"Retry-After": "60"}
    world.students["anna"] = AT_RISK
    refresh(pulse, world.scorer())
    told(pulse)
    later(pulse, 59 * SECOND_US)
    assert told(pulse).sent == 0
    later(pulse, SECOND_US)
    assert told(pulse).sent == 1


def test_one_that_is_away_for_good_is_given_up_and_holds_up_nobody(
    pulse: Pulse, world: World, mails: MailServer
) -> None:
    dead = f'name = "dead"\nwebhook = "http://127.0.0.1:{free_port()}/"\nsecret = "x"'
    receive(pulse, by_mail(mails), dead)
    world.students["anna"] = AT_RISK
    refresh(pulse, world.scorer())
    assert told(pulse).sent == 1
    acknowledge_all(pulse)
    for _ in range(20):
        later(pulse, 4 * HOUR_US)
        told(pulse)
    counted = {c.receiver: c for c in pulse.state.outbox.counts(["ops", "dead"])}
    assert (counted["ops"].sent, counted["dead"].given_up, counted["dead"].waiting) == (1, 1, 0)


def test_a_refused_mail_is_sent_again_and_nothing_secret_is_noted(
    pulse: Pulse, world: World, mails: MailServer
) -> None:
    receive(pulse, by_mail(mails))
    mails.refuse = 1
    world.students["anna"] = AT_RISK
    refresh(pulse, world.scorer())
    assert told(pulse).failed == 1
    (count,) = pulse.state.outbox.counts(["ops"])
    assert count.error is not None
    assert "ops@x.example" not in count.error
    later(pulse, MINUTE_US)
    assert (told(pulse).sent, len(mails.mails)) == (1, 1)


@pytest.mark.parametrize("many", [300, pytest.param(10_000, marks=pytest.mark.slow)])
def test_very_many_at_once_are_one_digest(pulse: Pulse, mails: MailServer, posts: Hook, many: int) -> None:
    receive(pulse, by_mail(mails), by_hook(posts))
    crowd = World(students={f"s{i:05d}": One() for i in range(many)})
    refresh(pulse, crowd.scorer())
    for name in crowd.students:
        crowd.students[name] = AT_RISK
    later(pulse, HOUR_US)
    refresh(pulse, crowd.scorer())
    told(pulse)
    assert mails.mails == []
    later(pulse, 30 * SECOND_US)
    told(pulse)
    (mail,) = mails.mails
    assert mail.subject == f"[digest] {many:,} alerts, {many:,} of them critical"
    assert f"{many:,} × [critical] Churn risk (student)" in mail.body
    assert f"and {many - 20:,} more" in mail.body
    posted = [event["event_id"] for post in posts.posts for event in post.data["events"]]
    assert (len(posts.posts), len(posted), len(set(posted))) == (-(-many // 500), many, many)


def test_in_quiet_hours_warnings_wait_and_critical_alerts_do_not(
    pulse: Pulse, world: World, mails: MailServer
) -> None:
    """`NOW_US` is midnight UTC, which in Berlin is two in the morning then."""
    receive(pulse, by_mail(mails, 'quiet = "22:00-07:00"\ntime_zone = "Europe/Berlin"'))
    world.students["anna"], world.students["ben"] = AT_RISK, One(outputs={"churn_risk_14d": 0.7})
    refresh(pulse, world.scorer())
    told(pulse)
    assert [mail.subject for mail in mails.mails] == ["[critical] Churn risk: student anna"]
    acknowledge_all(pulse)
    later(pulse, 5 * HOUR_US - 1)
    assert told(pulse).sent == 0
    later(pulse, 1)
    told(pulse)
    assert [mail.subject for mail in mails.mails[1:]] == ["[warning] Churn risk: student ben"]


def test_a_silence_holds_back_and_what_outlasts_it_is_told(
    pulse: Pulse, world: World, mails: MailServer
) -> None:
    receive(pulse, by_mail(mails))
    acting.silence(pulse.state, (NOW_US, NOW_US + HOUR_US), "moving", "eva", NOW_US, rule="student_churn")
    world.students["anna"], world.students["ben"] = AT_RISK, AT_RISK
    refresh(pulse, world.scorer())
    assert told(pulse).sent == 0
    world.students["ben"] = One()
    later(pulse, HOUR_US - 1)
    refresh(pulse, world.scorer())
    told(pulse)
    later(pulse, 1)
    told(pulse)
    assert [mail.subject for mail in mails.mails] == ["[critical] Churn risk: student anna"]


def test_teams_severities_and_escalation_choose_the_receiver(pulse: Pulse, world: World, posts: Hook) -> None:
    names = ("tutors", "criticals", "boss")
    mores = ('teams = ["tutor"]', 'severities = ["critical"]\nteams = ["student"]', "escalation = true")
    receive(
        pulse,
        *(
            f'name = "{name}"\nwebhook = "{posts.url}?{name}"\nsecret = "x"\n{more}'
            for name, more in zip(names, mores, strict=True)
        ),
    )
    world.students["anna"], world.students["ben"] = AT_RISK, One(outputs={"churn_risk_14d": 0.7})
    refresh(pulse, world.scorer())
    told(pulse)
    sent = {c.receiver: c.sent for c in pulse.state.outbox.counts(names)}
    assert sent == {"tutors": 0, "criticals": 1, "boss": 0}
    later(pulse, 2 * HOUR_US)
    told(pulse)
    sent = {c.receiver: c.sent for c in pulse.state.outbox.counts(names)}
    assert sent == {"tutors": 0, "criticals": 1, "boss": 1}
    assert posts.posts[-1].data["events"][0]["kind"] == "escalated"


def test_a_new_receiver_is_told_of_what_comes_after_it(pulse: Pulse, world: World, mails: MailServer) -> None:
    world.students["anna"] = AT_RISK
    refresh(pulse, world.scorer())
    receive(pulse, by_mail(mails))
    assert told(pulse).sent == 0
    acknowledge_all(pulse)
    world.students["ben"] = AT_RISK
    later(pulse, DAY_US // 2)
    refresh(pulse, world.scorer())
    told(pulse)
    assert [mail.subject for mail in mails.mails] == ["[critical] Churn risk: student ben"]


def test_of_who_was_erased_nothing_is_told(pulse: Pulse, world: World, mails: MailServer) -> None:
    receive(pulse, by_mail(mails))
    mails.refuse = 1
    world.students["anna"] = AT_RISK
    refresh(pulse, world.scorer())
    told(pulse)
    pulse.state.erase("student", "anna")
    later(pulse, MINUTE_US)
    told(pulse)
    assert mails.mails == []
    assert pulse.state.outbox.counts(["ops"])[0].waiting == 0


def test_a_trial_reaches_the_receiver_and_says_so(mails: MailServer, posts: Hook) -> None:
    receivers = (
        Receiver(name="ops", url=mails.url()),
        Receiver(name="crm", webhook=posts.url, secret=SECRET),
        Receiver(name="odd", url="nonsense://x"),
    )
    assert try_out(receivers, "ops", NOW_US) is None
    assert mails.mails[0].subject == "[test] tutorpulse reaches you"
    assert try_out(receivers, "crm", NOW_US) is None
    assert posts.posts[0].data["events"] == []
    failure = try_out(receivers, "odd", NOW_US)
    assert failure is not None
    assert failure.reason == "Apprise knows no such url as that of odd: nonsense://…"
    with pytest.raises(UnknownEntityError, match=r"no receiver 'who' \(known: ops, crm, odd\)"):
        try_out(receivers, "who", NOW_US)


def test_without_the_library_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "find_spec", lambda _name: None)
    with pytest.raises(
        InputError, match=r"needs apprise\. Install with `pip install 'tutorpulse\[alerts\]'`"
    ):
        sending.check_installed((Receiver(name="ops", url="mailto://x"),))
