"""Runs verbs as the shell does, on a home whose model and features are made up."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.service.world import NOW_US, One, World, opened
from tutorpulse.cli import console, main
from tutorpulse.service.refresh import refresh

Run = Callable[..., int]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Call with a verb's arguments: its exit code. The terminal is 80 columns wide."""
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("out", "err"):
        monkeypatch.setattr(console, name, console.Console(stderr=name == "err", highlight=False))

    def call(*arguments: object) -> int:
        monkeypatch.setattr("sys.argv", ["tutorpulse", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0)

    return call


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """A small marketplace that the verbs of this test see in place of a trained model."""
    made = World(
        tutors={
            "ann": One({"sessions_completed_30d": 9, "available_hours_this_week": 10}, {"health_score": 90}),
            "bob": One({"utilization_rate": 0.97}, {"churn_risk_14d": 0.62}),
            "both": One(),
            "gone": One(days_ago={"departed_us": 3, "last_activity_us": 4}),
        },
        students={"stu": One(outputs={"churn_risk_14d": 0.8}), "both": One()},
    )
    for opener in ("refresh.open_scorer", "show.reading_scorer", "today.reading_scorer"):
        monkeypatch.setattr(f"tutorpulse.cli.{opener}", lambda _pulse: made.scorer())
    return made


@pytest.fixture
def home(tmp_path: Path, world: World) -> Path:
    """A home that was refreshed once, with two sessions, bob's dearer than ann's."""
    path = tmp_path / "home"
    with opened(
        path, NOW_US, *(session(i, tutor, price) for i, (tutor, price) in enumerate(_SESSIONS))
    ) as pulse:
        refresh(pulse, world.scorer())
    return path


_SESSIONS = [("ann", 30.0), ("bob", 90.0)]


def session(number: int, tutor: str, price: float) -> dict[str, object]:
    """A completed session of `stu` a day before now."""
    return {
        "event_id": f"session-{number}",
        "event_type": "session_completed",
        "timestamp": "2024-10-03T00:00:00Z",
        "payload": {
            "session_id": f"s{number}",
            "student_id": "stu",
            "tutor_id": tutor,
            "subject": "maths",
            "price": price,
        },
    }
