"""The starter at the level of a marketplace."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from tests.model.made import HASH, artifact_of, frame_of, matrix_of
from tutorpulse.model import registry
from tutorpulse.model.artifact import Artifact, write
from tutorpulse.model.levels import applied, levelled
from tutorpulse.model.manifest import HeadLevel, Levels
from tutorpulse.model.predictor import LocalPredictor

STARTER = registry.as_starter(artifact_of())
PART = STARTER.manifest.kinds["tutor"]
LEVEL = HeadLevel(shift=0.4, tilt=-0.1, centre=0.3, rows=900, dates=7, shift_error=0.1)
LEVELS = Levels("2026-03-01T00:00:00Z", {"already_gone": LEVEL}, PART.cohorts, PART.averages)


def test_a_margin_moves_by_shift_and_by_tilt_around_the_centre() -> None:
    head, rows = STARTER.heads["tutor"]["already_gone"], matrix_of(50)
    margin = head.margins(rows)
    assert np.allclose(applied(head, LEVEL).margins(rows), margin + 0.4 - 0.1 * (margin - 0.3))
    assert applied(head, None) is head


def test_only_levelled_heads_predict_otherwise() -> None:
    before, after = (
        LocalPredictor(a).predict(frame_of(30)) for a in (STARTER, levelled(STARTER, {"tutor": LEVELS}))
    )
    own = ~before.from_cohort
    assert (after.already_gone[own] != before.already_gone[own]).all()
    assert (after.session_velocity == before.session_velocity).all()


def test_its_version_names_the_starter_and_what_it_stands_on() -> None:
    made = levelled(STARTER, {"tutor": LEVELS})
    assert made.version.startswith(STARTER.version + "-")
    assert registry.is_starter(made.version)
    assert made.version == levelled(STARTER, {"tutor": LEVELS}).version
    other = msgspec.structs.replace(LEVELS, known="2026-04-01T00:00:00Z")
    assert made.version != levelled(STARTER, {"tutor": other}).version
    assert LEVELS.outcomes == 900


def test_without_levels_of_its_kinds_it_stays_itself() -> None:
    assert levelled(STARTER, {}) is STARTER
    assert levelled(STARTER, {"student": LEVELS}) is STARTER


@pytest.fixture
def packaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "package"
    folder.mkdir()
    write(STARTER, folder)
    plain = registry.starter
    monkeypatch.setattr(registry, "starter", lambda set_hash: plain(set_hash, folder))
    return tmp_path / "models"


def test_a_home_is_served_by_the_starter_as_it_was_levelled_there(packaged: Path) -> None:
    assert _served(packaged).version == STARTER.version
    made = levelled(STARTER, {"tutor": LEVELS})
    registry.publish_starter(made, packaged)
    served = _served(packaged)
    assert served.version == made.version
    assert served.manifest.kinds["tutor"].levels == LEVELS
    frame = frame_of(20)
    expected, found = (LocalPredictor(a).predict(frame).churn_risk_30d for a in (made, served))
    assert np.array_equal(expected, found)
    assert registry.in_force(packaged) == (None, made.version)


def test_levels_of_another_starter_count_no_more(packaged: Path) -> None:
    other = Artifact(msgspec.structs.replace(STARTER.manifest, version="starter-00000000"), STARTER.heads)
    registry.publish_starter(levelled(other, {"tutor": LEVELS}), packaged)
    assert _served(packaged).version == STARTER.version


def _served(models: Path) -> Artifact:
    found = registry.home_starter(models, HASH)
    assert found is not None
    return found
