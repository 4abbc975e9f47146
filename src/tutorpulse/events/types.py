"""The contract's event types: one payload per type. Fields without a default are required.

`Time` fields are RFC 3339; money is in the marketplace's currency; every unit stands in the field's name.
"""

from typing import ClassVar

import msgspec

from tutorpulse.events.fields import (
    Count,
    EntityKind,
    Flag,
    Hours,
    Id,
    Minutes,
    Money,
    Number,
    Rating,
    Score,
    Seconds,
    Sentiment,
    Side,
    Slots,
    Text,
    TextList,
    Time,
    Years,
)


class Payload(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """What an event says, beside its envelope. Of the fields in `ONE_OF`, if any, at least one is required."""

    ONE_OF: ClassVar[tuple[str, ...]] = ()


class _OfEitherSide(Payload):
    """Something a tutor or a student did."""

    ONE_OF: ClassVar[tuple[str, ...]] = ("student_id", "tutor_id")

    def __post_init__(self) -> None:
        if all(getattr(self, name) is None for name in self.ONE_OF):
            raise ValueError(f"One of {', '.join(self.ONE_OF)} is required")


class TutorRegistered(Payload):
    """A tutor joined the marketplace."""

    tutor_id: Id
    subjects: TextList | None = None
    years_of_experience: Years | None = None
    certification_count: Count | None = None
    advanced_topics_count: Count | None = None
    hourly_rate: Money | None = None
    timezone: Text | None = None


class TutorProfileUpdated(Payload):
    """A tutor changed the profile; fields left out stay as they were."""

    tutor_id: Id
    subjects: TextList | None = None
    years_of_experience: Years | None = None
    certification_count: Count | None = None
    advanced_topics_count: Count | None = None
    hourly_rate: Money | None = None
    timezone: Text | None = None


class TutorAvailabilityUpdated(Payload):
    """A tutor declared hours for the local ISO week of the event and, possibly, the next."""

    tutor_id: Id
    subjects: TextList | None = None
    available_slots_this_week: Count | None = None
    available_hours_this_week: Hours | None = None
    available_hours_next_week: Hours | None = None
    instant_book_enabled: Flag | None = None
    availability: Slots | None = None
    avg_rating: Rating | None = None
    total_sessions_completed: Count | None = None


class TutorDeparted(Payload):
    """A tutor said goodbye."""

    tutor_id: Id
    reason: Text | None = None


class TutorPaused(Payload):
    """A tutor announced a pause; without `until` its end is unknown."""

    tutor_id: Id
    until: Time | None = None


class TutorResumed(Payload):
    """A tutor's pause is over."""

    tutor_id: Id


class StudentRegistered(Payload):
    """A student joined the marketplace."""

    student_id: Id
    subjects: TextList | None = None
    grade_level: Text | None = None
    acquisition_channel: Text | None = None
    tier: Text | None = None
    region: Text | None = None
    timezone: Text | None = None


class StudentDeparted(Payload):
    """A student said goodbye."""

    student_id: Id
    reason: Text | None = None


class StudentPaused(Payload):
    """A student announced a pause; without `until` its end is unknown."""

    student_id: Id
    until: Time | None = None


class StudentResumed(Payload):
    """A student's pause is over."""

    student_id: Id


class StudentGoalReached(Payload):
    """A student got what the lessons were for; a silence after it is no churn."""

    student_id: Id
    goal: Text | None = None


class BookingRequested(Payload):
    """A student, or the system for the student, asked for a lesson."""

    request_id: Id
    student_id: Id
    subject: Text
    tutor_id: Id | None = None
    desired_start: Time | None = None
    duration_minutes: Minutes | None = None
    system_generated: Flag | None = None


class BookingResponded(Payload):
    """A tutor answered a request."""

    request_id: Id
    tutor_id: Id
    accepted: Flag


class SessionBooked(Payload):
    """A session was agreed for a time."""

    session_id: Id
    student_id: Id
    tutor_id: Id
    starts_at: Time
    subject: Text | None = None
    duration_minutes: Minutes | None = None
    price: Money | None = None
    tier: Text | None = None
    discounted: Flag | None = None
    instant_book: Flag | None = None


class SessionStarted(Payload):
    """A session began."""

    session_id: Id
    student_id: Id
    tutor_id: Id
    subject: Text | None = None
    tier: Text | None = None
    scheduled_duration_minutes: Minutes | None = None
    session_type: Text | None = None


class SessionCompleted(Payload):
    """A session ended, well or not: held, cancelled, missed by a side, or unsuccessful."""

    session_id: Id
    student_id: Id
    tutor_id: Id
    subject: Text | None = None
    tier: Text | None = None
    duration_minutes: Minutes | None = None
    rating: Rating | None = None
    was_cancelled: Flag | None = None
    cancelled_by: Side | None = None
    no_show: Flag | None = None
    no_show_by: Side | None = None
    completed_successfully: Flag | None = None
    ended_at: Time | None = None
    price: Money | None = None
    tutor_earnings: Money | None = None
    discounted: Flag | None = None


class SessionCancelled(Payload):
    """A session was called off."""

    session_id: Id
    student_id: Id
    tutor_id: Id
    cancelled_by: Side | None = None
    notice_hours: Hours | None = None


class SessionRescheduled(Payload):
    """A session was moved to another time."""

    session_id: Id
    student_id: Id
    tutor_id: Id
    rescheduled_by: Side | None = None
    new_starts_at: Time | None = None


class ReviewSubmitted(Payload):
    """A student rated a session."""

    session_id: Id
    student_id: Id
    tutor_id: Id
    rating: Rating


class PaymentProcessed(Payload):
    """A student's payment went through, or failed."""

    student_id: Id
    amount: Money
    succeeded: Flag
    method: Text | None = None
    session_id: Id | None = None


class RefundIssued(Payload):
    """Money went back to a student."""

    student_id: Id
    amount: Money
    tutor_id: Id | None = None
    session_id: Id | None = None


class PaymentDisputed(Payload):
    """A student disputed a payment."""

    student_id: Id
    amount: Money
    tutor_id: Id | None = None
    session_id: Id | None = None


class IbCallLogged(Payload):
    """A student, or a parent, called in."""

    student_id: Id
    call_id: Id | None = None
    reason: Text | None = None
    sentiment: Sentiment | None = None
    duration_seconds: Seconds | None = None
    resolved: Flag | None = None


class SupportTicketOpened(_OfEitherSide):
    """A tutor or a student asked for help, or complained. One of the two ids is required."""

    student_id: Id | None = None
    tutor_id: Id | None = None
    category: Text | None = None
    is_complaint: Flag | None = None


class MessageResponded(_OfEitherSide):
    """A tutor or a student answered a message. One of the two ids is required."""

    response_time_hours: Hours
    tutor_id: Id | None = None
    student_id: Id | None = None


class LearningActivity(Payload):
    """A student worked between lessons."""

    student_id: Id
    questions_asked: Count | None = None
    materials_accessed: Count | None = None


class GradeReported(Payload):
    """A student's grade before and after lessons, on a scale from 0 to `scale` (100 if left out)."""

    student_id: Id
    grade_before: Number
    grade_after: Number
    tutor_id: Id | None = None
    subject: Text | None = None
    scale: Number | None = None


class CustomerHealthUpdate(Payload):
    """Another system's opinion of a student: shown, never a label."""

    student_id: Id
    health_score: Score | None = None
    sessions_last_7_days: Count | None = None
    churn_risk_14d: Number | None = None
    churn_risk_30d: Number | None = None


class SupplyDemandUpdate(Payload):
    """Another system's count of supply and demand in a subject."""

    subject: Text
    region: Text | None = None
    available_tutors: Count | None = None
    pending_requests: Count | None = None
    avg_wait_time_hours: Hours | None = None


class ActionTaken(Payload):
    """An operator did something for a tutor or a student."""

    entity_type: EntityKind
    entity_id: Id
    recommendation: Text | None = None
    note: Text | None = None
