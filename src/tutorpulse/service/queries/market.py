"""The market at a glance: the summary as it stands now, segments, and who moved between them."""

import msgspec

from tutorpulse.clock import format_time
from tutorpulse.decisions.segments import SEGMENTS
from tutorpulse.decisions.summary import Summary
from tutorpulse.features.frame import ENTITY_TYPES, EntityType
from tutorpulse.service.queries import cursors
from tutorpulse.service.queries.shapes import Move, MoveList, Segments, SegmentShare
from tutorpulse.service.root import Pulse
from tutorpulse.service.today import last_as_of_us
from tutorpulse.store.state import State
from tutorpulse.store.state.moves import MoveRow


def current_summary(pulse: Pulse) -> Summary:
    """The refresh summary over everybody's current prediction. Its model and time are those of the last refresh of all.

    Raises:
        HistoryError: there was no refresh yet.
    """
    last_as_of_us(pulse)
    run = pulse.state.runs.last()
    assert run is not None
    held = {kind: _held(pulse.state, kind) for kind in ENTITY_TYPES}
    tutors, students = sum(held["tutor"].values()), sum(held["student"].values())
    return Summary(
        students_processed=students,
        tutors_processed=tutors,
        total_processed=tutors + students,
        student_segments=held["student"],
        tutor_segments=held["tutor"],
        model_version=run.model_version,
        timestamp=format_time(run.as_of_us),
    )


def _held(state: State, kind: EntityType) -> dict[str, int]:
    counts = dict.fromkeys(reversed(SEGMENTS[kind]), 0)
    for _, segment, count in state.listing.counts(kind):
        if segment is not None:
            counts[segment] += count
    return counts


def segment_shares(state: State) -> Segments:
    """How many are in each segment, have each status, and are about each subject."""
    statuses: dict[EntityType, dict[str, int]] = {}
    shares: list[SegmentShare] = []
    for kind in ENTITY_TYPES:
        held = _held(state, kind)
        total = sum(held.values())
        shares += [SegmentShare(kind, name, n, n / total if total else None) for name, n in held.items()]
        statuses[kind] = _statuses(state, kind)
    return Segments(tuple(shares), statuses, {kind: state.subjects.counts(kind) for kind in ENTITY_TYPES})


def _statuses(state: State, kind: EntityType) -> dict[str, int]:
    counts: dict[str, int] = {}
    for status, _, count in state.listing.counts(kind):
        counts[status] = counts.get(status, 0) + count
    return counts


class MovesAsked(msgspec.Struct, frozen=True):
    """Moves at or after a time, of one kind and into or out of one segment where these are given."""

    since_us: int = 0
    kind: EntityType | None = None
    segment: str | None = None
    cursor: str | None = None
    limit: int = 100


def moves(state: State, asked: MovesAsked) -> MoveList:
    """Who entered or left a segment, oldest first. The last page's cursor stays good for what comes later.

    Raises:
        InputError: the cursor is none of this list.
    """
    after = cursors.decode(asked.cursor, int) if asked.cursor else 0
    rows = state.moves.since(asked.since_us, asked.kind, asked.segment, after, asked.limit)
    reached = rows[-1][0] if rows else after
    return MoveList([_move(row) for _, row in rows], cursors.encode(reached))


def _move(row: MoveRow) -> Move:
    kind: EntityType = "tutor" if row.entity_type == "tutor" else "student"
    return Move(
        row.entity_id, kind, format_time(row.moved_us), row.left_segment, row.entered_segment, row.status
    )
