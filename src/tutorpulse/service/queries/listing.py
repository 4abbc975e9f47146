"""Lists of tutors and students: what is asked becomes a selection, rows become items."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import msgspec

from tutorpulse.clock import format_time
from tutorpulse.decisions.facts import TUTOR_NAMES
from tutorpulse.decisions.segments import SEGMENTS
from tutorpulse.decisions.sentences import shown_name
from tutorpulse.decisions.status import STATUSES
from tutorpulse.errors import InputError
from tutorpulse.features.frame import EntityType
from tutorpulse.model.contract import VELOCITY_BOUNDS
from tutorpulse.service.merging import NUMBERS
from tutorpulse.service.queries import cursors
from tutorpulse.service.queries.shapes import StudentItem, StudentList, TutorItem, TutorList
from tutorpulse.store.state import State
from tutorpulse.store.state.listing import LISTED, Bound, Selection, Value

LIMIT_MAX = 1_000
ORDERS = ("entity_id", *NUMBERS)
"""What lists can be sorted by; tutors' risks under either name."""


class Asked(msgspec.Struct, frozen=True):
    """What is asked of a list. `sort` is one of `ORDERS`, with `-` before it: highest first. Empty filters let everybody pass.

    `bounds` are (name, least, most) of outputs, both included.
    """

    kind: EntityType
    segments: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    subject: str | None = None
    bounds: tuple[tuple[str, float | None, float | None], ...] = ()
    sort: str = "-churn_risk_14d"
    cursor: str | None = None
    limit: int = 100


class _Position(msgspec.Struct, frozen=True, array_like=True):
    sort: str
    value: Value
    entity_id: str


def listed(state: State, asked: Asked) -> TutorList | StudentList:
    """One page of the list.

    Entities whose value changes while pages are read may be missed or come twice; sorted by `entity_id` none does.

    Raises:
        InputError: an unknown segment, status or order, or a cursor of another list or order.
    """
    rows = state.listing.page(_selection(asked))
    more = len(rows) > asked.limit
    rows = rows[: asked.limit]
    after = _cursor(asked, rows[-1]) if more else None
    if asked.kind == "tutor":
        return TutorList([_item(row, "tutor", TutorItem) for row in rows], after)
    return StudentList([_item(row, "student", StudentItem) for row in rows], after)


def item(row: Mapping[str, Any], kind: EntityType) -> TutorItem | StudentItem:
    """A row of the state as it is listed."""
    return _item(row, kind, TutorItem if kind == "tutor" else StudentItem)  # type: ignore[no-any-return]


def _selection(asked: Asked) -> Selection:
    check_known("segment", asked.segments, SEGMENTS[asked.kind])
    check_known("status", asked.statuses, STATUSES)
    order = column(asked.sort.removeprefix("-"))
    return Selection(
        entity_type=asked.kind,
        segments=asked.segments,
        statuses=asked.statuses,
        subject=asked.subject,
        bounds=tuple(Bound(column(name), low, high) for name, low, high in asked.bounds),
        order=order,
        descending=asked.sort.startswith("-"),
        after=_after(asked, order),
        limit=asked.limit + 1,
    )


def column(name: str) -> str:
    """The column of an output, by its name for either kind.

    Raises:
        InputError: there is no such output.
    """
    found = TUTOR_NAMES.get(name, name)
    if found not in ORDERS:
        known = ", ".join((*ORDERS, *TUTOR_NAMES))
        raise InputError(
            f"Lists cannot be sorted by {name!r}. Give one of {known}, with - before it for the highest first."
        )
    return found


def check_known(what: str, given: Iterable[str], known: Collection[str]) -> None:
    """Raises InputError where something given is not known."""
    for name in given:
        if name not in known:
            raise InputError(f"There is no {what} {name!r} here. Give one of {', '.join(known)}.")


def _cursor(asked: Asked, row: Mapping[str, Any]) -> str:
    order = column(asked.sort.removeprefix("-"))
    return cursors.encode(_Position(asked.sort, row[order], row["entity_id"]))


def _after(asked: Asked, order: str) -> tuple[Value, str] | None:
    if asked.cursor is None:
        return None
    position = cursors.decode(asked.cursor, _Position)
    if position.sort != asked.sort or (order == "entity_id") != isinstance(position.value, str):
        raise InputError(
            f"The cursor belongs to a list sorted by {position.sort!r}. Keep `sort` while turning pages."
        )
    return position.value, position.entity_id


def _item(row: Mapping[str, Any], kind: EntityType, shape: Any) -> Any:
    flags = {name: bool(row[name]) for name in ("from_cohort", "frozen", "stale")}
    numbers = {shown_name(name, kind): row[name] for name in (*NUMBERS, *VELOCITY_BOUNDS)}
    as_of_us = row["as_of_us"]
    words = {name: row[name] for name in LISTED if name in _WORDS}
    expires_us = row["override_expires_us"]
    return shape(
        as_of=None if as_of_us is None else format_time(as_of_us),
        override_expires=None if expires_us is None else format_time(expires_us),
        **words,
        **numbers,
        **flags,
    )


_WORDS = (
    "entity_id",
    "status",
    "segment",
    "confidence",
    "model_version",
    "model_segment",
    "override_owner",
    "operator_state",
)
