"""A model in shadow: what it says is kept, matures, is judged, and shows nowhere."""

import sqlite3
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import pytest

from tests.model.made import HASH, artifact_of
from tests.service.world import NOW_US, One, World, opened
from tutorpulse.clock import DAY_US
from tutorpulse.model import registry
from tutorpulse.model.artifact import save
from tutorpulse.model.levels import levelled
from tutorpulse.model.manifest import HeadLevel, Levels
from tutorpulse.service import shadowing
from tutorpulse.service.live.models import Models
from tutorpulse.service.refresh import refresh
from tutorpulse.service.root import Pulse
from tutorpulse.service.shadowing import open_shadow
from tutorpulse.service.worklist.record import record

SHADOW_TABLES = ("shadow_predictions", "shadow_outcomes", "shadow_marks", "shadow_record")
PEOPLE = World(
    tutors={
        "calm": One(outputs={"churn_risk_14d": 0.1, "health_score": 90}),
        "gone": One(days_ago={"departed_us": 3, "last_activity_us": 4}),
    },
    students={"stu": One()},
)


def doomsayer() -> World:
    """Says of everybody that they leave."""
    made = deepcopy(PEOPLE)
    made.version = "shadow-1"
    for kind in (made.tutors, made.students):
        for one in kind.values():
            one.outputs = {"churn_risk_14d": 0.95, "churn_risk_30d": 0.97, "health_score": 3.0}
    return made


def shown(home: Path) -> list[str]:
    """The state but for what is kept of the shadow."""
    lines = sqlite3.connect(home / "state.sqlite").iterdump()
    return [line for line in lines if not any(table in line for table in SHADOW_TABLES)]


def refreshed(home: Path, shadow: World | None, days: float = 0) -> None:
    with opened(home, NOW_US + int(days * DAY_US)) as pulse:
        refresh(pulse, replace(PEOPLE.scorer(), shadow=shadow))


def test_what_the_shadow_says_is_kept_and_changes_nothing_that_is_shown(tmp_path: Path) -> None:
    refreshed(tmp_path / "with", doomsayer())
    refreshed(tmp_path / "without", None)
    assert shown(tmp_path / "with") == shown(tmp_path / "without")
    with opened(tmp_path / "with") as pulse:
        said = pulse.state.shadow.between("tutor", "shadow-1", 0, 2**62).predictions
        assert said.entity_ids.tolist() == ["calm"]
        assert said.columns["churn_risk_14d"].tolist() == [0.95]
        assert said.columns["segment"].tolist() == [None]
        assert pulse.state.track.versions("tutor") == ["m1"]
        assert pulse.state.shadow.spans_of("tutor", "calm") == [("shadow-1", 1, NOW_US, NOW_US)]
        [span] = record(pulse, PEOPLE.scorer(), "calm").shadow
        assert (span.model_version, span.count) == ("shadow-1", 1)
        assert pulse.state.predictions.get("tutor", "calm").columns["churn_risk_14d"].tolist() == [0.1]


def test_the_shadow_scores_only_what_goes_on_record(tmp_path: Path) -> None:
    asked: list[int] = []

    class Counting(World):
        def predict(self, frame):  # type: ignore[no-untyped-def]
            asked.append(len(frame))
            return super().predict(frame)

    shadow = Counting(**doomsayer().__dict__)
    home = tmp_path / "home"
    for days in (0, 0.1, 0.2, 1.0):
        refreshed(home, shadow, days)
    assert asked == [1, 1, 1, 1]
    with opened(home) as pulse:
        assert len(pulse.state.shadow.between("tutor", "shadow-1", 0, 2**62).predictions) == 2


def test_a_shadow_that_cannot_predict_disturbs_nobody(tmp_path: Path) -> None:
    silent = doomsayer()
    silent.reachable = False
    refreshed(tmp_path / "with", silent)
    refreshed(tmp_path / "without", None)
    assert shown(tmp_path / "with") == shown(tmp_path / "without")


def test_an_erased_entity_is_gone_from_the_shadow_too(tmp_path: Path) -> None:
    refreshed(tmp_path, doomsayer())
    with opened(tmp_path) as pulse:
        pulse.state.erase("tutor", "calm")
        assert len(pulse.state.shadow.between("tutor", "shadow-1", 0, 2**62).predictions) == 0


@pytest.fixture
def pulse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pulse]:
    monkeypatch.setattr(shadowing, "feature_set_hash", lambda: HASH)
    with opened(tmp_path / "home") as made:
        save(artifact_of(), made.home.models_path)
        yield made


def test_a_saved_model_is_opened_and_a_damaged_or_missing_one_is_left_out(pulse: Pulse) -> None:
    models, version = pulse.home.models_path, artifact_of().version
    assert open_shadow(pulse) is None
    registry.cast_shadow(version, models)
    shadow = open_shadow(pulse)
    assert shadow is not None
    assert shadow.version == version
    registry.cast_shadow("nowhere", models)
    assert open_shadow(pulse) is None
    registry.lift_shadow(models)
    assert registry.shadow_version(models) is None


def test_a_starter_that_was_levelled_here_is_the_one_in_shadow(pulse: Pulse) -> None:
    plain = registry.as_starter(artifact_of())
    part = plain.manifest.kinds["tutor"]
    level = HeadLevel(shift=0.4, tilt=-0.1, centre=0.3, rows=900, dates=7, shift_error=0.1)
    levels = Levels("2026-03-01T00:00:00Z", {"already_gone": level}, part.cohorts, part.averages)
    made = levelled(plain, {"tutor": levels})
    registry.publish_starter(made, pulse.home.models_path)
    registry.cast_shadow(made.version, pulse.home.models_path)
    shadow = open_shadow(pulse)
    assert shadow is not None
    assert shadow.version == made.version


def test_a_service_follows_the_pointer_to_the_shadow(pulse: Pulse) -> None:
    followed = Models(pulse)
    before = followed.in_force().scorer
    assert before is not None
    assert before.shadow is None
    assert followed.in_force().scorer is before
    registry.cast_shadow(artifact_of().version, pulse.home.models_path)
    after = followed.in_force().scorer
    assert after is not None
    assert after.shadow is not None
    registry.lift_shadow(pulse.home.models_path)
    lifted = followed.in_force().scorer
    assert lifted is not None
    assert lifted.shadow is None
