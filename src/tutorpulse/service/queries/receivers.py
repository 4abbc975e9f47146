"""Receivers as they are shown, without anything secret, and trials of them."""

from pathlib import Path

from tutorpulse.service.delivery.delivering import try_out
from tutorpulse.service.delivery.receivers import Receiver, load_receivers
from tutorpulse.service.queries.alert_shapes import ReceiverList, ShownReceiver, Tried
from tutorpulse.settings import Settings
from tutorpulse.store.state import State
from tutorpulse.store.state.outbox import ReceiverCount


def receivers(state: State, home: Path, settings: Settings) -> ReceiverList:
    """The receivers of a home, and how it stands with each.

    Raises:
        SettingsError: the file of receivers is wrong.
    """
    found = load_receivers(home, settings)
    counts = state.outbox.counts([receiver.name for receiver in found])
    return ReceiverList([_shown(receiver, count) for receiver, count in zip(found, counts, strict=True)])


def tried(home: Path, settings: Settings, name: str, now_us: int) -> Tried:
    """Whether a receiver takes a trial message.

    Raises:
        UnknownEntityError: there is no such receiver. SettingsError: the file of receivers is wrong.
        InputError: a library that it needs is missing.
    """
    failure = try_out(load_receivers(home, settings), name, now_us)
    return Tried(name, failure is None, failure.reason if failure else None)


def _shown(receiver: Receiver, count: ReceiverCount) -> ShownReceiver:
    return ShownReceiver(
        name=receiver.name,
        via=receiver.via,
        severities=receiver.severities,
        teams=receiver.teams,
        alerts=receiver.alerts,
        segments=receiver.segments,
        escalation=receiver.escalation,
        time_zone=receiver.time_zone,
        quiet=receiver.quiet,
        pending=count.pending,
        waiting=count.waiting,
        sent=count.sent,
        given_up=count.given_up,
        error=count.error,
    )
