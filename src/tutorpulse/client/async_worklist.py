"""The part of the client that is about the work list, for asyncio. Made of `worklist.py` by `make docs`; edit there."""

from collections.abc import AsyncIterator
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

from tutorpulse.features.frame import EntityType
from tutorpulse.service.proof.shapes import Playbooks
from tutorpulse.service.worklist import shapes
from tutorpulse.service.worklist.record_shapes import Record

T = TypeVar("T")
_PAGE = 1_000


class _Asks(Protocol):
    async def _get(self, path: str, shape: type[T], **params: Any) -> T: ...

    async def _put(self, path: str, content: object, shape: type[T]) -> T: ...


class AsyncWorklistCalls:
    """Methods of `Client` about tasks, what operators know and did, and what actions do."""

    async def tasks(self: _Asks, **asked: Any) -> AsyncIterator[shapes.Task]:
        """Tasks, most worth first, page after page; `asked` are the parameters of `GET /v1/tasks`."""
        params = {"limit": _PAGE} | asked
        while True:
            page = await self._get("/v1/tasks", shapes.TaskList, **params)
            for item in page.items:
                yield item
            if page.next_cursor is None:
                return
            params["cursor"] = page.next_cursor

    async def task(self: _Asks, task_id: str) -> shapes.TaskPage:
        """One task with its trail."""
        return await self._get(f"/v1/tasks/{quote(task_id, safe='')}", shapes.TaskPage)

    async def change_task(self: _Asks, task_id: str, change: shapes.TaskChange) -> shapes.TaskPage:
        """Mark a task done or dismissed, put it off, assign it, note something."""
        return await self._put(f"/v1/tasks/{quote(task_id, safe='')}", change, shapes.TaskPage)

    async def overrides(self: _Asks, entity_type: EntityType | None = None) -> shapes.OverrideList:
        """Segments set by hand that are in force."""
        return await self._get("/v1/overrides", shapes.OverrideList, entity_type=entity_type)

    async def set_override(self: _Asks, wanted: shapes.OverrideRequest) -> shapes.ShownOverride:
        """Set a segment by hand."""
        return await self._put("/v1/overrides", wanted, shapes.ShownOverride)

    async def end_override(self: _Asks, override_id: str) -> shapes.ShownOverride:
        """End one before its time."""
        return await self._put(f"/v1/overrides/{quote(override_id, safe='')}/end", {}, shapes.ShownOverride)

    async def states(self: _Asks, entity_type: EntityType | None = None) -> shapes.StateList:
        """Who is paused, on leave, at their goal."""
        return await self._get("/v1/states", shapes.StateList, entity_type=entity_type)

    async def set_state(self: _Asks, wanted: shapes.StateRequest) -> shapes.ShownState:
        """Say that somebody is."""
        return await self._put("/v1/states", wanted, shapes.ShownState)

    async def end_state(self: _Asks, state_id: str) -> shapes.ShownState:
        """Say that it is over."""
        return await self._put(f"/v1/states/{quote(state_id, safe='')}/end", {}, shapes.ShownState)

    async def give_feedback(self: _Asks, wanted: shapes.VerdictRequest) -> shapes.ShownFeedback:
        """Confirm a prediction or segment, or call it wrong."""
        return await self._put("/v1/feedback", wanted, shapes.ShownFeedback)

    async def feedback_counts(self: _Asks) -> shapes.FeedbackCounts:
        """Verdicts by output."""
        return await self._get("/v1/feedback", shapes.FeedbackCounts)

    async def reviews(self: _Asks, state: str = "open") -> shapes.ReviewList:
        """Requests for human review."""
        return await self._get("/v1/reviews", shapes.ReviewList, state=state)

    async def ask_review(self: _Asks, wanted: shapes.ReviewRequest) -> shapes.ShownReview:
        """Ask that a person look."""
        return await self._put("/v1/reviews", wanted, shapes.ShownReview)

    async def answer_review(self: _Asks, review_id: str, answer: shapes.ReviewAnswer) -> shapes.ShownReview:
        """Answer a request."""
        return await self._put(f"/v1/reviews/{quote(review_id, safe='')}", answer, shapes.ShownReview)

    async def playbooks(self: _Asks) -> Playbooks:
        """What actions do."""
        return await self._get("/v1/playbooks", Playbooks)

    async def record(self: _Asks, kind: EntityType, entity_id: str) -> Record:
        """All that is held about one tutor or student."""
        return await self._get(f"/v1/{kind}s/{quote(entity_id, safe='')}/record", Record)
