"""A window onto a long table of tutors or students, for pages that show some rows of many."""

from collections.abc import Iterator

import msgspec

from tutorpulse.clock import DAY_US
from tutorpulse.decisions.segments import SEGMENTS
from tutorpulse.decisions.status import SCORED_STATUSES, STATUSES
from tutorpulse.errors import InputError
from tutorpulse.features.frame import EntityType
from tutorpulse.model.contract import CONFIDENCE_LEVELS
from tutorpulse.service.queries.listing import LIMIT_MAX, ORDERS, check_known, column, item
from tutorpulse.service.queries.shapes import StudentItem, TutorItem
from tutorpulse.store.state import State
from tutorpulse.store.state.listing import Bound, Selection

WORD_ORDERS = ("status", "segment", "confidence", "as_of")
TABLE_ORDERS = (*ORDERS, *WORD_ORDERS)
"""What tables can be sorted by, beside tutors' own names of outputs."""

TRAIL_DAYS = 60
_COLUMNS = {"as_of": "as_of_us"}
_CSV_STEP = 5_000


class TableAsked(msgspec.Struct, frozen=True):
    """Which rows: `start` is the first, from 0. Filters as in `listing.Asked`; without statuses, those who are scored.

    `search` is a part of the id. `trails`: with how the risk went.
    """

    kind: EntityType
    segments: tuple[str, ...] = ()
    statuses: tuple[str, ...] = SCORED_STATUSES
    confidences: tuple[str, ...] = ()
    subject: str | None = None
    search: str = ""
    bounds: tuple[tuple[str, float | None, float | None], ...] = ()
    sort: str = "-churn_risk_14d"
    start: int = 0
    limit: int = 100
    trails: bool = True


class TableRows(msgspec.Struct, frozen=True):
    """The rows, how many there are on the whole, and by entity the risk of 14 days on record in 60 days, oldest first."""

    total: int
    items: list[TutorItem | StudentItem]
    trails: dict[str, list[float]]


def table(state: State, asked: TableAsked, now_us: int) -> TableRows:
    """The rows that are asked for.

    Raises:
        InputError: an unknown segment, status, confidence or order, or a limit beyond 1,000.
    """
    if asked.limit > LIMIT_MAX:
        raise InputError(f"At most {LIMIT_MAX:,} rows are given at once. Ask for fewer.")
    selection = _selection(asked)
    items = [item(row, asked.kind) for row in state.listing.page(selection)]
    trails = {}
    if asked.trails:
        ids = [one.entity_id for one in items]
        trails = state.predictions.trails(asked.kind, ids, "churn_risk_14d", now_us - TRAIL_DAYS * DAY_US)
    return TableRows(state.listing.total(selection), items, trails)


def whole(state: State, asked: TableAsked) -> Iterator[list[TutorItem | StudentItem]]:
    """Every row that passes the filters, some at a time; what changes meanwhile may be missed or come twice."""
    selection = msgspec.structs.replace(asked, start=0, limit=_CSV_STEP)
    while rows := state.listing.page(_selection(selection)):
        yield [item(row, asked.kind) for row in rows]
        selection = msgspec.structs.replace(selection, start=selection.start + _CSV_STEP)


def check(asked: TableAsked) -> None:
    """Raises InputError where something is asked for that does not exist; see `table`."""
    _selection(asked)


def _column(name: str) -> str:
    return _COLUMNS.get(name, name) if name in WORD_ORDERS else column(name)


def _selection(asked: TableAsked) -> Selection:
    check_known("segment", asked.segments, SEGMENTS[asked.kind])
    check_known("status", asked.statuses, STATUSES)
    check_known("confidence", asked.confidences, CONFIDENCE_LEVELS)
    order = asked.sort.removeprefix("-")
    return Selection(
        entity_type=asked.kind,
        segments=asked.segments,
        statuses=asked.statuses,
        subject=asked.subject or None,
        bounds=tuple(Bound(_column(name), low, high) for name, low, high in asked.bounds),
        order=_column(order),
        descending=asked.sort.startswith("-"),
        limit=asked.limit,
        offset=asked.start,
        search=asked.search,
        confidences=asked.confidences,
        segments_in_order=SEGMENTS[asked.kind],
    )
