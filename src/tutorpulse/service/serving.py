"""Which model serves which kind of entity: the home's own where it has one for the kind, else the starter model, levelled where `train` did."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tutorpulse.errors import ModelError
from tutorpulse.features.compile import feature_set_hash
from tutorpulse.features.frame import ENTITY_TYPES, EntityType, FeatureFrame
from tutorpulse.model import registry
from tutorpulse.model.artifact import Artifact
from tutorpulse.model.contract import Predictions
from tutorpulse.model.explain import Explanation
from tutorpulse.model.predictor import LocalPredictor

HasKind = Callable[[EntityType], bool]
"""Whether the log names anybody of a kind."""


@dataclass(frozen=True)
class Serving:
    """The artifact in force for each kind that is served."""

    by_kind: dict[EntityType, Artifact]

    @property
    def version(self) -> str:
        """The version in force; where one's own and the starter share the kinds, both, joined by `+`."""
        return "+".join(dict.fromkeys(artifact.version for artifact in self.by_kind.values()))

    @property
    def starter_kinds(self) -> tuple[EntityType, ...]:
        """The kinds that the starter model serves."""
        return tuple(k for k, artifact in self.by_kind.items() if registry.is_starter(artifact.version))


def serving(models: Path, has_kind: HasKind) -> Serving:
    """What serves a home: its own model every kind that it was trained on, the starter the other kinds of the log.

    Raises:
        ModelError: nothing was trained, and the starter was made for other features.
        ArtifactError: a model is damaged, or the home's was made for other features.
    """
    set_hash = feature_set_hash()
    own = None if registry.current_version(models) is None else registry.current(models, set_hash)
    by_kind = dict.fromkeys(own.manifest.kinds, own) if own else {}
    lacking = [kind for kind in ENTITY_TYPES if kind not in by_kind and has_kind(kind)]
    starter = registry.home_starter(models, set_hash) if lacking else None
    if lacking and own is None and starter is None:
        raise ModelError(
            "There is no model yet, and the starter model was made for other features. Run `tutorpulse train` first."
        )
    if starter is not None:
        by_kind |= {kind: starter for kind in lacking if kind in starter.manifest.kinds}
    return Serving(by_kind)


class ServedModel:
    """The predictor of each kind behind one face."""

    def __init__(self, served: Serving) -> None:
        self._served = served
        self._predictors = {kind: LocalPredictor(artifact) for kind, artifact in served.by_kind.items()}

    @property
    def version(self) -> str:
        """See `Serving.version`; predictions carry the version of the model that made them."""
        return self._served.version

    def predict(self, frame: FeatureFrame) -> Predictions:
        """Predictions by the model of the frame's kind.

        Raises:
            ModelError: no model serves that kind.
        """
        return self._of(frame.entity_type).predict(frame)

    def explain(self, frame: FeatureFrame, output: str, top: int = 5) -> list[Explanation]:
        """Drivers by the model of the frame's kind.

        Raises:
            ModelError: there is no such output, or no model serves that kind.
        """
        return self._of(frame.entity_type).explain(frame, output, top)

    def _of(self, kind: EntityType) -> LocalPredictor:
        if kind not in self._predictors:
            raise ModelError(
                f"No model serves {kind}s here. Import their events, then run `tutorpulse train`."
            )
        return self._predictors[kind]


class NoModel:
    """Stands where no model can be used: it predicts nothing and explains nothing, and says why."""

    version = "none"

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def predict(self, frame: FeatureFrame) -> Predictions:  # noqa: ARG002
        """Nothing.

        Raises:
            ModelError: always, with the reason.
        """
        raise ModelError(self._reason)

    def explain(self, frame: FeatureFrame, output: str, top: int = 5) -> list[Explanation]:  # noqa: ARG002
        """For each row that there are no drivers, and why."""
        unknown = float("nan")
        return [Explanation(output, "", unknown, unknown, (), 0.0, self._reason) for _ in range(len(frame))]
