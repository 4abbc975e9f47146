import math
from pathlib import Path

import msgspec
import pytest

from tests.service.test_stake import session
from tests.service.world import CATALOG, NOW_US, One, World, opened
from tutorpulse.clock import DAY_US
from tutorpulse.decisions.sentences import Earlier
from tutorpulse.errors import HistoryError
from tutorpulse.events.codec import Arrival, decode_lines
from tutorpulse.model.explain import Driver, Explanation
from tutorpulse.service.refresh import refresh
from tutorpulse.service.today import needs_someone, reason


def explanation(*drivers: tuple[str, float, float], note: str = "") -> Explanation:
    made = tuple(Driver(*driver) for driver in drivers)
    return Explanation("churn_risk_14d", "percentage points", 62.0, 30.0, made, 0.0, note)


def told(given: Explanation, earlier: Earlier | None = None) -> str:
    return reason("tutor", 0.62, earlier, given, CATALOG["tutor"])


def test_the_reason_names_what_raises_the_risk() -> None:
    given = explanation(
        ("utilization_rate", 0.97, 9.0), ("avg_rating", 4.9, -5.0), ("rating_trend", -0.4, 3.0)
    )
    assert told(given, Earlier(0.35, 7)) == (
        "Burnout risk 62 % (was 35 % a week ago): utilization 97 %, ratings falling 0.4 stars a week"
    )


def test_one_fact_a_group_and_none_that_is_missing() -> None:
    given = explanation(
        ("avg_rating", math.nan, 9.0), ("sessions_taught_7d", 0, 8.0), ("sessions_taught_30d", 2, 7.0)
    )
    assert told(given) == "Burnout risk 62 %: no session taught in 7 days"


def test_the_last_session_and_the_last_activity_are_one_reason() -> None:
    given = explanation(("days_since_last_session", 38, 9.0), ("days_since_last_activity", 38, 8.0))
    assert told(given) == "Burnout risk 62 %: last session 38 days ago"


def test_the_season_is_no_reason_to_see_somebody() -> None:
    given = explanation(("season_sine", 0.5, 9.0), ("days_since_last_activity", 12, 4.0))
    assert told(given) == "Burnout risk 62 %: last active 12 days ago"


def test_without_drivers_the_reason_says_why() -> None:
    assert told(explanation(note="too little history")) == "Burnout risk 62 % (too little history)"


def test_those_who_are_no_longer_scored_need_nobody(tmp_path: Path) -> None:
    world = World(
        tutors={"t": One(outputs={"churn_risk_14d": 0.5})}, students={"u": One(days_ago={"departed_us": 0})}
    )
    with opened(tmp_path, NOW_US, session(1, 1)) as pulse:
        refresh(pulse, world.scorer())
        assert [need.entity_id for need in needs_someone(pulse, world.scorer())] == ["t"]


def test_the_risk_of_a_week_ago_is_told(tmp_path: Path) -> None:
    world = World(tutors={"t": One(outputs={"churn_risk_14d": 0.35})})
    with opened(tmp_path, NOW_US, session(1, 1)) as pulse:
        refresh(pulse, world.scorer(("tutor",)))
    late = session(2, -7)
    world.tutors["t"] = One(outputs={"churn_risk_14d": 0.62})
    with opened(tmp_path, NOW_US + 7 * DAY_US) as pulse:
        pulse.store.append(
            decode_lines(msgspec.json.encode(late), Arrival(now_us=pulse.clock.now_us(), source="test"))
        )
        refresh(pulse, world.scorer(("tutor",)))
        [need] = needs_someone(pulse, world.scorer(("tutor",)))
    assert need.reason.startswith("Burnout risk 62 % (was 35 % a week ago)")


def test_before_the_first_refresh_there_is_nothing_to_say(tmp_path: Path) -> None:
    with (
        opened(tmp_path) as pulse,
        pytest.raises(HistoryError, match=r"Nothing was predicted yet\. Run `tutorpulse refresh` first"),
    ):
        needs_someone(pulse, World().scorer())
