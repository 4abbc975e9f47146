import pytest

from tutorpulse.decisions.facts import BESIDE_OUTPUTS, TUTOR_NAMES
from tutorpulse.decisions.phrases import PHRASES
from tutorpulse.decisions.sentences import Earlier, sentence
from tutorpulse.features.catalog import Feature
from tutorpulse.features.student import STUDENT
from tutorpulse.features.tutor import TUTOR
from tutorpulse.model.contract import OUTPUTS


def test_the_sentence_of_the_contract() -> None:
    assert sentence(
        "churn_risk_14d",
        0.62,
        "tutor",
        Earlier(0.35, 7),
        [("utilization_rate", 0.97), ("rating_trend", -0.4)],
    ) == ("Burnout risk 62 % (was 35 % a week ago): utilization 97 %, ratings falling 0.4 stars a week")


def test_a_student_has_a_churn_risk() -> None:
    assert sentence("churn_risk_14d", 0.62, "student") == "Churn risk 62 %"


@pytest.mark.parametrize(("days", "when"), [(1, "a day ago"), (3, "3 days ago"), (7, "a week ago")])
def test_the_earlier_value_says_when_it_held(days: int, when: str) -> None:
    assert sentence("health_score", 50, "tutor", Earlier(70, days)) == f"Health 50 (was 70 {when})"


def test_an_earlier_value_that_reads_the_same_is_left_out() -> None:
    assert sentence("health_score", 50.1, "tutor", Earlier(49.9, 7)) == "Health 50"


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("rating_trend", 0.25, "ratings rising 0.2 stars a week"),
        ("instant_book_enabled", 0, "instant booking off"),
        ("instant_book_enabled", 1, "instant booking on"),
        ("days_since_last_session", 12.4, "last session 12 days ago"),
        ("earnings_trend", -0.35, "earnings down 35 % on the month before"),
        ("total_revenue_30d", 1234.5, "paid 1,234 in 30 days"),
        ("session_trend_7d_14d", -3, "3 sessions fewer than the week before"),
        ("avg_rating", float("nan"), "average rating unknown"),
        ("utilization_rate", -0.0, "utilization 0 %"),
        ("sessions_7d", 1, "1 session in 7 days"),
        ("late_cancellations_30d", 1, "1 late cancellation in 30 days"),
        ("sessions_7d", 21, "21 sessions in 7 days"),
        ("avg_gap_between_sessions", 1.0, "1.0 days between sessions"),
    ],
)
def test_values_are_told_in_words_with_units(name: str, value: float, told: str) -> None:
    assert PHRASES[name].told(value) == told


@pytest.mark.parametrize("feature", [*TUTOR.shown(), *STUDENT.shown()], ids=lambda f: f.name)
def test_every_feature_has_a_phrase_in_its_own_unit(feature: Feature) -> None:
    assert "{}" in PHRASES[feature.name].text or PHRASES[feature.name].flag
    if feature.unit == "share":
        assert PHRASES[feature.name].unit == "%"
    if PHRASES[feature.name].unit == "%":
        assert feature.unit in ("share", "ratio", "0 to 1")


def test_no_phrase_is_left_over() -> None:
    features = {f.name for f in (*TUTOR.shown(), *STUDENT.shown())}
    leftover = set(PHRASES) - features - {"days_since_first_session"}
    assert leftover == {*OUTPUTS, *BESIDE_OUTPUTS, *TUTOR_NAMES}


@pytest.mark.parametrize("name", [*OUTPUTS, *BESIDE_OUTPUTS, *TUTOR_NAMES])
def test_every_prediction_has_a_phrase(name: str) -> None:
    assert PHRASES[name].told(0.5)


def test_a_rate_and_its_time_do_not_run_into_each_other() -> None:
    assert sentence("session_velocity", 0.2, "student", Earlier(0.34, 7)).endswith(
        "(was 0.3 a week, a week ago)"
    )
    assert sentence("session_velocity", 0.2, "student", Earlier(0.34, 3)).endswith(
        "(was 0.3 a week 3 days ago)"
    )
    assert sentence("churn_risk_14d", 0.62, "tutor", Earlier(0.35, 7)).endswith("(was 35 % a week ago)")
