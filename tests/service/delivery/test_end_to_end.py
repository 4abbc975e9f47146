"""From a posted event to a received mail and a signed post; killed at any point between, each arrives."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec
import pytest

from tests.conftest import ROOT
from tests.service.delivery.servers import Hook, MailServer, hook, mail_server
from tests.waiting import PATIENCE_S, until
from tutorpulse.clock import DAY_US, SystemClock, format_time
from tutorpulse.events.codec import Arrival, decode_lines
from tutorpulse.service.live.service import open_service
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore
from tutorpulse.store.state import State

Event = dict[str, object]


def student(number: int) -> str:
    return f"student-{number:04d}"


def lesson(number: int, days_ago: int, now_us: int) -> Event:
    payload = {
        "session_id": f"{number}-{days_ago}",
        "tutor_id": f"tutor-{number % 10}",
        "student_id": student(number),
        "rating": 5,
    }
    at = format_time(now_us - days_ago * DAY_US)
    return {"event_type": "session_completed", "timestamp": at, "received_at": at, "payload": payload}


def call(number: int, nth: int, now_us: int) -> Event:
    """Two of these within 14 days open an alert."""
    return {
        "event_id": f"call-{number}-{nth}",
        "event_type": "ib_call_logged",
        "timestamp": format_time(now_us),
        "payload": {"student_id": student(number)},
    }


def prepared(path: Path, students: int, mails: MailServer, posts: Hook) -> Path:
    """A home with students who have lessons, whose alerts about calls are mailed and posted."""
    now_us = SystemClock().now_us()
    events = [lesson(n, days, now_us) for n in range(students) for days in (1, 8, 15, 22, 29)]
    home = Home.open(path, create=True)
    with EventStore.open(home) as store:
        lines = b"\n".join(map(msgspec.json.encode, events))
        store.append(decode_lines(lines, Arrival(now_us=now_us, source="test", replayed=True)))
    (path / "receivers.toml").write_text(
        f'[[receiver]]\nname = "ops"\nurl = "{mails.url()}"\nteams = ["calls"]\n'
        f'[[receiver]]\nname = "crm"\nwebhook = "{posts.url}"\nsecret = "s"\nteams = ["calls"]\nkinds = ["opened"]\n'
    )
    (path / "alerts.toml").write_text(
        '[[rule]]\nkey = "student_calls"\nabout = "student"\ntitle = "Calls"\nteam = "calls"\n'
        'fact = "ib_calls_14d"\nat_least = { warning = 2 }\ndo = ["Name one person to turn to"]\n'
    )
    (path / "settings.toml").write_text("alert_messages_max = 100000\nalert_gather_seconds = 0\nport = 0\n")
    return path


@contextmanager
def receiving() -> Iterator[tuple[MailServer, Hook]]:
    with mail_server() as mails, hook() as posts:
        yield mails, posts


def told_of(mails: MailServer) -> dict[str, set[str]]:
    """By student, the keys of the mails about them."""
    found: dict[str, set[str]] = defaultdict(set)
    for mail in list(mails.mails):
        found[mail.subject.rpartition(" ")[2]].add(mail.key)
    return found


def posted_of(posts: Hook) -> dict[str, set[str]]:
    """By student, the keys of the posts about them that were taken."""
    found: dict[str, set[str]] = defaultdict(set)
    for post in list(posts.taken):
        for event in post.data["events"]:
            found[event["entity_id"]].add(post.headers["idempotency-key"])
    return found


@contextmanager
def serving(path: Path) -> Iterator[tuple[str, str]]:
    """`tutorpulse serve` in a process of its own: its address, and a key."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tutorpulse", "serve", "--home", str(path), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout
        text = ""
        for line in process.stdout:
            text += line
            if line == "}\n":
                break
        with _state(path) as state:
            key = state.keys.create("test", ["ingest", "read"], SystemClock().now_us())[1]
        yield str(msgspec.json.decode(text)["address"]), key
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


@contextmanager
def _state(path: Path) -> Iterator[State]:
    state = State(path / "state.sqlite")
    try:
        yield state
    finally:
        state.close()


