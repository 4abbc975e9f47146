"""Delivery for homes without a service, and trials of a receiver."""

import secrets
from collections.abc import Sequence

import msgspec

from tutorpulse.clock import Clock, format_time
from tutorpulse.decisions.alerts.notices import Text
from tutorpulse.errors import UnknownEntityError
from tutorpulse.service.alerting.acting import tick
from tutorpulse.service.delivery.courier import Courier, Done
from tutorpulse.service.delivery.receivers import Receiver
from tutorpulse.service.delivery.rendering import Posted
from tutorpulse.service.delivery.sending import Failure, check_installed, notify, post
from tutorpulse.settings import Settings
from tutorpulse.store.state import State

_PATIENCE_S = 60.0


def deliver(state: State, settings: Settings, clock: Clock, receivers: tuple[Receiver, ...]) -> Done:
    """Tell the receivers all that may be told now. What fails is tried again by the next call, when its time has come.

    Beside a service, or another call, each message is sent by one of them.

    Raises:
        InputError: a library that they need is missing.
    """
    check_installed(receivers)
    tick(state, settings, clock.now_us())
    courier = Courier(state, settings, clock, f"deliver-{secrets.token_hex(4)}")
    while courier.step(receivers) or courier.busy:
        courier.wait(_PATIENCE_S)
    courier.close(_PATIENCE_S)
    return courier.done


def try_out(receivers: Sequence[Receiver], name: str, now_us: int) -> Failure | None:
    """Send a receiver a message that says it is a trial; None where it took it. Webhooks get a post without events.

    Raises:
        UnknownEntityError: there is no receiver of that name. InputError: a library that it needs is missing.
    """
    receiver = next((r for r in receivers if r.name == name), None)
    if receiver is None:
        known = ", ".join(r.name for r in receivers) or "none"
        raise UnknownEntityError(
            f"There is no receiver {name!r} (known: {known}). receivers.toml in the home lists them."
        )
    check_installed((receiver,))
    key = f"test-{secrets.token_hex(8)}"
    if receiver.webhook:
        return post(receiver, key, msgspec.json.encode(Posted(key, [])), now_us)
    body = (
        f"A trial of the receiver {name}, sent {format_time(now_us)}. Nothing is wrong.\n\nReference: {key}"
    )
    return notify(receiver, key, Text("[test] tutorpulse reaches you", body))
