from pathlib import Path

import numpy as np
import pytest

from tests.service.world import NOW_US, opened
from tutorpulse.clock import DAY_US, format_time
from tutorpulse.service.stake import Stakes, stakes


def session(number: int, days_ago: float, tutor: str = "t", **payload: object) -> dict[str, object]:
    return {
        "event_id": f"s{number}",
        "event_type": "session_completed",
        "timestamp": format_time(NOW_US - int(days_ago * DAY_US)),
        "payload": {"session_id": f"s{number}", "student_id": "u", "tutor_id": tutor, "subject": "x"}
        | payload,
    }


def at_stake(home: Path, *events: dict[str, object]) -> Stakes:
    with opened(home, NOW_US, *events) as pulse:
        return stakes(pulse.store, "tutor", NOW_US, NOW_US)


def test_margin_is_price_minus_earnings_where_known_else_the_price(tmp_path: Path) -> None:
    found = at_stake(tmp_path, session(1, 1, price=60, tutor_earnings=45), session(2, 2, price=30))
    assert found == Stakes("margin", {"t": pytest.approx(15)})


def test_without_earnings_it_is_the_price(tmp_path: Path) -> None:
    assert at_stake(tmp_path, session(1, 1, price=60), session(2, 2)) == Stakes(
        "price", {"t": pytest.approx(20)}
    )


def test_without_prices_it_is_the_sessions(tmp_path: Path) -> None:
    found = at_stake(tmp_path, *(session(i, i) for i in range(6)))
    assert found == Stakes("sessions", {"t": pytest.approx(2)})


def test_only_completed_sessions_of_the_last_90_days_count(tmp_path: Path) -> None:
    found = at_stake(
        tmp_path,
        session(1, 89.9),
        session(2, 90),
        session(3, 1, was_cancelled=True),
        session(4, 1, no_show=True),
        session(5, 100, tutor="old"),
    )
    assert found == Stakes("sessions", {"t": pytest.approx(1 / 3)})
    assert found.of(np.array(["t", "old", "nobody"], dtype=object)).tolist() == pytest.approx([1 / 3, 0, 0])
