"""A model in shadow: it scores what goes on record, beside the model that serves, and is shown nowhere."""

import logging

import numpy as np
from numpy.typing import NDArray

from tutorpulse.errors import ModelError
from tutorpulse.features.compile import feature_set_hash
from tutorpulse.features.frame import FeatureFrame
from tutorpulse.model import registry
from tutorpulse.model.artifact import Artifact, load
from tutorpulse.model.contract import Predictor
from tutorpulse.service import merging
from tutorpulse.service.root import Pulse
from tutorpulse.service.serving import ServedModel, Serving
from tutorpulse.store.state import PredictionRows

log = logging.getLogger("tutorpulse.refresh")


def open_shadow(pulse: Pulse) -> Predictor | None:
    """The model in shadow of a home; None where there is none, or where it cannot be used, which is logged and disturbs nobody."""
    version = registry.shadow_version(pulse.home.models_path)
    if version is None:
        return None
    try:
        artifact = _artifact(pulse, version)
    except ModelError as error:
        log.warning("no model in shadow: %s", error)
        return None
    return ServedModel(Serving(dict.fromkeys(artifact.manifest.kinds, artifact)))


def _artifact(pulse: Pulse, version: str) -> Artifact:
    set_hash = feature_set_hash()
    models = pulse.home.models_path
    if not registry.is_starter(version) or version in registry.versions(models):
        return load(models / version, set_hash)
    starter = registry.starter(set_hash)
    if starter is None:
        raise ModelError(f"The starter model {version} was made for other features.")
    return starter


def in_shadow(
    shadow: Predictor | None,
    frame: FeatureFrame,
    previous: PredictionRows,
    current: PredictionRows,
) -> PredictionRows | None:
    """What the model in shadow says of the rows of `frame` that go on record now, in the order of `current`; None where nothing.

    So it costs a prediction more for each that is kept, and the two can be compared pair by pair. What it cannot say disturbs nobody.
    """
    if shadow is None:
        return None
    chosen = merging.rows_of_record(previous, current)
    if not chosen.any():
        return None
    try:
        predictions = shadow.predict(frame.take(chosen))
    except ModelError as error:
        log.debug("nothing in shadow: %s", error)
        return None
    status: NDArray[np.object_] = current.columns["status"][chosen]
    said = merging.Scored(predictions, np.full(int(chosen.sum()), None, dtype=object))
    return merging.merged(previous.take(chosen), status, said, frame.as_of_us)
