"""What each feature and prediction is called where a person reads it: one table, in words with units."""

import math
import re
from dataclasses import dataclass
from functools import cached_property

PERCENT = "%"

_ONE_OF_MANY = re.compile(
    r"(?<![\d.,])(1|\bno) ((?:good |bad |late |failed |support |payment |advanced )?)(\w+)s\b"
)
"""Finds "1 sessions" and "no sessions", which read "1 session" and "no session"."""


_LAST_WORD = re.compile(r" (ago|in|after|by|for|on)$")
"""What a phrase without its value would end in."""


@dataclass(frozen=True)
class Phrase:
    """How a value is told: `text` with `{}` where the value stands.

    `unit` follows the number ("%" also means that the value is a share, shown times 100), `digits` are its decimals.
    `falling` is the text for a value below 0, told without its sign. `flag` tells 0 (`falling`) from 1 (`text`).
    `none` is the text for what rounds to 0; counts that begin their text say "no session" without it.
    """

    text: str
    unit: str = ""
    digits: int = 0
    falling: str = ""
    flag: bool = False
    none: str = ""

    @cached_property
    def scale(self) -> float:
        """What a raw value is multiplied by to be shown."""
        return 100.0 if self.unit == PERCENT else 1.0

    def number(self, value: float) -> str:
        """The value with its unit, "unknown" where it is NaN."""
        if math.isnan(value):
            return "unknown"
        shown = self._shown(value)
        return f"{shown} {self.unit}" if self.unit else shown

    def told(self, value: float) -> str:
        """The whole phrase, such as "utilization 97 %"."""
        if math.isnan(value):
            return self._unknown()
        if self._of_nothing and self._shown(value) == self._zero:
            return self._of_nothing
        falling = self.falling and (value <= 0 if self.flag else value < 0)
        text = self.falling if falling else self.text
        return _agreed(text.replace("{}", self.number(abs(value) if falling else value)))

    def _shown(self, value: float) -> str:
        """The value's digits; what rounds to 0 has no sign."""
        shown = format(value * self.scale, self._format)
        return self._zero if shown == self._minus_zero else shown

    @cached_property
    def _format(self) -> str:
        return f",.{self.digits}f"

    @cached_property
    def _zero(self) -> str:
        return format(0.0, self._format)

    @cached_property
    def _minus_zero(self) -> str:
        return format(-0.0, self._format)

    @cached_property
    def _of_nothing(self) -> str:
        """The phrase of what rounds to 0; empty where it is told as any other value."""
        counts = self.text.startswith("{} ") and not self.unit
        return "" if self.flag else self.none or (_agreed(self.text.replace("{}", "no")) if counts else "")

    @property
    def label(self) -> str:
        """The phrase without its value: "average rating", "sessions agreed for later"."""
        return " ".join(self.text.replace("{}", "").split())

    def _unknown(self) -> str:
        """The phrase of a missing value: "average rating unknown", "last session unknown"."""
        return f"{_LAST_WORD.sub('', self.label)} unknown"


def _agreed(text: str) -> str:
    """The text with "1 session" and "no session" where it had the plural."""
    # Most texts have neither, and looking for them by words costs more than all else here.
    return _ONE_OF_MANY.sub(r"\1 \2\3", text) if "1 " in text or "no " in text else text


def _count(text: str) -> Phrase:
    return Phrase(text)


def _share(text: str) -> Phrase:
    return Phrase(text, PERCENT)


def _days(text: str, none: str = "") -> Phrase:
    return Phrase(text, "days", 0, none=none or text.replace("{}", "less than a day"))


def _hours(text: str) -> Phrase:
    return Phrase(text, "h", 1)


_PREDICTIONS = {
    "burnout_risk": _share("burnout risk {}"),
    "burnout_risk_30d": _share("burnout risk of 30 days {}"),
    "churn_risk_14d": _share("churn risk {}"),
    "churn_risk_30d": _share("churn risk of 30 days {}"),
    "already_gone": _share("gone already with probability {}"),
    "inactive_14d": _share("no activity in 14 days with probability {}"),
    "inactive_30d": _share("no activity in 30 days with probability {}"),
    "first_session_success": _share("first sessions expected to succeed {}"),
    "session_velocity": Phrase("expected sessions {}", "a week", 1),
    "health_score": Phrase("health {}", "", 0),
}

