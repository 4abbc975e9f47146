"""`bench score`: rows a second from features to predictions, by the starter model, whose figures are reported."""

import numpy as np

from tutorpulse.bench.filling import filled_home
from tutorpulse.bench.harness import Options, Result, result, seconds
from tutorpulse.errors import HistoryError
from tutorpulse.features.compile import feature_set_hash
from tutorpulse.features.compute import compute
from tutorpulse.features.frame import EntityType, FeatureFrame
from tutorpulse.model import registry
from tutorpulse.model.artifact import Artifact
from tutorpulse.model.predictor import LocalPredictor, matrix
from tutorpulse.store.log import EventStore

ROWS = 100_000
KIND: EntityType = "student"
PLAIN_HEADS = (
    "first_session_success",
    "session_velocity",
    "health",
    "exit_14d_if_here",
    "exit_30d_if_here_14d",
)
"""One boosted model for each of the five outputs: what plain LightGBM would have to do at the least."""


def run(options: Options) -> Result:
    """All five outputs, and those beside them, with confidence and cohorts, of `ROWS` rows: the students of a home of so many events,
    repeated. The limit is LightGBM alone, predicting the raw scores of one model for each output from the ready matrix."""
    artifact = registry.starter(feature_set_hash())
    if artifact is None:
        raise HistoryError("The starter model was made for other features. Make it anew with `make starter`.")
    frame = _rows(options)
    predictor = LocalPredictor(artifact)
    predictor.predict(frame)
    values = [len(frame) / seconds(lambda: predictor.predict(frame)) for _ in range(options.repeats)]
    limit = max(len(frame) / _plain_seconds(artifact, frame) for _ in range(options.repeats))
    few = frame.take(np.arange(100))
    details = {
        "rows": len(frame),
        "heads": len(artifact.heads[KIND]),
        "model_version": artifact.version,
        "hundred_rows_seconds": min(seconds(lambda: predictor.predict(few)) for _ in range(5)),
    }
    return result("score", "rows/s", values, limit, details, smaller_is_better=False)


def _rows(options: Options) -> FeatureFrame:
    with EventStore.open(filled_home(options)) as store:
        as_of_us = store.newest_us()
        if as_of_us is None:
            raise HistoryError("The home of the benchmark holds no events. Give more with --events.")
        frame = compute(store, KIND, as_of_us)
    return frame.take(np.resize(np.arange(len(frame)), ROWS))


def _plain_seconds(artifact: Artifact, frame: FeatureFrame) -> float:
    heads = artifact.heads[KIND]
    names = artifact.manifest.kinds[KIND].feature_names
    rows = matrix(frame, len(names))
    return seconds(lambda: [heads[name].raw(rows) for name in PLAIN_HEADS])
