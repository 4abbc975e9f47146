"""Artifacts on disk, and what is refused."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from tests.model.made import HASH, artifact_of, matrix_of
from tutorpulse.errors import ArtifactError
from tutorpulse.model.artifact import MANIFEST_FILE, Artifact, load, save, versioned

ARTIFACT = artifact_of()


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    return save(ARTIFACT, tmp_path)


def test_a_saved_model_predicts_what_it_did(saved: Path) -> None:
    again, rows = load(saved, HASH), matrix_of(50, 9)
    assert again.manifest == ARTIFACT.manifest
    for name, head in ARTIFACT.heads["tutor"].items():
        np.testing.assert_array_equal(head.margins(rows), again.heads["tutor"][name].margins(rows))


def test_an_artifact_is_text_only(saved: Path) -> None:
    assert {path.suffix for path in saved.iterdir()} == {".txt", ".json"}
    for path in saved.iterdir():
        path.read_bytes().decode()


def test_other_features_are_refused(saved: Path) -> None:
    with pytest.raises(
        ArtifactError, match=r"made for other features .*this version computes ffff.*tutorpulse train"
    ):
        load(saved, "ffff")


def test_damaged_trees_are_refused(saved: Path) -> None:
    part = saved / "tutor-health.txt"
    part.write_text(part.read_text().replace("0.9", "0.8"))
    with pytest.raises(
        ArtifactError, match=r"tutor-health.txt .* is damaged: its checksum.*tutorpulse train"
    ):
        load(saved, HASH)


def test_missing_trees_are_refused(saved: Path) -> None:
    (saved / "tutor-health.txt").unlink()
    with pytest.raises(ArtifactError, match=r"cannot be read: tutor-health.txt.*tutorpulse train"):
        load(saved, HASH)


@pytest.mark.parametrize("text", ["", "{", '{"format": 1}', '{"format": "x"}'])
def test_a_damaged_manifest_is_refused(saved: Path, text: str) -> None:
    (saved / MANIFEST_FILE).write_text(text)
    with pytest.raises(ArtifactError, match=r"manifest of model .* is damaged: .*tutorpulse train"):
        load(saved, HASH)


def test_a_manifest_that_is_no_text_is_refused(saved: Path) -> None:
    (saved / MANIFEST_FILE).write_bytes(b"\xff\xfe")
    with pytest.raises(ArtifactError, match="cannot be read"):
        load(saved, HASH)


def test_a_newer_format_is_refused(saved: Path) -> None:
    manifest = msgspec.json.decode((saved / MANIFEST_FILE).read_bytes())
    (saved / MANIFEST_FILE).write_bytes(msgspec.json.encode(manifest | {"format": 3, "new": True}))
    with pytest.raises(ArtifactError, match=r"has format 3, this version reads 2. Install a newer"):
        load(saved, HASH)


def test_a_missing_artifact_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"The model gone cannot be read"):
        load(tmp_path / "gone", HASH)


def test_the_version_depends_on_the_model_and_not_on_the_hour_of_its_making() -> None:
    manifest = ARTIFACT.manifest
    later = versioned(msgspec.structs.replace(manifest, created="1999-01-01T00:00:00Z"))
    other = versioned(msgspec.structs.replace(manifest, seed=8))
    assert later.version == manifest.version
    assert other.version != manifest.version
    assert manifest.version.startswith("1971-02-05-")


def test_saving_twice_changes_nothing(saved: Path) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in saved.iterdir()}
    save(Artifact(ARTIFACT.manifest, ARTIFACT.heads), saved.parent)
    assert before == {path.name: path.stat().st_mtime_ns for path in saved.iterdir()}
    assert [path.name for path in saved.parent.iterdir()] == [ARTIFACT.version]
