"""The starter model in the package, and what a starter model is."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from tests.model.made import HASH, artifact_of, frame_of
from tutorpulse.errors import ArtifactError
from tutorpulse.features.compile import CATALOGS, feature_set_hash
from tutorpulse.features.frame import ENTITY_TYPES, FEATURE_COUNT, EntityType, FeatureFrame
from tutorpulse.model.artifact import MANIFEST_FILE, Artifact, load, write
from tutorpulse.model.predictor import OUTPUT_FIELDS, LocalPredictor
from tutorpulse.model.registry import STARTER_FOLDER, as_starter, is_starter, starter

MAX_BYTES = 2_000_000

PACKED = as_starter(artifact_of())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(PACKED, tmp_path)
    return tmp_path


def test_a_starter_says_so_in_its_version() -> None:
    assert is_starter(PACKED.version)
    assert not is_starter(artifact_of().version)
    assert as_starter(artifact_of()).version == PACKED.version


def test_compressed_trees_predict_what_the_plain_ones_do(folder: Path) -> None:
    frame = frame_of(60)
    again = LocalPredictor(load(folder, HASH)).predict(frame)
    plain = LocalPredictor(artifact_of()).predict(frame)
    for name in OUTPUT_FIELDS:
        np.testing.assert_array_equal(getattr(again, name), getattr(plain, name))


def test_the_same_starter_is_written_in_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    write(PACKED, tmp_path / "again")
    for part in (tmp_path / "again").iterdir():
        assert part.read_bytes() == (folder / part.name).read_bytes()


@pytest.mark.parametrize("content", [b"", b"tree", b"\x28\xb5\x2f\xfd\x00"])
def test_damaged_compression_is_refused(folder: Path, content: bytes) -> None:
    (folder / "tutor-health.txt.zst").write_bytes(content)
    with pytest.raises(ArtifactError, match=r"cannot be read: tutor-health.txt.zst"):
        load(folder, HASH)


def test_a_starter_of_other_features_is_none(folder: Path) -> None:
    assert starter("other", folder) is None
    assert starter(HASH, folder) is not None


def test_a_missing_starter_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=f"cannot be read: {MANIFEST_FILE}"):
        starter(HASH, tmp_path)


# The one in the package


@pytest.fixture(scope="module")
def packaged() -> Artifact:
    found = starter(feature_set_hash())
    assert found is not None, "the features changed: run `make starter`"
    return found


def test_the_packaged_starter_is_small() -> None:
    assert sum(path.stat().st_size for path in STARTER_FOLDER.iterdir()) <= MAX_BYTES


def test_the_packaged_starter_knows_both_kinds_and_every_output(packaged: Artifact) -> None:
    assert set(packaged.manifest.kinds) == set(ENTITY_TYPES)
    for kind, part in packaged.manifest.kinds.items():
        assert part.absent == {}
        assert part.exit_gap.days == 30
        assert part.feature_names == [feature.name for feature in CATALOGS[kind].shown()]


def test_the_packaged_starter_beats_recency_on_held_out_time(packaged: Artifact) -> None:
    for part in packaged.manifest.kinds.values():
        for output in ("churn_risk_14d", "churn_risk_30d"):
            figure = part.metrics[output]
            assert figure.auc is not None
            assert figure.recency_auc is not None
            assert figure.auc > figure.recency_auc + 0.03


@pytest.mark.parametrize("kind", ENTITY_TYPES)
def test_the_packaged_starter_predicts_for_whom_nothing_is_known(
    packaged: Artifact, kind: EntityType
) -> None:
    predicted = LocalPredictor(packaged).predict(_empty_frame(kind, 3))
    for name in ("churn_risk_14d", "churn_risk_30d", "first_session_success"):
        risk = getattr(predicted, name)
        assert ((risk > 0) & (risk < 1)).all()
    assert (predicted.churn_risk_14d <= predicted.churn_risk_30d).all()
    assert is_starter(predicted.model_version)


def _empty_frame(kind: EntityType, n: int) -> FeatureFrame:
    """Entities of whom nothing is known but that a session reached its start."""
    context = len(CATALOGS[kind].shown()) - FEATURE_COUNT
    missing = np.full(n, np.nan)
    facts = dict.fromkeys(("registered_us", "first_activity_us", "first_session_us"), missing)
    return FeatureFrame(
        kind,
        0,
        0,
        np.array([f"e{i}" for i in range(n)], dtype=object),
        np.full((n, FEATURE_COUNT), np.nan, np.float32),
        np.full((n, context), np.nan, np.float32),
        {**facts, "reached_total": np.ones(n), "completed_total": np.ones(n)},
    )


def test_a_manifest_of_a_starter_can_be_read_as_any_other(folder: Path) -> None:
    manifest = msgspec.json.decode((folder / MANIFEST_FILE).read_bytes())
    assert all(head["file"].endswith(".txt.zst") for head in manifest["kinds"]["tutor"]["heads"])