_SHARED = {
    "days_since_last_session": _days("last session {} ago"),
    "avg_session_duration_min": Phrase("sessions last {}", "min"),
    "avg_rating": Phrase("average rating {}", "stars", 1),
    "rating_trend": Phrase(
        "ratings rising {}",
        "stars a week",
        1,
        "ratings falling {}",
        none="ratings neither rising nor falling",
    ),
    "rating_volatility": Phrase("ratings vary by {}", "stars", 1),
    "avg_response_time_hours": _hours("answers after {}"),
}

_TUTOR = {
    "sessions_taught_7d": _count("{} sessions taught in 7 days"),
    "sessions_taught_14d": _count("{} sessions taught in 14 days"),
    "sessions_taught_30d": _count("{} sessions taught in 30 days"),
    "sessions_completed_7d": _count("{} sessions completed in 7 days"),
    "sessions_completed_14d": _count("{} sessions completed in 14 days"),
    "sessions_completed_30d": _count("{} sessions completed in 30 days"),
    "session_completion_rate": _share("sessions completed {}"),
    "no_show_rate": _share("missed without notice {}"),
    "cancellation_rate": _share("cancelled by the tutor {}"),
    "session_frequency_7d": Phrase("{} in 7 days", "sessions a day", 1),
    "session_frequency_14d": Phrase("{} in 14 days", "sessions a day", 1),
    "positive_reviews_count_30d": _count("{} good reviews in 30 days"),
    "negative_reviews_count_30d": _count("{} bad reviews in 30 days"),
    "student_retention_rate": _share("students who came back {}"),
    "unique_students_30d": _count("{} students in 30 days"),
    "avg_student_lifetime_sessions": Phrase("{} per student so far", "sessions", 1),
    "available_hours_this_week": _hours("offers {} this week"),
    "available_hours_next_week": _hours("offers {} next week"),
    "utilization_rate": _share("utilization {}"),
    "instant_book_enabled": Phrase("instant booking on", falling="instant booking off", flag=True),
    "booking_lead_time_avg_hours": _hours("booked {} ahead"),
    "primary_subject_count": _count("{} subjects declared"),
    "subject_diversity_score": _share("variety of subjects {}"),
    "avg_rating_by_subject": Phrase("average rating across subjects {}", "stars", 1),
    "sessions_per_subject_30d": Phrase("{} per subject in 30 days", "sessions", 1),
    "subject_match_accuracy": _share("sessions in declared subjects {}"),
    "certification_count": _count("{} certificates"),
    "years_of_experience": Phrase("{} of experience", "years", 1),
    "specialization_score": _share("share of the main subject {}"),
    "advanced_topics_count": _count("{} advanced topics"),
    "student_grade_improvement_avg": Phrase(
        "grades up {}", "points", 1, falling="grades of the students down {}", none="grades as before"
    ),
    "total_earnings_30d": _count("earned {} in 30 days"),
    "avg_earnings_per_session": Phrase("earned {} a session", "", 2),
    "earnings_trend": Phrase(
        "earnings up {} on the month before",
        PERCENT,
        0,
        "earnings down {} on the month before",
        none="earnings as in the month before",
    ),
    "premium_tier_sessions_ratio": _share("premium sessions {}"),
    "discount_sessions_ratio": _share("discounted sessions {}"),
    "payment_disputes_count_30d": _count("{} payment disputes in 30 days"),
    "refund_rate_30d": _share("sessions refunded {}"),
    "pricing_competitiveness_score": _share("tutors of the subject who charge as much or more {}"),
    "revenue_per_available_hour": Phrase("earned {} an hour offered", "", 2),
}

