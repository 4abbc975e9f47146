"""A small model on made-up features, for tests of the room."""

import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import DAY_US
from tutorpulse.features.frame import FEATURE_COUNT, EntityType, FeatureFrame
from tutorpulse.model.artifact import Artifact, checksum, versioned
from tutorpulse.model.cohorts import cohort_table
from tutorpulse.model.explain import average_of
from tutorpulse.model.heads import Head, fit_head
from tutorpulse.model.manifest import FORMAT, ExitGap, HeadEntry, KindManifest, Manifest
from tutorpulse.model.outputs import HEADS, output_specs

CONTEXT = ["tenure_days", "completed_90d"]
NAMES = [f"feature_{i}" for i in range(FEATURE_COUNT)] + CONTEXT
AS_OF_US = 400 * DAY_US
HASH = "0123456789abcdef"


def matrix_of(n: int, seed: int = 1) -> NDArray[np.float32]:
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n, len(NAMES))).astype(np.float32)
    rows[:, -2] = rng.uniform(0, 400, n)
    rows[:, -1] = rng.integers(0, 40, n)
    rows[rng.random((n, len(NAMES))) < 0.05] = np.nan
    rows[:, -2:] = np.nan_to_num(rows[:, -2:], nan=100)
    return rows


def frame_of(n: int, seed: int = 1, entity_type: EntityType = "tutor") -> FeatureFrame:
    """n entities: every fifth without a session, tenure and sessions as in the matrix."""
    rows = matrix_of(n, seed)
    started = AS_OF_US - rows[:, -2].astype(np.float64) * DAY_US
    completed = np.where(np.arange(n) % 5 == 0, 0, rows[:, -1] + 1).astype(np.float64)
    return FeatureFrame(
        entity_type,
        AS_OF_US,
        AS_OF_US,
        np.array([f"t{i:04d}" for i in range(n)], dtype=object),
        rows[:, :FEATURE_COUNT],
        rows[:, FEATURE_COUNT:],
        {
            "registered_us": np.full(n, np.nan),
            "first_activity_us": started,
            "first_session_us": np.where(completed > 0, started, np.nan),
            "reached_total": completed,
            "completed_total": completed,
        },
    )


def heads_of(rows: NDArray[np.float32], trees_seed: int = 3) -> dict[str, Head]:
    rng = np.random.default_rng(trees_seed)
    signal = np.nan_to_num(rows[:, 0] + 0.5 * rows[:, 1])
    heads = {}
    for i, spec in enumerate(HEADS):
        noise = rng.normal(size=len(rows))
        label = (signal + noise > 0.2 * i).astype(np.float64)
        label = label * rng.poisson(2, len(rows)) / 4 if spec.objective == "poisson" else label
        heads[spec.name] = fit_head(spec.name, spec.objective, rows, label, NAMES, 7).calibrated(0.9, 0.1)
    return heads


def artifact_of(entity_type: EntityType = "tutor") -> Artifact:
    rows = matrix_of(600)
    heads = heads_of(rows)
    rng = np.random.default_rng(5)
    names = [spec.name for spec in output_specs("exit")]
    cohorts = cohort_table(
        {name: rng.integers(0, 2, 600).astype(float) for name in names},
        rows[:, -2].astype(np.float64),
        np.arange(600) % 3 > 0,
    )
    part = KindManifest(
        entity_type=entity_type,
        feature_names=NAMES,
        churn_label="exit",
        exit_gap=ExitGap(60, "12% of longer silences ended in a return", {30: 0.3, 60: 0.12}),
        heads=[
            HeadEntry(
                name,
                h.objective,
                f"{entity_type}-{name}.txt",
                checksum(h.text()),
                0.9,
                0.1,
                600,
                300,
                100,
                30.0,
            )
            for name, h in heads.items()
        ],
        absent={},
        cohorts=cohorts,
        averages={spec.name: average_of(spec, heads, rows[:200]) for spec in output_specs("exit")},
        fill=[0.0] * FEATURE_COUNT,
        metrics={},
        held_out="nothing",
        rows=600,
        entities=600,
        first_snapshot="1970-02-01T00:00:00Z",
        last_snapshot="1971-01-01T00:00:00Z",
        snapshot_count=10,
        goal_exits=0,
        censored=0,
    )
    manifest = Manifest(
        FORMAT,
        "",
        "1971-02-05T00:00:00Z",
        HASH,
        "1970-01-01T00:00:00Z",
        "1971-02-05T00:00:00Z",
        7,
        {},
        {entity_type: part},
    )
    return Artifact(versioned(manifest), {entity_type: heads})
