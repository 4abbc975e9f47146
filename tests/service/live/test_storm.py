"""Very many who cross a threshold at once, in a live service: one digest, every webhook event once, and nobody else held up."""

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from tests.service.delivery.servers import Hook, MailServer, hook, mail_server
from tests.service.live.homes import LIVE_US
from tests.service.logs import Event, home_with, lesson
from tests.waiting import until
from tutorpulse.clock import DAY_US, SECOND_US, FixedClock, format_time
from tutorpulse.service import judging
from tutorpulse.service.live.service import Service, open_service
from tutorpulse.store.bodies import Body

MANY = 10_000
RULE = """[[rule]]
key = "silent"
about = "student"
title = "Silent"
team = "storm"
fact = "days_since_last_session"
at_least = { critical = 10 }
do = ["Call"]
"""
PATIENCE_S = 240.0


def prepared(path: Path, mails: MailServer, posts: Hook) -> None:
    home_with(
        path, [lesson(days, f"t{n % 500}", f"s{n}", rating=5) for n in range(MANY) for days in (1, 8, 15)]
    )
    (path / "alerts.toml").write_text(RULE)
    (path / "receivers.toml").write_text(
        f'[[receiver]]\nname = "ops"\nurl = "{mails.url()}"\nteams = ["storm"]\n'
        f'[[receiver]]\nname = "crm"\nwebhook = "{posts.url}"\nsecret = "s"\nteams = ["storm"]\nkinds = ["opened"]\n'
    )


def send(service: Service, event: Event) -> None:
    body = Body(msgspec.json.encode(event), "lines", "test", service.pulse.clock.now_us())
    assert service.live.take(body).result(60).count("accepted") == 1


def timed(seconds: dict[str, list[float]], name: str, work: Callable[..., object]) -> Callable[..., object]:
    def run(*given: object) -> object:
        began = time.perf_counter()
        try:
            return work(*given)
        finally:
            seconds.setdefault(name, []).append(time.perf_counter() - began)

    return run


@pytest.mark.slow
def test_ten_thousand_at_once_are_one_digest_and_hold_up_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seconds: dict[str, list[float]] = {}
    for name in ("judge", "keep"):
        monkeypatch.setattr(judging, name, timed(seconds, name, getattr(judging, name)))
    with mail_server() as mails, hook() as posts:
        prepared(tmp_path, mails, posts)
        clock = FixedClock(LIVE_US)
        with open_service(tmp_path, clock=clock) as service:
            service.refresh()
            assert service.ready() == []
            calm_s = {name: sum(some) for name, some in seconds.items()}
            seconds.clear()
            clock.advance(12 * DAY_US)
            storm = threading.Thread(target=service.refresh)
            began = time.perf_counter()
            storm.start()
            try:
                waits_s = [_waited(service, nth) for nth in range(5)]
            finally:
                storm.join()
            storm_s = time.perf_counter() - began
            with service.states.one() as state:
                until(lambda: len(state.alerts.live("student")) >= MANY - 5, PATIENCE_S)
                opened = [a for a in state.alerts.live("student") if a.rule == "silent"]
            assert len(opened) >= MANY - 5, "all but those who had a lesson meanwhile"
            until(
                lambda: sum(len(post.data["events"]) for post in list(posts.taken)) >= len(opened), PATIENCE_S
            )
            time.sleep(1)
            assert mails.mails == [], "it waits for more of the same storm"
            clock.advance(31 * SECOND_US)
            until(lambda: bool(mails.mails), PATIENCE_S)
            time.sleep(1)
            subjects = [mail.subject for mail in mails.mails]
            events = [event["event_id"] for post in posts.taken for event in post.data["events"]]
    assert len(subjects) == 1
    assert subjects[0].startswith("[digest] ")
    assert f"{len(events):,} alerts" in subjects[0]
    assert len(events) == len(set(events)) >= len(opened)
    told = ", ".join(
        f"{name} {sum(some):.1f} s (calm {calm_s[name]:.1f} s)" for name, some in seconds.items()
    )
    with capsys.disabled():
        sys.stdout.write(
            f"\n{len(events):,} alerts at once: {told}; whole refresh {storm_s:.1f} s; the longest piece "
            f"{max(map(max, seconds.values())):.1f} s; an event meanwhile was scored within {max(waits_s):.1f} s\n"
        )


def _waited(service: Service, nth: int) -> float:
    """Seconds from an event of a student's until their prediction is as of it, while the storm of all students goes on."""
    clock = service.pulse.clock
    assert isinstance(clock, FixedClock)
    clock.advance(SECOND_US)
    began, now_us = time.perf_counter(), clock.now_us()
    ids = {"session_id": f"late {nth}", "tutor_id": f"t{nth}", "student_id": f"s{nth}"}
    at = format_time(now_us)
    send(service, {"event_type": "session_completed", "timestamp": at, "payload": ids})

    def scored() -> bool:
        with service.states.one() as state:
            return bool(state.predictions.get("student", f"s{nth}").columns["as_of_us"][0] >= now_us)

    until(scored, PATIENCE_S)
    return time.perf_counter() - began