@pytest.mark.slow
def test_a_posted_event_is_a_mail_and_a_signed_post_within_seconds(
    tmp_path: Path, record_property: Callable[[str, object], None], capsys: pytest.CaptureFixture[str]
) -> None:
    with receiving() as (mails, posts):
        path = prepared(tmp_path / "home", 200, mails, posts)
        seconds: list[float] = []
        with serving(path) as (address, key), httpx.Client(base_url=address) as client:
            headers = {"authorization": f"Bearer {key}"}
            until(lambda: client.get("/readyz").status_code == 200)
            for number in range(5):
                now_us = SystemClock().now_us()
                body = [call(number, 1, now_us), call(number, 2, now_us)]
                began = time.perf_counter()
                answer = client.post("/v1/events", json=body, headers=headers)
                assert answer.json()["accepted"] == 2
                who = student(number)
                until(lambda who=who: who in told_of(mails) and who in posted_of(posts))  # type: ignore[misc]
                seconds.append(time.perf_counter() - began)
    record_property("seconds_from_post_to_mail_and_webhook", seconds)
    with capsys.disabled():
        sys.stdout.write(
            f"\nfrom a posted event to a received mail and webhook: {', '.join(f'{s:.2f}' for s in seconds)} s\n"
        )


PER_LIFE = 30
"""Students who call in each life."""

CHILD = """
import os, sys, time
from pathlib import Path
import msgspec
from tests.service.delivery.test_end_to_end import call
from tutorpulse.clock import SystemClock
from tutorpulse.service.live.service import open_service
from tutorpulse.store.bodies import Body

path, first = Path(sys.argv[1]), int(sys.argv[2])
with open_service(path) as service:
    for number in range(first, first + int(sys.argv[3])):
        now_us = SystemClock().now_us()
        body = msgspec.json.encode([call(number, 1, now_us), call(number, 2, now_us)])
        service.live.take(Body(body, "json", "test", now_us)).result()
        os.write(1, f"{number}\\n".encode())
        time.sleep(0.03)
    time.sleep(60)
"""


def acknowledged_until_killed(path: Path, first: int, moment_s: float) -> list[int]:
    """The students whose calls one life of the service acknowledged; it dies so long after the first."""
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path), str(first), str(PER_LIFE)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
    )
    assert child.stdout is not None
    said = os.read(child.stdout.fileno(), 1 << 16)
    time.sleep(moment_s)
    child.send_signal(signal.SIGKILL)
    said += child.stdout.read()
    child.stdout.close()
    assert child.wait() == -signal.SIGKILL
    return [int(line) for line in said.split()]


def live_and_die(path: Path, lives: int, seed: int, mails: MailServer, posts: Hook) -> None:
    """So many lives, each killed at a random moment; then one that ends in peace."""
    rng = random.Random(seed)
    known: set[int] = set()
    for life in range(lives):
        known |= set(acknowledged_until_killed(path, 1_000 * life, rng.uniform(0.0, 1.5)))
    people = {student(number) for number in known}
    assert len(people) >= lives
    with open_service(path):
        until(
            lambda: not people - told_of(mails).keys() and not people - posted_of(posts).keys(),
            PATIENCE_S * lives,
        )
    for found in (told_of(mails), posted_of(posts)):
        twice = {who: keys for who, keys in found.items() if len(keys) > 1}
        assert not twice, "whoever leaves out known keys is told twice"
    bodies: dict[str, set[bytes]] = defaultdict(set)
    for post in posts.posts:
        bodies[post.headers["webhook-id"]].add(post.body)
    assert all(len(same) == 1 for same in bodies.values()), "a message changed when it was sent again"


def home_of_lives(path: Path, lives: int, mails: MailServer, posts: Hook) -> Path:
    prepared(path, 1, mails, posts)
    now_us = SystemClock().now_us()
    numbers = [1_000 * life + n for life in range(lives) for n in range(PER_LIFE)]
    events = [lesson(n, days, now_us) for n in numbers for days in (1, 8, 15, 22, 29)]
    with EventStore.open(Home.open(path)) as store:
        lines = b"\n".join(map(msgspec.json.encode, events))
        store.append(decode_lines(lines, Arrival(now_us=now_us, source="test", replayed=True)))
    return path


@pytest.mark.parametrize("lives", [2, pytest.param(25, marks=pytest.mark.slow)])
def test_killed_at_any_point_each_notification_arrives_once_by_its_key(tmp_path: Path, lives: int) -> None:
    with receiving() as (mails, posts):
        live_and_die(home_of_lives(tmp_path / "home", lives, mails, posts), lives, 7 + lives, mails, posts)
