"""Sends what waits: each receiver's messages one after another, the receivers side by side, so that one that hangs holds up no other."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TypeAlias

from tutorpulse.clock import HOUR_US, SECOND_US, Clock
from tutorpulse.decisions.alerts.retries import next_try_us
from tutorpulse.service.delivery.planning import plan
from tutorpulse.service.delivery.receivers import Receiver
from tutorpulse.service.delivery.rendering import body_of, text_of
from tutorpulse.service.delivery.sending import Failure, notify, post
from tutorpulse.settings import Settings
from tutorpulse.store.state import State
from tutorpulse.store.state.outbox import ALERTS, MOVES, MessageRow

CLAIM_US = 90 * SECOND_US
"""How long a message is its sender's; longer than any attempt lasts."""

_AT_ONCE = 8

Send: TypeAlias = Callable[[], Failure | None]

log = logging.getLogger("tutorpulse.alerts")


@dataclass
class Done:
    """What a courier did."""

    made: int = 0
    sent: int = 0
    failed: int = 0
    given_up: int = 0


class Courier:
    """For one thread; `by` names it, so that whoever comes after it can release what it had claimed when it died."""

    def __init__(self, state: State, settings: Settings, clock: Clock, by: str) -> None:
        self._state, self._settings, self._clock, self._by = state, settings, clock, by
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="deliver")
        self._under_way: dict[str, tuple[MessageRow, Future[Failure | None]]] = {}
        self._seen: tuple[tuple[str, ...], int, int] | None = None
        self.done = Done()

    def step(self, receivers: Sequence[Receiver]) -> bool:
        """Note what has arrived, make messages, begin to send what is due. Whether anything was begun or has ended."""
        ended = self._collect()
        self._plan(receivers)
        begun = [self._begin(r) for r in receivers if r.name not in self._under_way]
        return ended or any(begun)

    def _plan(self, receivers: Sequence[Receiver]) -> None:
        """Nothing is written, and no other writer made to wait, while nothing is new and nothing waits."""
        outbox = self._state.outbox
        newest = tuple(r.name for r in receivers), outbox.newest(ALERTS), outbox.newest(MOVES)
        if newest != self._seen or outbox.anything_waits():
            self.done.made += plan(self._state, receivers, self._settings, self._clock.now_us())
        self._seen = newest

    def wait(self, timeout_s: float) -> None:
        """Until something that is under way has ended."""
        wait([future for _, future in self._under_way.values()], timeout_s, "FIRST_COMPLETED")

    @property
    def busy(self) -> bool:
        """Whether anything is under way."""
        return bool(self._under_way)

    def close(self, timeout_s: float) -> None:
        """Note what has arrived by then; the rest is sent again by whoever comes after, under the same keys."""
        wait([future for _, future in self._under_way.values()], timeout_s)
        self._collect()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _begin(self, receiver: Receiver) -> bool:
        now_us = self._clock.now_us()
        message = self._state.outbox.claim(receiver.name, self._by, now_us, now_us + CLAIM_US)
        if message is None:
            return False
        send = self._send(receiver, message, now_us)
        if send is None:
            self._state.outbox.end(message.message_key, "dropped", now_us, "nothing is left to tell")
            return True
        self._under_way[receiver.name] = message, self._pool.submit(send)
        return True

    def _send(self, receiver: Receiver, message: MessageRow, now_us: int) -> Send | None:
        public_url = self._settings.public_url
        if receiver.webhook:
            body = body_of(self._state, message, public_url)
            return None if body is None else lambda: post(receiver, message.message_key, body, now_us)
        text = text_of(self._state, message, public_url)
        return None if text is None else lambda: notify(receiver, message.message_key, text)

    def _collect(self) -> bool:
        over = [name for name, (_, future) in self._under_way.items() if future.done()]
        for name in over:
            message, future = self._under_way.pop(name)
            self._note(message, future.result())
        return bool(over)

    def _note(self, message: MessageRow, failure: Failure | None) -> None:
        now_us = self._clock.now_us()
        if failure is None:
            self._state.outbox.end(message.message_key, "sent", now_us)
            self.done.sent += 1
            return
        log.warning("%s was not told (attempt %d): %s", message.receiver, message.attempts, failure.reason)
        next_us = next_try_us(message.attempts, now_us, failure.wait_s)
        if next_us > message.made_us + int(self._settings.delivery_give_up_hours * HOUR_US):
            self._state.outbox.end(message.message_key, "given_up", now_us, failure.reason)
            self.done.given_up += 1
        else:
            self._state.outbox.put_off(message.message_key, next_us, failure.reason)
            self.done.failed += 1
