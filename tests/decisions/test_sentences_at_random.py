"""Every sentence that facts can make is one that anybody reads: many cases drawn at random."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutorpulse.decisions.facts import BESIDE_OUTPUTS
from tutorpulse.decisions.phrases import PHRASES
from tutorpulse.decisions.sentences import Earlier, sentence
from tutorpulse.features.frame import EntityType
from tutorpulse.features.student import STUDENT
from tutorpulse.features.tutor import TUTOR
from tutorpulse.model.contract import OUTPUTS

FEATURES = {"tutor": [f.name for f in TUTOR.shown()], "student": [f.name for f in STUDENT.shown()]}
UNITS = {f.name: f.unit for f in (*TUTOR.shown(), *STUDENT.shown())}
SIGNED = {name for name, phrase in PHRASES.items() if phrase.falling and not phrase.flag}
JARGON = re.compile(
    r"\b(sine|cosine|SHAP|log-odds|logit|quantile|percentile|z-score|feature|null|nan|inf|NaN|None)\b"
)
NUMBER = re.compile(r"-?\d[\d.,]*")
PLAIN_NUMBER = re.compile(r"\d{1,3}(,\d{3})*(\.\d{1,2})?")


def value_of(name: str, draw: float, whole: int) -> float:
    """A value that the fact can have: shares from 0 to 1, counts whole, the rest from 0 up, or of either sign."""
    unit = UNITS.get(name, "share")
    if name == "health_score":
        return 100 * draw
    if name == "session_velocity":
        return 40 * draw
    if unit in ("share", "0 to 1", "0 or 1"):
        return float(draw > 0.5) if unit == "0 or 1" else draw
    sign = -1.0 if name in SIGNED and whole % 2 else 1.0
    if unit in ("ratio", "stars", "stars per week", "hours", "currency", "days", "minutes", "0 to 100"):
        return sign * draw * (whole if unit in ("hours", "currency", "days") else 5)
    return sign * whole


def check(text: str) -> None:
    assert re.fullmatch(r"[A-Z0-9][^\n]*[^\s.:;,]", text), text
    assert "_" not in text, text
    assert "{" not in text, text
    assert "  " not in text, text
    assert not JARGON.search(text), text
    assert not re.search(r"[.!?] ", text), f"more than one sentence: {text}"
    assert not re.search(r"(?<![\d.,])[01] ([a-z]+ )?(sessions|days|students|tutors|calls|points)\b", text), (
        text
    )
    assert not re.search(r"\bno ([a-z]+ )?(sessions|students|calls|tutors|reviews|materials)\b", text), text
    for number in NUMBER.findall(text):
        assert PLAIN_NUMBER.fullmatch(number.rstrip(".,")), f"{number} in {text}"
    for share in re.findall(r"(\S+) %", text):
        assert re.fullmatch(r"[\d,]+", share), text


@given(
    kind=st.sampled_from(["tutor", "student"]),
    output=st.sampled_from([*OUTPUTS, *BESIDE_OUTPUTS]),
    now=st.floats(0, 1),
    before=st.none() | st.floats(0, 1),
    days=st.integers(1, 400),
    by_model=st.none() | st.floats(-0.5, 0.5),
    places=st.lists(st.tuples(st.integers(0, 200), st.floats(0, 1), st.integers(0, 4000)), max_size=3),
)
@settings(max_examples=1500, deadline=None)
def test_a_sentence_of_any_facts_is_one_plain_sentence(
    kind: EntityType,
    output: str,
    now: float,
    before: float | None,
    days: int,
    by_model: float | None,
    places: list[tuple[int, float, int]],
) -> None:
    names = FEATURES[kind]
    reasons = [
        (name, value_of(name, draw, whole))
        for name, draw, whole in ((names[place % len(names)], draw, whole) for place, draw, whole in places)
    ]
    earlier = None if before is None else Earlier(value_of(output, before, 0), days)
    check(sentence(output, value_of(output, now, 0), kind, earlier, reasons, by_model))


@pytest.mark.parametrize("name", sorted({*FEATURES["tutor"], *FEATURES["student"]}))
def test_every_fact_reads_well_at_its_edges(name: str) -> None:
    """Nothing, one, just under a half, much, and unknown."""
    kind: EntityType = "tutor" if name in FEATURES["tutor"] else "student"
    for value in (0.0, -0.0, 1.0, 0.004, 0.49, 1e5, float("nan")):
        if UNITS[name] in ("share", "0 to 1", "0 or 1") and value > 1:
            continue
        check(sentence("churn_risk_14d", 0.5, kind, reasons=[(name, value)]))
    if name in SIGNED:
        for value in (-0.001, -1.0, -0.3):
            told = PHRASES[name].told(value)
            assert "-" not in told, told


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("sessions_ahead", 0, "no session agreed for later"),
        ("late_cancellations_30d", 0, "no late cancellation in 30 days"),
        ("payment_method_count", 0, "no way of paying"),
        ("session_trend_7d_14d", 0, "as many sessions as in the week before"),
        ("rating_trend", -0.04, "ratings neither rising nor falling"),
        ("earnings_trend", 0.001, "earnings as in the month before"),
        ("season_sine", 0.3, "the time of the year"),
        ("sessions_ahead", np.nan, "sessions agreed for later unknown"),
        ("days_since_last_session", np.nan, "last session unknown"),
        ("days_since_last_session", 0.2, "last session less than a day ago"),
    ],
)
def test_nothing_and_unknown_are_told_in_words(name: str, value: float, told: str) -> None:
    assert PHRASES[name].told(value) == told


def test_a_change_of_the_model_is_told_apart_and_only_if_it_shows() -> None:
    facts = [("utilization_rate", 0.97)]
    told = sentence("churn_risk_14d", 0.62, "tutor", Earlier(0.35, 7), facts, 0.05)
    assert (
        told
        == "Burnout risk 62 % (was 35 % a week ago): utilization 97 %; a change of the model adds 5 points"
    )
    assert (
        sentence("health_score", 50, "tutor", by_model=-1.2)
        == "Health 50; a change of the model takes off 1 point"
    )
    assert sentence("session_velocity", 2, "tutor", by_model=0.3).endswith("adds 0.3 a week")
    assert sentence("churn_risk_14d", 0.62, "tutor", by_model=0.004) == "Burnout risk 62 %"


def test_reasons_that_read_the_same_are_told_once() -> None:
    both = [("season_sine", 0.1), ("season_cosine", 0.4)]
    assert sentence("churn_risk_14d", 0.5, "student", reasons=both) == "Churn risk 50 %: the time of the year"
