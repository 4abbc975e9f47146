"""Capacity, retention and models say what their queries say."""

from tests.dashboard.conftest import Look
from tutorpulse.service.live.service import Service
from tutorpulse.service.queries.capacity import capacity


def test_every_subject_stands_in_the_table(look: Look, service: Service) -> None:
    with service.lend() as pulse:
        found = capacity(pulse)
    text = look("/capacity").text
    assert all(f'href="/tutors?subject={s.subject}"' in text for s in found.subjects)


def test_retention_counts_everybody_ever_seen_and_says_what_is_to_come(look: Look) -> None:
    text = look("/retention").text
    assert 'href="/tutors?status=active"' in text
    assert "Not measured yet" in text


def test_models_are_listed_with_their_figures_on_time_they_had_not_seen(look: Look) -> None:
    text, told = look("/models").text, look("/v1/models").json()
    for model in told["models"]:
        assert model["version"] in text
    assert "Nothing has matured yet" in text
