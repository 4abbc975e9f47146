"""Names of the data as people read them."""

import pytest

from tutorpulse.dashboard import texts
from tutorpulse.features.compile import CATALOGS


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("sessions_taught_7d", "Sessions taught, 7 days"),
        ("avg_rating", "Average rating"),
        ("session_freq_14d", "Session frequency, 14 days"),
        ("tutor_rating_avg", "Tutor rating average"),
        ("ib_calls_30d", "IB calls, 30 days"),
    ],
)
def test_a_feature_is_named_in_whole_words(name: str, words: str) -> None:
    assert texts.fact_label(name) == words


def test_no_two_features_of_a_kind_read_alike() -> None:
    for catalog in CATALOGS.values():
        words = [texts.fact_label(feature.name) for feature in catalog.shown()]
        assert len(set(words)) == len(words)


def test_a_day_names_its_month() -> None:
    assert texts.month_name("2026-11-25") == "Nov"
