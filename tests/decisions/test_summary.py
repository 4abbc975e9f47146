import msgspec
import numpy as np

from tutorpulse.clock import parse_time
from tutorpulse.decisions.summary import log_line, summary


def test_the_summary_of_the_contract() -> None:
    segments = {
        "tutor": np.array(["star", "at_risk", "star", None], dtype=object),
        "student": np.array(["churned"], dtype=object),
    }
    found = summary(segments, "m1", parse_time("2026-03-01T08:30:00Z"))  # type: ignore[arg-type]
    assert msgspec.to_builtins(found) == {
        "students_processed": 1,
        "tutors_processed": 4,
        "total_processed": 5,
        "student_segments": {"thriving": 0, "healthy": 0, "at_risk": 0, "churned": 1},
        "tutor_segments": {"star": 2, "healthy": 0, "at_risk": 1, "churning": 0},
        "model_version": "m1",
        "timestamp": "2026-03-01T08:30:00Z",
    }


def test_a_one_sided_log_has_a_summary() -> None:
    found = summary({"student": np.array(["healthy"], dtype=object)}, "m1", 0)
    assert (found.tutors_processed, found.total_processed) == (0, 1)
    assert sum(found.tutor_segments.values()) == 0


def test_the_log_line_of_the_contract() -> None:
    assert log_line("tutor", "tutor_00345", "star", 0.1523, 87.5) == (
        "Updated tutor predictions for tutor_00345: segment=star, burnout_risk=15.23%, health=87.5"
    )


def test_the_log_line_of_a_student_and_of_the_unknown() -> None:
    assert log_line("student", "s", None, float("nan"), float("nan")) == (
        "Updated student predictions for s: segment=unknown, churn_risk_14d=unknown, health=unknown"
    )
