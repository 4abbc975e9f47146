"""Verdicts of operators on predictions and segments."""

import secrets
from itertools import groupby

import numpy as np

from tutorpulse.decisions.facts import TUTOR_NAMES
from tutorpulse.decisions.sentences import shown_name
from tutorpulse.errors import InputError
from tutorpulse.service.merging import NUMBERS
from tutorpulse.service.page import find
from tutorpulse.service.root import Pulse
from tutorpulse.service.worklist.moment import moment_us
from tutorpulse.service.worklist.shapes import FeedbackCount, FeedbackCounts, ShownFeedback, VerdictRequest
from tutorpulse.service.worklist.shown import shown_feedback
from tutorpulse.store.state import PredictionRows, State
from tutorpulse.store.state.actions import ActionRow
from tutorpulse.store.state.feedback import FeedbackRow

SEGMENT = "segment"


def give_feedback(pulse: Pulse, wanted: VerdictRequest, by: str) -> ShownFeedback:
    """Keep a verdict with what is predicted now. It changes no prediction: outcomes teach the model, opinions do not.

    Raises:
        UnknownEntityError: there is no such entity.
        InputError: there is no such output, nothing is predicted of it, or what is wrong has no reason.
    """
    now_us = moment_us(pulse)
    found = find(pulse, wanted.entity_id, wanted.entity_type)
    column = _column(wanted.about)
    if wanted.verdict == "wrong" and not (wanted.reason or "").strip():
        raise InputError("Say why the prediction is wrong: give a reason.")
    row = _feedback(wanted, found, column, by, now_us)
    if (row.segment if column == SEGMENT else row.predicted) is None:
        raise InputError(f"Nothing is predicted of {wanted.entity_id!r} under {wanted.about!r} yet.")
    with pulse.state.transaction():
        pulse.state.feedback.add(row)
        pulse.state.actions.add(
            ActionRow(
                row.entity_type,
                row.entity_id,
                now_us,
                by,
                f"feedback {row.verdict}",
                row.feedback_id,
                row.reason,
                row.about,
            )
        )
    return shown_feedback(row)


def feedback_counts(state: State) -> FeedbackCounts:
    """How many verdicts there are on each output, by kind."""
    items = []
    for (kind, about), some in groupby(state.feedback.counts(), key=lambda line: line[:2]):
        counts = {verdict: count for *_, verdict, count in some}
        confirmed, wrong = (counts.get(verdict, 0) for verdict in ("confirmed", "wrong"))
        share = confirmed / (confirmed + wrong)
        items.append(FeedbackCount("tutor" if kind == "tutor" else "student", about, confirmed, wrong, share))
    return FeedbackCounts(tuple(items))


def _column(about: str) -> str:
    column = TUTOR_NAMES.get(about, about)
    if column != SEGMENT and column not in NUMBERS:
        known = ", ".join((SEGMENT, *NUMBERS, *TUTOR_NAMES))
        raise InputError(f"Nothing is predicted under {about!r}. Give one of {known}.")
    return column


def _feedback(wanted: VerdictRequest, rows: PredictionRows, column: str, by: str, now_us: int) -> FeedbackRow:
    first = {name: values[0] for name, values in rows.columns.items()}
    predicted = np.nan if column == SEGMENT else float(first[column])
    return FeedbackRow(
        secrets.token_hex(8),
        wanted.entity_type,
        wanted.entity_id,
        shown_name(column, wanted.entity_type),
        wanted.verdict,
        wanted.reason,
        by,
        now_us,
        first["segment"],
        None if np.isnan(predicted) else predicted,
        None if np.isnan(first["as_of_us"]) else int(first["as_of_us"]),
        first["model_version"],
    )
