"""The models that made predictions of record, as far as they are still here."""

from tutorpulse.errors import ArtifactError, ModelError
from tutorpulse.features.compile import feature_set_hash
from tutorpulse.features.frame import FeatureFrame
from tutorpulse.model import registry
from tutorpulse.model.artifact import load
from tutorpulse.model.predictor import LocalPredictor
from tutorpulse.service.root import Pulse
from tutorpulse.service.scoring import Model, Scorer


def model_of(pulse: Pulse, scorer: Scorer, version: str | None, frame: FeatureFrame) -> Model | None:
    """The model of that version for the kind of `frame`: the one in force, or another whose files are here.

    None where it is gone, was made for other features, or stood elsewhere.
    """
    if version is None:
        return None
    if _serves(scorer.model, version, frame):
        return scorer.model
    folder = pulse.home.models_path / version
    try:
        artifact = load(
            registry.STARTER_FOLDER if registry.is_starter(version) else folder, feature_set_hash()
        )
    except ArtifactError:
        return None
    known = artifact.version == version and frame.entity_type in artifact.heads
    return LocalPredictor(artifact) if known else None


def _serves(model: Model, version: str, frame: FeatureFrame) -> bool:
    """Predictions carry the version of the model that made them, whichever serves their kind."""
    try:
        return model.predict(frame).model_version == version
    except ModelError:
        return False
