import numpy as np
import pytest

from tests.decisions.tables import table
from tutorpulse.decisions.insights import INSIGHT_TYPES, Insight, Levels, material

TYPES = {t.name: t for t in INSIGHT_TYPES}
NONE = float("nan")


def changes(name: str, value: float, last_score: float = NONE, over: bool = False) -> tuple[bool, bool]:
    kind = TYPES[name]
    found = material(
        kind, table("tutor", {kind.fact: [value]}), Levels(np.array([last_score]), np.array([over])), 5.0
    )
    return len(found.written) == 1, len(found.calmed) == 1


@pytest.mark.parametrize(
    ("name", "just", "beyond", "score"),
    [
        ("churn_risk", 0.30, 0.31, 31),
        ("customer_health", 70, 69, 31),
        ("session_quality", 0.5, 0.223, 80),
        ("first_session_success", 0.6, 0.5, 50),
        ("tutor_capacity", 0.9, 1.6, 80),
    ],
)
def test_an_insight_is_written_beyond_the_threshold(
    name: str, just: float, beyond: float, score: float
) -> None:
    assert changes(name, just) == (False, False)
    assert changes(name, beyond) == (True, False)
    kind = TYPES[name]
    assert kind.score(np.array([beyond]))[0] == pytest.approx(score, abs=0.1)


@pytest.mark.parametrize(("last", "written"), [(45.0, True), (45.1, False), (55.0, True), (54.9, False)])
def test_while_beyond_only_a_move_of_five_points_is_told(last: float, written: bool) -> None:
    assert changes("churn_risk", 0.50, last, over=True) == (written, False)


def test_falling_back_writes_nothing_but_is_remembered() -> None:
    assert changes("churn_risk", 0.29, 31, over=True) == (False, True)


def test_the_next_crossing_is_told_however_small_the_move() -> None:
    assert changes("churn_risk", 0.31, 31, over=False) == (True, False)


def test_a_missing_value_changes_nothing() -> None:
    assert changes("churn_risk", NONE, 50, over=True) == (False, False)
    assert changes("customer_health", NONE) == (False, False)


@pytest.mark.parametrize("name", list(TYPES))
def test_scores_stay_between_0_and_100(name: str) -> None:
    values = [0, 0.5, 1] if name != "customer_health" else [0, 50, 100]
    kind = TYPES[name]
    levels = Levels(np.full(3, NONE), np.zeros(3, dtype=bool))
    score = material(kind, table("tutor", {kind.fact: values}), levels, 5.0).score
    assert ((score >= 0) & (score <= 100)).all()


def test_tutor_capacity_is_not_about_students() -> None:
    assert TYPES["tutor_capacity"].entity_types == ("tutor",)


@pytest.mark.parametrize(("score", "critical"), [(79.9, False), (80.0, True)])
def test_critical_is_a_score_of_80(score: float, critical: bool) -> None:
    insight = Insight("a", "t", "tutor", "2026-01-01T00:00:00Z", "churn_risk", score, "", (), "m", "low")
    assert insight.critical is critical


def test_the_fields_are_those_of_the_contract() -> None:
    assert Insight.__struct_fields__ == (
        "alert_id",
        "entity_id",
        "entity_type",
        "timestamp",
        "prediction_type",
        "risk_score",
        "explanation",
        "recommendations",
        "model_used",
        "confidence",
    )
