"""Requests for human review: asked, listed, answered by a person. Nothing here answers by itself."""

import secrets

import msgspec

from tutorpulse.errors import InputError
from tutorpulse.service.page import find
from tutorpulse.service.root import Pulse
from tutorpulse.service.worklist.moment import moment_us
from tutorpulse.service.worklist.shapes import ReviewAnswer, ReviewList, ReviewRequest, ShownReview
from tutorpulse.service.worklist.shown import shown_review
from tutorpulse.store.state import State
from tutorpulse.store.state.actions import ActionRow
from tutorpulse.store.state.reviews import ReviewRow


def ask_review(pulse: Pulse, wanted: ReviewRequest, by: str) -> ShownReview:
    """Ask that a person look at what is held and predicted about somebody.

    Raises:
        UnknownEntityError: there is no such entity.
    """
    now_us = moment_us(pulse)
    find(pulse, wanted.entity_id, wanted.entity_type)
    row = ReviewRow(secrets.token_hex(8), wanted.entity_type, wanted.entity_id, now_us, by, wanted.reason)
    with pulse.state.transaction():
        pulse.state.reviews.add(row)
        pulse.state.actions.add(_deed(row, "review asked", by, now_us, row.reason))
    return shown_review(row)


def answer_review(pulse: Pulse, review_id: str, wanted: ReviewAnswer, by: str) -> ShownReview:
    """Answer a request, in one's own name.

    Raises:
        UnknownEntityError: there is no such request. InputError: it has an answer already.
    """
    now_us = moment_us(pulse)
    with pulse.state.transaction():
        row = pulse.state.reviews.get(review_id)
        if row.answered_us is not None:
            raise InputError(
                f"The request {review_id} was answered by {row.answered_by} already. Ask for another review instead."
            )
        answered = msgspec.structs.replace(
            row, answered_us=now_us, answered_by=by, outcome=wanted.outcome, answer=wanted.answer
        )
        pulse.state.reviews.answer(answered)
        pulse.state.actions.add(_deed(row, "review answered", by, now_us, wanted.answer, wanted.outcome))
    return shown_review(answered)


def reviews_listed(state: State, is_open: bool | None = True) -> ReviewList:
    """Requests for review, oldest first; None: answered ones too."""
    return ReviewList(tuple(map(shown_review, state.reviews.listed(is_open))))


def _deed(
    row: ReviewRow, action: str, by: str, now_us: int, note: str, detail: str | None = None
) -> ActionRow:
    return ActionRow(row.entity_type, row.entity_id, now_us, by, action, row.review_id, note, detail)
