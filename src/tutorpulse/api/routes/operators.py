"""What operators know better: segments set by hand, states, verdicts, and requests for human review."""

from collections.abc import Callable
from typing import Annotated, Literal, TypeVar

from fastapi import APIRouter, Path, Query
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from tutorpulse.api import worklist_examples as examples
from tutorpulse.api.access import needs
from tutorpulse.api.answers import answer
from tutorpulse.api.auditing import name_act
from tutorpulse.api.context import here
from tutorpulse.api.described import answers, content
from tutorpulse.api.params import Strict
from tutorpulse.api.posted import posted, takes
from tutorpulse.features.frame import EntityType
from tutorpulse.service.root import Pulse
from tutorpulse.service.worklist import feedback, overrides, reviews, shapes, states
from tutorpulse.store.state.audit import Act

router = APIRouter(tags=["worklist"])
T = TypeVar("T")
_POSTED = ("not-found", "invalid", "body-too-large", "media-type")
_OF_ONE = ("not-found", "invalid")
_OF_SOMEBODY = (
    shapes.OverrideRequest,
    shapes.StateRequest,
    shapes.VerdictRequest,
    shapes.ReviewRequest,
)


class OfKind(Strict):
    """Of whom."""

    entity_type: EntityType | None = Field(None, description="Only of tutors, or only of students.")


class ReviewParams(Strict):
    """Which requests."""

    state: Literal["open", "answered", "all"] = Field("open", description="Of this state.")


def _on(request: Request, act: Callable[[Pulse], object]) -> Response:
    with here(request).service.lend() as pulse:
        return answer(act(pulse))


async def _act(request: Request, shape: type[T], act: Callable[[Pulse, T, str], object]) -> Response:
    wanted, caller = await posted(request, shape)
    if isinstance(wanted, _OF_SOMEBODY):
        path = request.scope["route"].path
        name_act(request, Act(f"POST {path}", wanted.entity_type, wanted.entity_id))
    return await run_in_threadpool(_on, request, lambda pulse: act(pulse, wanted, caller.name))


async def _end(request: Request, identifier: str, act: Callable[[Pulse, str, str], object]) -> Response:
    caller = await here(request).door.admit(request, "operate")
    return await run_in_threadpool(_on, request, lambda pulse: act(pulse, identifier, caller.name))


@router.get(
    "/v1/overrides",
    summary="Segments set by hand",
    responses=answers("Those in force.", content(shapes.OverrideList, examples.OVERRIDES), ("invalid",)),
    dependencies=[needs("read")],
)
def list_overrides(request: Request, of: Annotated[OfKind, Query()]) -> Response:
    """By kind and entity, with who answers for each and until when."""
    return _on(request, lambda pulse: overrides.overrides_in_force(pulse, of.entity_type))


@router.post(
    "/v1/overrides",
    summary="Set a segment by hand",
    responses=answers("The override.", content(shapes.ShownOverride, examples.OVERRIDE), _POSTED),
    openapi_extra=takes(shapes.OverrideRequest, examples.OVERRIDE_REQUEST),
)
async def set_override(request: Request) -> Response:
    """For 180 days at most, in place of an earlier one. Predictions go on; the segment is marked as set wherever it is shown."""
    return await _act(request, shapes.OverrideRequest, overrides.set_override)


@router.post(
    "/v1/overrides/{override_id}/end",
    summary="End an override",
    responses=answers("As it is now.", content(shapes.ShownOverride, examples.OVERRIDE), _OF_ONE),
    dependencies=[needs("operate")],
)
async def end_override(
    request: Request, override_id: Annotated[str, Path(max_length=128, description="Its id.")]
) -> Response:
    """The model's segment shows again. One that is over stays as it is."""
    return await _end(request, override_id, overrides.end_override)