_STUDENT = {
    "sessions_7d": _count("{} sessions in 7 days"),
    "sessions_14d": _count("{} sessions in 14 days"),
    "sessions_30d": _count("{} sessions in 30 days"),
    "session_freq_7d": Phrase("{} in 7 days", "sessions a day", 2),
    "session_freq_14d": Phrase("{} in 14 days", "sessions a day", 2),
    "session_freq_30d": Phrase("{} in 30 days", "sessions a day", 2),
    "avg_gap_between_sessions": Phrase("{} between sessions", "days", 1),
    "session_trend_7d_14d": Phrase(
        "{} sessions more than the week before",
        falling="{} sessions fewer than the week before",
        none="as many sessions as in the week before",
    ),
    "session_trend_14d_30d": Phrase(
        "{} sessions more than the fortnight before",
        falling="{} sessions fewer than the fortnight before",
        none="as many sessions as in the fortnight before",
    ),
    "session_acceleration": Phrase(
        "sessions speeding up by {}", "a week", 1, "sessions slowing by {}", none="sessions at an even pace"
    ),
    "sessions_weekend_ratio": _share("sessions at weekends {}"),
    "sessions_evening_ratio": _share("sessions in the evening {}"),
    "total_session_hours_30d": _hours("{} of sessions in 30 days"),
    "engagement_score": Phrase("engagement {} of 100"),
    "questions_asked_30d": _count("{} questions asked in 30 days"),
    "materials_accessed_30d": _count("{} materials opened in 30 days"),
    "payment_success_rate_30d": _share("payments that succeed {}"),
    "payment_failures_30d": _count("{} failed payments in 30 days"),
    "avg_transaction_value": Phrase("average payment {}", "", 2),
    "total_revenue_30d": _count("paid {} in 30 days"),
    "payment_method_count": _count("{} ways of paying"),
    "days_since_last_payment": _days("last payment {} ago"),
    "ib_calls_7d": _count("{} calls in 7 days"),
    "ib_calls_14d": _count("{} calls in 14 days"),
    "ib_call_rate": Phrase("{} in 14 days", "calls a day", 2),
    "cancellation_rate_7d": _share("cancelled by the student in 7 days {}"),
    "cancellation_rate_30d": _share("cancelled by the student {}"),
    "no_show_rate_30d": _share("missed without notice {}"),
    "late_cancellations_30d": _count("{} late cancellations in 30 days"),
    "support_tickets_30d": _count("{} support tickets in 30 days"),
    "complaints_30d": _count("{} complaints in 30 days"),
    "tutor_consistency_score": _share("consistency of tutors {}"),
    "unique_tutors_30d": _count("{} tutors in 30 days"),
    "preferred_tutor_ratio": _share("sessions with the most seen tutor {}"),
    "tutor_rating_avg": Phrase("tutors rated {}", "stars", 1),
    "tutor_availability_score": _share("availability of the tutors seen {}"),
    "tutor_subject_expertise_score": _share("sessions in the tutor's main subject {}"),
    "tutor_match_score": _share("tutors liked {}"),
    "tutor_changed_count_30d": _count("{} changes of tutor in 30 days"),
    "preferred_tutor_sessions_ratio": _share("sessions with the most seen tutor in 30 days {}"),
}

_CONTEXT = {
    "tenure_days": _days("with us for {}"),
    "days_since_registration": _days("registered {} ago"),
    "days_since_first_session": _days("first session {} ago"),
    "days_since_last_activity": _days("last active {} ago"),
    "active_days_90d": _days("active on {} of the last 90", "active on none of the last 90 days"),
    "completed_60d": _count("{} sessions completed in 60 days"),
    "completed_90d": _count("{} sessions completed in 90 days"),
    "completed_total": _count("{} sessions completed in all"),
    "distinct_subjects_30d": _count("{} subjects in 30 days"),
    "sessions_ahead": _count("{} sessions agreed for later"),
    "days_to_next_session": _days("next session in {}"),
    "booked_7d": _count("{} sessions booked in 7 days"),
    "days_since_last_booking": _days("last booking {} ago"),
    "message_response_hours_14d": _hours("messages answered after {}"),
    "available_hours_change": Phrase(
        "hours offered up by {} on a month ago",
        PERCENT,
        0,
        "hours offered down by {} on a month ago",
        none="hours offered as a month ago",
    ),
    "rescheduled_14d": _count("{} sessions moved in 14 days"),
    "learning_activities_7d": _count("{} learning activities in 7 days"),
    "learning_activities_14d": _count("{} learning activities in 14 days"),
    "call_sentiment_30d": Phrase(
        "calls in good mood, {} of 1",
        digits=1,
        falling="calls in bad mood, {} of 1",
        none="calls in neither good nor bad mood",
    ),
    "season_sine": Phrase("the time of the year", digits=2, flag=True),
    "season_cosine": Phrase("the time of the year", digits=2, flag=True),
}

PHRASES: dict[str, Phrase] = _PREDICTIONS | _SHARED | _TUTOR | _STUDENT | _CONTEXT
"""The phrase of every feature, context feature and prediction; names shared by both kinds mean the same."""


def phrase(name: str) -> Phrase:
    """The phrase of a fact."""
    return PHRASES[name]
