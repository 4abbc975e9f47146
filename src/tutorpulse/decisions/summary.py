"""What a refresh reports: the summary, and a log line for each entity that changed."""

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec
import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import format_time
from tutorpulse.decisions.segments import SEGMENTS
from tutorpulse.decisions.sentences import shown_name
from tutorpulse.features.frame import EntityType


class Summary(msgspec.Struct, frozen=True):
    """The refresh summary. Processed are those that were scored: new and active ones; `timestamp` is the as-of."""

    students_processed: int
    tutors_processed: int
    total_processed: int
    student_segments: dict[str, int]
    tutor_segments: dict[str, int]
    model_version: str
    timestamp: str


def summary(segments: Mapping[EntityType, NDArray[np.object_]], model_version: str, as_of_us: int) -> Summary:
    """Of the scored entities' segments by kind; all four segments of a kind are listed, best first."""
    students, tutors = segments.get("student", ()), segments.get("tutor", ())
    return Summary(
        students_processed=len(students),
        tutors_processed=len(tutors),
        total_processed=len(students) + len(tutors),
        student_segments=_counts("student", students),
        tutor_segments=_counts("tutor", tutors),
        model_version=model_version,
        timestamp=format_time(as_of_us),
    )


def log_line(entity_type: EntityType, entity_id: str, segment: str | None, risk: float, health: float) -> str:
    """Such as `Updated tutor predictions for tutor_00345: segment=star, burnout_risk=15.23%, health=87.5`.

    `risk` is the 14-day risk, 0 to 1; what is not known reads `unknown`.
    """
    name = shown_name("churn_risk_14d", entity_type)
    shown_risk = "unknown" if np.isnan(risk) else f"{100 * risk:.2f}%"
    shown_health = "unknown" if np.isnan(health) else f"{health:.1f}"
    return (
        f"Updated {entity_type} predictions for {entity_id}: "
        f"segment={segment or 'unknown'}, {name}={shown_risk}, health={shown_health}"
    )


def _counts(entity_type: EntityType, segments: Iterable[str | None]) -> dict[str, int]:
    counted = Counter(segments)
    return {name: counted[name] for name in reversed(SEGMENTS[entity_type])}
