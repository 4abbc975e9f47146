"""Insights about subjects: on change only, in plain words."""

import json
from pathlib import Path

import pytest

from tests.service.world import NOW_US, World, opened
from tutorpulse.clock import DAY_US, format_time
from tutorpulse.events.codec import Arrival, decode_lines
from tutorpulse.service.refresh import refresh
from tutorpulse.service.root import Pulse
from tutorpulse.store.state import InsightRow


def ask(pulse: Pulse, name: str, subject: str, days_ago: float, served: bool) -> None:
    asked = {"request_id": name, "student_id": "plain", "subject": subject}
    at = format_time(NOW_US - round(days_ago * DAY_US))
    events = [("booking_requested", asked)]
    if served:
        events.append(("booking_responded", {"request_id": name, "tutor_id": "t", "accepted": True}))
    lines = [
        {"event_id": f"{kind} {name}", "event_type": kind, "timestamp": at, "payload": payload}
        for kind, payload in events
    ]
    body = "\n".join(json.dumps(line) for line in lines).encode()
    pulse.store.append(decode_lines(body, Arrival(now_us=NOW_US, source="test", replayed=True)))


def told(pulse: Pulse) -> list[InsightRow]:
    ask(pulse, "now", "chess", 0, served=True)
    refresh(pulse, World().scorer())
    rows = pulse.state.insights.of_entity("subject", "maths", 10)
    return [row for row in rows if row.prediction_type == "marketplace_balance"]


def test_a_subject_short_of_tutors_is_told_once_and_again_when_it_moves(tmp_path: Path) -> None:
    with opened(tmp_path, NOW_US) as pulse:
        for n in range(10):
            ask(pulse, f"r{n}", "maths", 10, served=n >= 4)
        (first,) = told(pulse)
        assert (first.risk_score, first.model_used, first.confidence) == (pytest.approx(40), "counted", "low")
        assert first.explanation == "40 % of 10 requests of 28 days found no tutor within 3 days"
        assert json.loads(first.recommendations)[0].startswith("Recruit tutors of the subject")
        assert len(told(pulse)) == 1
        for n in range(10, 13):
            ask(pulse, f"r{n}", "maths", 9, served=False)
        (moved,) = told(pulse)
        assert moved.explanation.startswith("54 % of 13 requests")


def test_a_subject_that_is_served_is_not_told(tmp_path: Path) -> None:
    with opened(tmp_path, NOW_US) as pulse:
        for n in range(10):
            ask(pulse, f"r{n}", "maths", 10, served=True)
        assert told(pulse) == []
