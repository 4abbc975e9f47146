"""The ONNX graph says what the model says, as another runtime computes it."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray

from tests.model.made import CONTEXT, NAMES, artifact_of, heads_of, matrix_of
from tutorpulse.errors import ModelError
from tutorpulse.features.frame import ENTITY_TYPES, FEATURE_COUNT, EntityType
from tutorpulse.model.artifact import Artifact, load, read_manifest
from tutorpulse.model.heads import Head, fit_head
from tutorpulse.model.onnx_graph import onnx_model
from tutorpulse.model.predictor import head_outputs
from tutorpulse.model.registry import STARTER_FOLDER
from tutorpulse.model.tree_table import tree_table

Rows = NDArray[np.float32]
ROWS = 5_000
ARTIFACT = artifact_of()


def starter() -> Artifact:
    return load(STARTER_FOLDER, read_manifest(STARTER_FOLDER).feature_set_hash)


def answers(artifact: Artifact, kind: EntityType, rows: Rows) -> dict[str, NDArray[np.float64]]:
    """Every output of the graph, run by ONNX Runtime."""
    model = onnx_model(artifact, kind)
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    found = session.run(None, {"features": rows[:, :FEATURE_COUNT], "context": rows[:, FEATURE_COUNT:]})
    return {o.name: value[:, 0] for o, value in zip(session.get_outputs(), found, strict=True)}


def check_equal(artifact: Artifact, kind: EntityType, rows: Rows) -> None:
    part = artifact.manifest.kinds[kind]
    expected = head_outputs(artifact.heads[kind], part.churn_label, rows)
    found = answers(artifact, kind, rows)
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        assert found[name].dtype == np.float64
        np.testing.assert_allclose(found[name], values, rtol=0, atol=1e-6, err_msg=name)


def boundary_rows(heads: Mapping[str, Head], width: int, count: int, seed: int) -> Rows:
    """Values from the thresholds of the trees themselves, the floats beside them, missing and extreme ones."""
    rng = np.random.default_rng(seed)
    rows = np.full((count, width), np.nan, np.float32)
    tables = [tree_table(head) for head in heads.values()]
    feature = np.concatenate([table.feature for table in tables])
    most = np.finfo(np.float32).max / 2
    threshold = np.concatenate([table.threshold for table in tables]).clip(-most, most).astype(np.float32)
    for column in range(width):
        own = threshold[feature == column]
        beside = [own, np.nextafter(own, np.float32(-np.inf)), np.nextafter(own, np.float32(np.inf))]
        values = np.concatenate([*beside, np.array([np.nan, 0, -0.0, 1e-36, np.inf, -np.inf], np.float32)])
        rows[:, column] = rng.choice(values, count)
    return rows


@pytest.mark.parametrize("kind", ENTITY_TYPES)
def test_the_starter_model_says_the_same_on_rows_at_its_thresholds_and_with_missing_values(
    kind: EntityType,
) -> None:
    artifact = starter()
    width = len(artifact.manifest.kinds[kind].feature_names)
    check_equal(artifact, kind, boundary_rows(artifact.heads[kind], width, ROWS, 3))


def test_random_rows_with_missing_values_get_the_same() -> None:
    check_equal(ARTIFACT, "tutor", matrix_of(ROWS, 9))
    check_equal(ARTIFACT, "tutor", np.full((3, len(NAMES)), np.nan, np.float32))


def test_a_feature_without_missing_values_in_training_takes_them_for_zero() -> None:
    rows = np.nan_to_num(matrix_of(600))
    heads = heads_of(rows)
    whole = Artifact(ARTIFACT.manifest, {"tutor": heads})
    assert any(
        node["missing_type"] == "None"
        for head in heads.values()
        for node in head.trees()
        if "missing_type" in node
    )
    check_equal(whole, "tutor", matrix_of(5_000, 4))
    check_equal(whole, "tutor", boundary_rows(heads, len(NAMES), 5_000, 4))


def test_a_head_that_learnt_nothing_says_its_one_value() -> None:
    rows = matrix_of(600)
    constant = fit_head("health", "binary", np.zeros_like(rows), np.arange(600) % 2 * 1.0, NAMES, 1)
    heads = {**ARTIFACT.heads["tutor"], "health": constant}
    check_equal(Artifact(ARTIFACT.manifest, {"tutor": heads}), "tutor", rows)


def test_an_output_without_its_heads_is_not_in_the_graph() -> None:
    heads = {name: h for name, h in ARTIFACT.heads["tutor"].items() if name != "exit_30d_if_here_14d"}
    found = answers(Artifact(ARTIFACT.manifest, {"tutor": heads}), "tutor", matrix_of(10))
    assert "churn_risk_14d" in found
    assert "churn_risk_30d" not in found


def test_the_graph_says_what_its_columns_are() -> None:
    told = {p.key: p.value for p in onnx_model(ARTIFACT, "tutor").metadata_props}
    assert told["model_version"] == ARTIFACT.version
    assert told["features"].split(",") == NAMES[:FEATURE_COUNT]
    assert told["context"].split(",") == CONTEXT
    assert (told["churn_label"], told["exit_gap_days"]) == ("exit", "60")


def test_a_calibration_that_is_no_number_is_refused() -> None:
    broken = {n: replace(h, slope=float("nan")) for n, h in ARTIFACT.heads["tutor"].items()}
    with pytest.raises(ModelError, match=r"already_gone\.slope of the model is nan"):
        onnx_model(Artifact(ARTIFACT.manifest, {"tutor": broken}), "tutor")
