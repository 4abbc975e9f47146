"""Rows of the state as they are shown."""

from typing import Any, TypeVar

import msgspec

from tutorpulse.clock import format_time
from tutorpulse.service.worklist.shapes import (
    ShownAction,
    ShownFeedback,
    ShownOverride,
    ShownReview,
    ShownState,
)
from tutorpulse.store.state.actions import ActionRow
from tutorpulse.store.state.entity_states import EntityStateRow
from tutorpulse.store.state.feedback import FeedbackRow
from tutorpulse.store.state.overrides import OverrideRow
from tutorpulse.store.state.reviews import ReviewRow

T = TypeVar("T", bound=msgspec.Struct)


def time_or_none(us: int | None) -> str | None:
    """A time for people and programs; None stays None."""
    return None if us is None else format_time(us)


def _shown(shape: type[T], row: msgspec.Struct, **others: Any) -> T:
    """`shape` with the row's fields of the same name, and of each `x_us` the time as `x`."""
    plain = msgspec.structs.asdict(row)
    times = {name.removesuffix("_us"): us for name, us in plain.items() if name.endswith("_us")}
    known = {name: plain.get(name) for name in shape.__struct_fields__ if name in plain}
    dated = {name: time_or_none(us) for name, us in times.items() if name in shape.__struct_fields__}
    return shape(**(known | dated | others))


def shown_override(row: OverrideRow, now_us: int) -> ShownOverride:
    """An override."""
    return _shown(ShownOverride, row, since=format_time(row.set_us), in_force=row.holds(now_us))


def shown_state(row: EntityStateRow, now_us: int) -> ShownState:
    """A state that an operator set."""
    return _shown(ShownState, row, holds=row.holds(now_us))


def shown_action(row: ActionRow) -> ShownAction:
    """One deed of the trail."""
    return _shown(ShownAction, row, time=format_time(row.at_us))


def shown_feedback(row: FeedbackRow) -> ShownFeedback:
    """A verdict."""
    return _shown(ShownFeedback, row)


def shown_review(row: ReviewRow) -> ShownReview:
    """A request for review."""
    return _shown(ShownReview, row, state="open" if row.answered_us is None else "answered")
