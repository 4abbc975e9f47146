"""The part of the client that is about the work list."""

from collections.abc import Iterator
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

from tutorpulse.features.frame import EntityType
from tutorpulse.service.proof.shapes import Playbooks
from tutorpulse.service.worklist import shapes
from tutorpulse.service.worklist.record_shapes import Record

T = TypeVar("T")
_PAGE = 1_000


class _Asks(Protocol):
    def _get(self, path: str, shape: type[T], **params: Any) -> T: ...

    def _put(self, path: str, content: object, shape: type[T]) -> T: ...


class WorklistCalls:
    """Methods of `Client` about tasks, what operators know and did, and what actions do."""

    def tasks(self: _Asks, **asked: Any) -> Iterator[shapes.Task]:
        """Tasks, most worth first, page after page; `asked` are the parameters of `GET /v1/tasks`."""
        params = {"limit": _PAGE} | asked
        while True:
            page = self._get("/v1/tasks", shapes.TaskList, **params)
            yield from page.items
            if page.next_cursor is None:
                return
            params["cursor"] = page.next_cursor

    def task(self: _Asks, task_id: str) -> shapes.TaskPage:
        """One task with its trail."""
        return self._get(f"/v1/tasks/{quote(task_id, safe='')}", shapes.TaskPage)

    def change_task(self: _Asks, task_id: str, change: shapes.TaskChange) -> shapes.TaskPage:
        """Mark a task done or dismissed, put it off, assign it, note something."""
        return self._put(f"/v1/tasks/{quote(task_id, safe='')}", change, shapes.TaskPage)

    def overrides(self: _Asks, entity_type: EntityType | None = None) -> shapes.OverrideList:
        """Segments set by hand that are in force."""
        return self._get("/v1/overrides", shapes.OverrideList, entity_type=entity_type)

    def set_override(self: _Asks, wanted: shapes.OverrideRequest) -> shapes.ShownOverride:
        """Set a segment by hand."""
        return self._put("/v1/overrides", wanted, shapes.ShownOverride)

    def end_override(self: _Asks, override_id: str) -> shapes.ShownOverride:
        """End one before its time."""
        return self._put(f"/v1/overrides/{quote(override_id, safe='')}/end", {}, shapes.ShownOverride)

    def states(self: _Asks, entity_type: EntityType | None = None) -> shapes.StateList:
        """Who is paused, on leave, at their goal."""
        return self._get("/v1/states", shapes.StateList, entity_type=entity_type)

    def set_state(self: _Asks, wanted: shapes.StateRequest) -> shapes.ShownState:
        """Say that somebody is."""
        return self._put("/v1/states", wanted, shapes.ShownState)

    def end_state(self: _Asks, state_id: str) -> shapes.ShownState:
        """Say that it is over."""
        return self._put(f"/v1/states/{quote(state_id, safe='')}/end", {}, shapes.ShownState)

    def give_feedback(self: _Asks, wanted: shapes.VerdictRequest) -> shapes.ShownFeedback:
        """Confirm a prediction or segment, or call it wrong."""
        return self._put("/v1/feedback", wanted, shapes.ShownFeedback)

    def feedback_counts(self: _Asks) -> shapes.FeedbackCounts:
        """Verdicts by output."""
        return self._get("/v1/feedback", shapes.FeedbackCounts)

    def reviews(self: _Asks, state: str = "open") -> shapes.ReviewList:
        """Requests for human review."""
        return self._get("/v1/reviews", shapes.ReviewList, state=state)

    def ask_review(self: _Asks, wanted: shapes.ReviewRequest) -> shapes.ShownReview:
        """Ask that a person look."""
        return self._put("/v1/reviews", wanted, shapes.ShownReview)

    def answer_review(self: _Asks, review_id: str, answer: shapes.ReviewAnswer) -> shapes.ShownReview:
        """Answer a request."""
        return self._put(f"/v1/reviews/{quote(review_id, safe='')}", answer, shapes.ShownReview)

    def playbooks(self: _Asks) -> Playbooks:
        """What actions do."""
        return self._get("/v1/playbooks", Playbooks)

    def record(self: _Asks, kind: EntityType, entity_id: str) -> Record:
        """All that is held about one tutor or student."""
        return self._get(f"/v1/{kind}s/{quote(entity_id, safe='')}/record", Record)
