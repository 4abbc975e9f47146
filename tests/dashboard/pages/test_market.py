"""Capacity, retention and models say what their queries say."""

from copy import deepcopy

import msgspec

from tests.dashboard.conftest import Look
from tutorpulse.api.examples import TRACK_RECORD
from tutorpulse.service.live.service import Service
from tutorpulse.service.queries.capacity import capacity
from tutorpulse.store.state.track import FiguresRow, Terms


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


def test_the_models_page_tells_what_flags_were_worth_and_what_the_truth_reaches(
    look: Look, service: Service
) -> None:
    figures = deepcopy(TRACK_RECORD["items"][0]["figures"])
    figures["risk"]["oracle"] = {
        "rows": 812,
        "auc": 0.934,
        "brier": 0.041,
        "model_auc": 0.907,
        "model_brier": 0.047,
    }
    top = figures["risk"]["flagged"][0] | {"name": "top 5 %", "bound": None}
    figures["risk"]["flagged"].insert(0, top)
    rate = {"value": 2.1}
    velocity = figures | {
        "risk": None,
        "velocity": {
            "rate": rate,
            "said": 2.0,
            "mae": {"value": 0.61},
            "mae_of_mean": 1.3,
            "mae_of_recent": 0.72,
            "oracle_mae": None,
            "interval_rows": 9000,
            "covered": {"value": 0.912},
            "interval_score": 3.21,
        },
    }
    with service.states.one() as state:
        state.track.keep_terms("tutor", "m1", Terms(30, "exit"))
        state.track.keep(
            FiguresRow("tutor", "m1", "2026-03", output, 0, False, msgspec.json.encode(made).decode())
            for output, made in (("churn_risk_14d", figures), ("session_velocity", velocity))
        )
    page = look("/models").text
    for told in ("What flags were worth", "above 40 %", "28 %", "0.934", "0.041", "0.907"):
        assert told in page
    assert "91 %" in page
    assert "3.21" in page
    assert "1.02" in page, "the slope of the month"
