"""An artifact as ONNX graphs, one for each kind: 46 features and the context in, the outputs out, in double precision.

Trees are `TreeEnsemble` nodes (ai.onnx.ml 5), whose thresholds and leaves may be doubles as LightGBM's are: with single precision a
value beside a threshold would take the other branch. Calibration and the chain of heads are plain operators.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from tutorpulse.errors import InputError, ModelError
from tutorpulse.features.frame import FEATURE_COUNT, EntityType
from tutorpulse.model.artifact import Artifact
from tutorpulse.model.heads import Head
from tutorpulse.model.outputs import OutputSpec, Rule, output_specs
from tutorpulse.model.tree_table import TreeTable, tree_table

if TYPE_CHECKING:
    import onnx

FEATURES, CONTEXT = "features", "context"
"""The inputs: (n, 46) and (n, c) float32 in the manifest's order of names; NaN is missing."""

LEAST = float(np.float32(1e-35))
"""LightGBM takes whatever is no farther from zero than this for zero (its `kZeroThreshold`)."""

OPSETS = {"": 21, "ai.onnx.ml": 5}
IR_VERSION = 10


def onnx_model(artifact: Artifact, kind: EntityType) -> "onnx.ModelProto":
    """The graph of one kind. Its outputs have the names of `Predictions`, each (n, 1) float64 on the field's own scale.

    They are what the heads say. Cohort rates of those with too little history need more than the features, and are not in it.

    Raises:
        InputError: the package `onnx` is not installed. ModelError: trees that the graph cannot say.
    """
    helper = _helper()
    part, heads = artifact.manifest.kinds[kind], artifact.heads[kind]
    specs = [s for s in output_specs(part.churn_label) if all(name in heads for name in s.heads)]
    nodes = list(_nodes(heads, specs))
    single, double = helper.TensorProto.FLOAT, helper.TensorProto.DOUBLE
    width = len(part.feature_names) - FEATURE_COUNT
    graph = helper.make_graph(
        nodes,
        f"tutorpulse-{kind}",
        [
            helper.make_tensor_value_info(FEATURES, single, ["n", FEATURE_COUNT]),
            helper.make_tensor_value_info(CONTEXT, single, ["n", width]),
        ],
        [helper.make_tensor_value_info(spec.name, double, ["n", 1]) for spec in specs],
        [*_constants(specs), *_calibrations(heads, specs)],
    )
    model: onnx.ModelProto = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid(domain, number) for domain, number in OPSETS.items()],
        ir_version=IR_VERSION,
        producer_name="tutorpulse",
    )
    helper.set_model_props(model, _properties(artifact, kind))
    return model


def _helper() -> Any:
    try:
        from onnx import helper
    except ImportError:
        raise InputError(
            "The export needs the package onnx. Install with `pip install 'tutorpulse[onnx]'`."
        ) from None
    return helper


def _properties(artifact: Artifact, kind: EntityType) -> dict[str, str]:
    """What a reader needs beside the graph: version, kind, names of the columns, what churn means, what is absent and why."""
    part = artifact.manifest.kinds[kind]
    return {
        "model_version": artifact.version,
        "entity_type": kind,
        "feature_set_hash": artifact.manifest.feature_set_hash,
        FEATURES: ",".join(part.feature_names[:FEATURE_COUNT]),
        CONTEXT: ",".join(part.feature_names[FEATURE_COUNT:]),
        "churn_label": part.churn_label,
        "exit_gap_days": str(part.exit_gap.days or ""),
        "absent": msgspec.json.encode(part.absent).decode(),
    }


def _nodes(heads: Mapping[str, Head], specs: Sequence[OutputSpec]) -> Iterator[Any]:
    helper = _helper()
    yield helper.make_node("Concat", [FEATURES, CONTEXT], ["joined"], axis=1)
    yield helper.make_node("Cast", ["joined"], ["doubles"], to=helper.TensorProto.DOUBLE)
    yield helper.make_node("Abs", ["doubles"], ["sizes"])
    yield helper.make_node("LessOrEqual", ["sizes", "least"], ["vanishing"])
    yield helper.make_node("Where", ["vanishing", "zero", "doubles"], ["rows"])
    for name in _heads_of(specs):
        yield _ensemble(name, heads[name])
        yield helper.make_node("Mul", [f"{name}.raw", f"{name}.slope"], [f"{name}.sloped"])
        yield helper.make_node("Add", [f"{name}.sloped", f"{name}.intercept"], [f"{name}.margin"])
    for end, name in dict.fromkeys((_ENDS[spec.rule], name) for spec in specs for name in spec.heads):
        yield from _end(end, name)
    for spec in specs:
        yield from _output(spec)


