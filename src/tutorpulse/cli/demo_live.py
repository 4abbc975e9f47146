"""The end of a demonstration: its home as a service on this machine, with a simulated feed of events."""

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tutorpulse import settings
from tutorpulse.cli import console
from tutorpulse.cli.serve import end_at_once
from tutorpulse.clock import DAY_US, SystemClock
from tutorpulse.errors import InputError
from tutorpulse.service.access.links import path_of
from tutorpulse.simulate.feed import live_lines
from tutorpulse.simulate.post import Target, post_lines
from tutorpulse.simulate.state import World
from tutorpulse.store.state import State

HOST = "127.0.0.1"
_KEY_DAYS = 30
_NAME = "demonstration"
_LOG_FILE = "serve.log"

log = logging.getLogger("tutorpulse.demo")


@dataclass(frozen=True)
class Feed:
    """A world that goes on, and how many of its events are sent a second; 0: none."""

    world: World | None
    events_per_second: float


def serve_demo(home: Path, port: int, feed: Feed, result: dict[str, object] | None) -> None:
    """Serve the home on loopback until it is stopped. `result` is printed as JSON, with address and key; None: told in words."""
    from tutorpulse.api.running.logs import log_as_json
    from tutorpulse.api.running.run import opened
    from tutorpulse.dashboard.mounting import mount

    chosen = settings.load(home, host=HOST, port=port)
    with (home / _LOG_FILE).open("a", encoding="utf-8") as stream:
        log_as_json(chosen.prediction_log, stream)
        with opened(home, chosen, mount) as running:
            now_us = SystemClock().now_us()
            expires_us = now_us + _KEY_DAYS * DAY_US
            with running.service.states.one() as state:
                _, secret = state.keys.create(_NAME, ["admin"], now_us, expires_us)
                link = running.address + _way_in(state, now_us)
            server = running.server
            target = Target(running.address, _bearer(secret), feed.events_per_second, 1)
            with server.capture_signals():
                _tell(home, _Ways(running.address, link, secret), feed, result)
                _start(feed, target, lambda: server.should_exit)
                server.serve_until_stopped()
        end_at_once()


@dataclass(frozen=True)
class _Ways:
    """How to reach the demonstration: its address, a link that signs a browser in, and a key."""

    address: str
    link: str
    key: str


def _way_in(state: State, now_us: int) -> str:
    """The path of a link that signs a browser of this machine in as an administrator, once."""
    user = state.users.named(_NAME) or state.users.create(_NAME, "admin", now_us)
    return path_of(state.links.create(user.user_id, "enter", now_us + DAY_US))


def _bearer(secret: str) -> tuple[tuple[str, str], ...]:
    return (("Authorization", f"Bearer {secret}"),)


def _tell(home: Path, ways: _Ways, feed: Feed, result: dict[str, object] | None) -> None:
    if result is not None:
        console.print_json({**result, **vars(ways)})
    else:
        console.print_line(f"\nServing at {ways.address} with the key {ways.key}")
        console.print_line(f"The dashboard, signed in, once, from this machine: {ways.link}")
        if feed.world:
            console.print_line(
                f"A simulated feed sends {feed.events_per_second:g} events a second: the marketplace's next days, played fast."
            )
        console.print_line(f"  curl -H 'Authorization: Bearer {ways.key}' {ways.address}/v1/summary")
        console.print_line(
            f"Verbs such as `tutorpulse today --home {home}` work meanwhile. Log: {home / _LOG_FILE}"
        )
        console.print_line("Ctrl-C stops.")
    console.flush()


def _start(feed: Feed, target: Target, stopped: Callable[[], bool]) -> None:
    if feed.world is not None and feed.events_per_second:
        lines = live_lines(feed.world, SystemClock(), stopped)
        threading.Thread(target=_send, args=(lines, target, stopped), name="feed", daemon=True).start()


def _send(lines: Iterator[bytes], target: Target, stopped: Callable[[], bool]) -> None:
    try:
        post_lines(target, lines)
    except InputError as error:
        if not stopped():
            log.error("the feed has stopped: %s", error)
