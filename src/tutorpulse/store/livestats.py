"""How much the live door holds at most, and how it goes."""

from dataclasses import dataclass

from tutorpulse.settings import Settings

REASONS = 100
"""Reasons of rejects that are counted by name."""
OTHER_REASONS = "other reasons"
"""Counts what is rejected once a hundred different reasons are counted by name."""

_MB = 1_000_000


@dataclass(frozen=True)
class Limits:
    """How much may wait, and how large the steps are.

    `waiting_bytes`, `waiting_bodies`: not yet taken; more is refused. `group_bytes`: made durable together, one body at least; of what a
    flood has under way so much that the rest can be decoded meanwhile, and no more than a pipe holds. `journal_bytes`:
    acknowledged and not yet in the database; with more, nothing is taken. That is
    room for a flood, and for what comes in while the database checkpoints or runs of ids are merged, which takes seconds. The database takes what
    is there `step_s` seconds after its last step, as soon as it is `step_events` events, or when somebody is about to look (`LiveLog.bring_in`). In a flood, that is while large groups take more than `flood_share` of the
    ingest thread's time, it waits until that is over (and `bulk_s` to see whether large groups after a quiet while are one), half of the journal's room is taken, or the oldest event has waited for `flood_s`: both at once would take twice as long over each.
    The door is behind while `behind_events` wait for the database, and `calm_s` after that. It checkpoints every `checkpoint_mb` of its own log: at 64 a step waited
    half a second for it and more, at 16 a tenth, and all of them together take no longer (one-off looks).
    """

    waiting_bytes: int
    waiting_bodies: int
    journal_bytes: int
    group_bytes: int = 1_000_000
    step_s: float = 0.5
    step_events: int = 100_000
    flood_share: float = 0.3
    bulk_s: float = 0.15
    flood_s: float = 5.0
    behind_events: int = 20_000
    calm_s: float = 1.0
    checkpoint_mb: int = 16


def limits_of(settings: Settings) -> Limits:
    """What the live door holds at most, by the settings."""
    return Limits(
        waiting_bytes=int(settings.queue_mb_max * _MB),
        waiting_bodies=settings.queue_bodies_max,
        journal_bytes=int(settings.journal_mb_max * _MB),
    )


DEFAULT_LIMITS = limits_of(Settings())


@dataclass(frozen=True)
class LiveStats:
    """Totals since opening, and what waits now. `failure` says why the database does not take what is journaled, None if it does.

    `lag_s` is how long the last step's oldest event was acknowledged before it was readable; `sync_s` how long the last group took to become durable.
    """

    waiting_bodies: int
    waiting_bytes: int
    accepted: int
    duplicate: int
    rejected: dict[str, int]
    refused_bodies: int
    groups: int
    sync_s: float
    journal_events: int
    journal_bytes: int
    steps: int
    lag_s: float
    failure: str | None


@dataclass
class Totals:
    """What the threads of the door count: each figure is written by one of them."""

    bodies: int = 0
    accepted: int = 0
    duplicate: int = 0
    refused_bodies: int = 0
    groups: int = 0
    sync_s: float = 0.0
    steps: int = 0
    lag_s: float = 0.0
    failure: str | None = None
