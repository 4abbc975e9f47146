"""Which model is in force."""

from pathlib import Path

import msgspec
import pytest

from tests.model.made import HASH, artifact_of
from tutorpulse.errors import ModelError
from tutorpulse.model import registry
from tutorpulse.model.artifact import Artifact, save, versioned

ARTIFACT = artifact_of()


def test_the_published_model_is_in_force(tmp_path: Path) -> None:
    registry.publish(ARTIFACT, tmp_path)
    assert registry.current_version(tmp_path) == ARTIFACT.version
    assert registry.current(tmp_path, HASH).manifest == ARTIFACT.manifest


def test_an_older_version_can_be_put_in_force_again(tmp_path: Path) -> None:
    other = Artifact(versioned(msgspec.structs.replace(ARTIFACT.manifest, seed=99)), ARTIFACT.heads)
    registry.publish(ARTIFACT, tmp_path)
    registry.publish(other, tmp_path)
    assert registry.current_version(tmp_path) == other.version
    registry.activate(ARTIFACT.version, tmp_path)
    assert registry.current_version(tmp_path) == ARTIFACT.version
    assert registry.versions(tmp_path) == sorted([ARTIFACT.version, other.version])


def test_an_unknown_version_is_refused_and_the_old_one_stays(tmp_path: Path) -> None:
    registry.publish(ARTIFACT, tmp_path)
    with pytest.raises(ModelError, match=rf"no model 'x' here \(known: {ARTIFACT.version}\)"):
        registry.activate("x", tmp_path)
    assert registry.current_version(tmp_path) == ARTIFACT.version


def test_without_a_model_the_error_says_to_train(tmp_path: Path) -> None:
    assert registry.current_version(tmp_path) is None
    with pytest.raises(ModelError, match=r"no model yet. Run `tutorpulse train` first"):
        registry.current(tmp_path / "none", HASH)


def test_a_half_written_folder_is_no_version(tmp_path: Path) -> None:
    folder = save(ARTIFACT, tmp_path)
    folder.rename(tmp_path / f".{folder.name}.123")
    assert registry.versions(tmp_path) == []
