"""Which model serves: promoted, taken back, on record."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.model.made import HASH, artifact_of
from tutorpulse.clock import DAY_US, FixedClock
from tutorpulse.errors import ArtifactError, HistoryError, UnknownEntityError
from tutorpulse.model import registry
from tutorpulse.model.artifact import Artifact, save, versioned
from tutorpulse.service.lifecycle import promoting
from tutorpulse.service.lifecycle.promoting import current_version, promote, rollback
from tutorpulse.service.root import Pulse, open_pulse

FIRST = artifact_of()


def another(day: str) -> Artifact:
    return Artifact(versioned(msgspec.structs.replace(FIRST.manifest, data_to=day)), FIRST.heads)


SECOND = another("2027-01-01T00:00:00Z")


@pytest.fixture
def pulse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pulse]:
    monkeypatch.setattr(promoting, "feature_set_hash", lambda: HASH)
    with open_pulse(tmp_path / "home", create=True, clock=FixedClock(9 * DAY_US)) as opened:
        for artifact in (FIRST, SECOND):
            save(artifact, opened.home.models_path)
        yield opened


def test_what_is_promoted_serves_and_what_is_rolled_back_served_before(pulse: Pulse) -> None:
    assert promote(pulse, FIRST.version, "ann") is None
    assert promote(pulse, SECOND.version, "bob", "newer") == FIRST.version
    assert current_version(pulse) == SECOND.version
    assert rollback(pulse, "ann", "worse") == FIRST.version
    assert current_version(pulse) == FIRST.version
    turns = pulse.state.models.all()
    assert [(t.action, t.version, t.previous, t.actor, t.reason) for t in turns] == [
        ("rolled back", FIRST.version, SECOND.version, "ann", "worse"),
        ("promoted", SECOND.version, FIRST.version, "bob", "newer"),
        ("promoted", FIRST.version, None, "ann", ""),
    ]


def test_the_first_model_rolled_back_leaves_the_starter(pulse: Pulse) -> None:
    promote(pulse, FIRST.version, "ann")
    assert rollback(pulse, "ann") is None
    assert current_version(pulse) is None


def test_the_starter_can_be_promoted(pulse: Pulse) -> None:
    promote(pulse, FIRST.version, "ann")
    assert promote(pulse, "starter", "ann") == FIRST.version
    assert current_version(pulse) is None
    assert rollback(pulse, "ann") == FIRST.version


def test_promoting_what_serves_is_no_turn(pulse: Pulse) -> None:
    promote(pulse, FIRST.version, "ann")
    promote(pulse, FIRST.version, "ann")
    assert len(pulse.state.models.all()) == 1


def test_without_a_record_there_is_nothing_to_go_back_to(pulse: Pulse) -> None:
    registry.activate(FIRST.version, pulse.home.models_path)
    with pytest.raises(HistoryError, match=f"no record of what served before {FIRST.version}"):
        rollback(pulse, "ann")
    assert current_version(pulse) == FIRST.version


def test_a_second_rollback_does_not_swing_back(pulse: Pulse) -> None:
    promote(pulse, FIRST.version, "ann")
    promote(pulse, SECOND.version, "ann")
    rollback(pulse, "ann")
    with pytest.raises(HistoryError, match="no record of what served before"):
        rollback(pulse, "ann")


def test_an_unknown_or_damaged_version_is_refused_and_nothing_changes(pulse: Pulse) -> None:
    promote(pulse, FIRST.version, "ann")
    with pytest.raises(UnknownEntityError, match=r"There is no model 'nope' here\. Give one of: starter, "):
        promote(pulse, "nope", "ann")
    next((pulse.home.models_path / SECOND.version).glob("*.txt")).write_text("no trees")
    with pytest.raises(ArtifactError, match="is damaged"):
        promote(pulse, SECOND.version, "ann")
    assert current_version(pulse) == FIRST.version
    assert len(pulse.state.models.all()) == 1