@router.get(
    "/v1/states",
    summary="Who is paused, on leave, at their goal",
    responses=answers("States that hold.", content(shapes.StateList, examples.STATES), ("invalid",)),
    dependencies=[needs("read")],
)
def list_states(request: Request, of: Annotated[OfKind, Query()]) -> Response:
    """As operators set them, by kind and entity."""
    return _on(request, lambda pulse: states.states_held(pulse, of.entity_type))


@router.post(
    "/v1/states",
    summary="Say that somebody is paused, on leave, at their goal",
    responses=answers("The state.", content(shapes.ShownState, examples.STATE), _POSTED),
    openapi_extra=takes(shapes.StateRequest, examples.STATE_REQUEST),
)
async def set_state(request: Request) -> Response:
    """It is kept apart from churn: no alerts, no open tasks; the log is told (`tutor_paused`, `student_goal_reached`)."""
    return await _act(request, shapes.StateRequest, states.set_state)


@router.post(
    "/v1/states/{state_id}/end",
    summary="End a state",
    responses=answers("As it is now.", content(shapes.ShownState, examples.STATE), _OF_ONE),
    dependencies=[needs("operate")],
)
async def end_state(
    request: Request, state_id: Annotated[str, Path(max_length=128, description="Its id.")]
) -> Response:
    """The log is told that a pause is over. A goal that was reached stays reached in the log."""
    return await _end(request, state_id, states.end_state)


@router.get(
    "/v1/feedback",
    summary="Verdicts on predictions, counted",
    responses=answers("By output.", content(shapes.FeedbackCounts, examples.FEEDBACK_COUNTS)),
    dependencies=[needs("read")],
)
def count_feedback(request: Request) -> Response:
    """How many operators confirmed and how many they called wrong."""
    return _on(request, lambda pulse: feedback.feedback_counts(pulse.state))


@router.post(
    "/v1/feedback",
    summary="Confirm a prediction, or call it wrong",
    responses=answers("The verdict.", content(shapes.ShownFeedback, examples.FEEDBACK), _POSTED),
    openapi_extra=takes(shapes.VerdictRequest, examples.FEEDBACK_REQUEST),
)
async def give_feedback(request: Request) -> Response:
    """Kept with what was predicted. No prediction changes by it: outcomes teach the model."""
    return await _act(request, shapes.VerdictRequest, feedback.give_feedback)


@router.get(
    "/v1/reviews",
    summary="Requests for human review",
    responses=answers("Oldest first.", content(shapes.ReviewList, examples.REVIEWS), ("invalid",)),
    dependencies=[needs("read")],
)
def list_reviews(request: Request, asked: Annotated[ReviewParams, Query()]) -> Response:
    """Those that wait for an answer, unless others are asked for."""
    is_open = {"open": True, "answered": False, "all": None}[asked.state]
    return _on(request, lambda pulse: reviews.reviews_listed(pulse.state, is_open))


@router.post(
    "/v1/reviews",
    summary="Ask for human review",
    responses=answers("The request.", content(shapes.ShownReview, examples.REVIEW), _POSTED),
    openapi_extra=takes(shapes.ReviewRequest, examples.REVIEW_REQUEST),
)
async def ask_review(request: Request) -> Response:
    """That a person look at what is held and predicted about somebody."""
    return await _act(request, shapes.ReviewRequest, reviews.ask_review)


@router.post(
    "/v1/reviews/{review_id}",
    summary="Answer a request for review",
    responses=answers("As answered.", content(shapes.ShownReview, examples.REVIEW), _POSTED),
    openapi_extra=takes(shapes.ReviewAnswer, examples.REVIEW_ANSWER),
)
async def answer_review(
    request: Request, review_id: Annotated[str, Path(max_length=128, description="Its id.")]
) -> Response:
    """In the name of the key, once."""
    return await _act(
        request,
        shapes.ReviewAnswer,
        lambda pulse, wanted, by: reviews.answer_review(pulse, review_id, wanted, by),
    )