_ENDS = {Rule.RATE: "rate", Rule.ANY: "no", Rule.ALL: "yes"}


def _end(end: str, name: str) -> Iterator[Any]:
    """What an output takes of a head's margin: its rate, or the probability that it happens or does not."""
    helper, margin = _helper(), f"{name}.margin"
    if end == "no":
        yield helper.make_node("Neg", [margin], [f"{name}.against"])
        margin = f"{name}.against"
    yield helper.make_node("Exp" if end == "rate" else "Sigmoid", [margin], [f"{name}.{end}"])


def _output(spec: OutputSpec) -> Iterator[Any]:
    """`OutputSpec.value` as nodes."""
    helper = _helper()
    end = _ENDS[spec.rule]
    at = f"{spec.heads[0]}.{end}"
    for place, name in enumerate(spec.heads[1:], start=1):
        product = f"{spec.name}.product{place}"
        yield helper.make_node("Mul", [at, f"{name}.{end}"], [product])
        at = product
    if spec.rule is Rule.ANY:
        yield helper.make_node("Sub", ["one", at], [f"{spec.name}.any"])
        at = f"{spec.name}.any"
    yield helper.make_node("Mul", [at, f"{spec.name}.scale"], [spec.name])


def _ensemble(name: str, head: Head) -> Any:
    table = tree_table(head)
    helper = _helper()
    double, byte = helper.TensorProto.DOUBLE, helper.TensorProto.UINT8
    return helper.make_node(
        "TreeEnsemble",
        ["rows"],
        [f"{name}.raw"],
        name=name,
        domain="ai.onnx.ml",
        n_targets=1,
        aggregate_function=1,
        post_transform=0,
        tree_roots=table.roots,
        nodes_featureids=table.feature,
        nodes_splits=helper.make_tensor("splits", double, [len(table.threshold)], table.threshold),
        nodes_modes=helper.make_tensor("modes", byte, [len(table.threshold)], [0] * len(table.threshold)),
        nodes_missing_value_tracks_true=table.missing_goes_left,
        **_branches(table),
        leaf_targetids=[0] * len(table.leaf),
        leaf_weights=helper.make_tensor("weights", double, [len(table.leaf)], table.leaf),
    )


def _branches(table: TreeTable) -> dict[str, list[int]]:
    return {
        "nodes_truenodeids": [place for place, _ in table.left],
        "nodes_trueleafs": [int(is_leaf) for _, is_leaf in table.left],
        "nodes_falsenodeids": [place for place, _ in table.right],
        "nodes_falseleafs": [int(is_leaf) for _, is_leaf in table.right],
    }


def _constants(specs: Sequence[OutputSpec]) -> Iterator[Any]:
    yield _constant("zero", 0.0)
    yield _constant("least", LEAST)
    if any(spec.rule is Rule.ANY for spec in specs):
        yield _constant("one", 1.0)
    for spec in specs:
        yield _constant(f"{spec.name}.scale", spec.scale)


def _calibrations(heads: Mapping[str, Head], specs: Sequence[OutputSpec]) -> Iterator[Any]:
    for name in _heads_of(specs):
        yield _constant(f"{name}.slope", heads[name].slope)
        yield _constant(f"{name}.intercept", heads[name].intercept)


def _heads_of(specs: Sequence[OutputSpec]) -> list[str]:
    return list(dict.fromkeys(name for spec in specs for name in spec.heads))


def _constant(name: str, value: float) -> Any:
    helper = _helper()
    if not np.isfinite(value):
        raise ModelError(f"The constant {name} of the model is {value}. Train again with `tutorpulse train`.")
    return helper.make_tensor(name, helper.TensorProto.DOUBLE, [1], [value])
