"""How supply and demand stand today, and what changed since a week ago."""

from collections.abc import Mapping

import msgspec

from tutorpulse.clock import WEEK_US
from tutorpulse.decisions.segments import SEGMENTS
from tutorpulse.decisions.status import SCORED_STATUSES
from tutorpulse.features.frame import ENTITY_TYPES, EntityType
from tutorpulse.store.state import State


class SegmentStanding(msgspec.Struct, frozen=True):
    """One segment: how many are in it, their share of those scored (None: nobody is), and how many were, a week ago."""

    segment: str
    count: int
    share: float | None
    before: int | None


class Flow(msgspec.Struct, frozen=True):
    """How many went from one segment to another, or stayed; None: not scored then, or no longer."""

    left: str | None
    entered: str | None
    count: int


class KindStanding(msgspec.Struct, frozen=True):
    """One kind of entity: how many are scored, now and a week ago, the segments (best first), statuses, and flows."""

    entity_type: EntityType
    scored: int
    before: int | None
    segments: tuple[SegmentStanding, ...]
    statuses: dict[str, int]
    flows: tuple[Flow, ...]


class Overview(msgspec.Struct, frozen=True):
    """Both kinds, compared with `since_us`: a week before now, or the first predictions where these are younger.

    `since_us` is None where there is nothing to compare with; `as_of_us` is the last refresh of all, None before it.
    """

    as_of_us: int | None
    since_us: int | None
    model_version: str | None
    kinds: tuple[KindStanding, ...]


def overview(state: State, now_us: int) -> Overview:
    """As it stands at `now_us`."""
    run, first_us = state.runs.last(), state.runs.first_us()
    since_us = None if first_us is None else max(now_us - WEEK_US, first_us + 1)
    return Overview(
        as_of_us=run.as_of_us if run else None,
        since_us=since_us,
        model_version=run.model_version if run else None,
        kinds=tuple(_kind(state, kind, since_us) for kind in ENTITY_TYPES),
    )


def _kind(state: State, kind: EntityType, since_us: int | None) -> KindStanding:
    held, statuses = dict.fromkeys(reversed(SEGMENTS[kind]), 0), dict[str, int]()
    for status, segment, count in state.listing.counts(kind):
        statuses[status] = statuses.get(status, 0) + count
        if segment is not None:
            held[segment] += count
    moved = [] if since_us is None else [Flow(*flow) for flow in state.moves.flows(kind, since_us)]
    before = None if since_us is None else _before(held, moved)
    scored = sum(held.values())
    return KindStanding(
        entity_type=kind,
        scored=scored,
        before=None if before is None else sum(before.values()),
        segments=tuple(
            SegmentStanding(name, n, n / scored if scored else None, None if before is None else before[name])
            for name, n in held.items()
        ),
        statuses={
            name: statuses.get(name, 0)
            for name in (*SCORED_STATUSES, *sorted(set(statuses) - {*SCORED_STATUSES}))
        },
        flows=(*_stayed(held, moved), *(flow for flow in moved if flow.left != flow.entered)),
    )


def _before(held: Mapping[str, int], moved: list[Flow]) -> dict[str, int]:
    """What each segment held then: what it holds, less who came, and who went."""
    before = dict(held)
    for flow in moved:
        if flow.entered is not None:
            before[flow.entered] -= flow.count
        if flow.left is not None:
            before[flow.left] += flow.count
    return before


def _stayed(held: Mapping[str, int], moved: list[Flow]) -> list[Flow]:
    came = dict.fromkeys(held, 0)
    for flow in moved:
        if flow.entered is not None and flow.entered != flow.left:
            came[flow.entered] += flow.count
    return [Flow(name, name, held[name] - came[name]) for name in held]
