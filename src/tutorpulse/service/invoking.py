"""A model behind requests: what a model server answers, whatever carries request and answer."""

from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from tutorpulse.errors import ArtifactError, InputError
from tutorpulse.features.compile import feature_set_hash
from tutorpulse.features.frame import EntityType
from tutorpulse.model import wire
from tutorpulse.model.contract import OUTPUTS
from tutorpulse.model.outputs import Floats
from tutorpulse.model.predictor import head_outputs
from tutorpulse.service.serving import ServedModel, Serving


@dataclass(frozen=True)
class Invocation:
    """One request. `attributes` is the text of `wire.ATTRIBUTES_HEADER`, empty where there is none."""

    body: bytes
    content_type: str
    attributes: str = ""


@dataclass(frozen=True)
class Answered:
    """One answer's body and its type."""

    body: bytes
    content_type: str


class Invoker:
    """Answers requests with the models of a serving. Threads may share it."""

    def __init__(self, served: Serving, default_kind: EntityType | None = None) -> None:
        self._served, self._default_kind = served, default_kind
        self._model = ServedModel(served)
        self._hash = feature_set_hash()

    @property
    def about(self) -> wire.About:
        """What is served."""
        kinds = {
            kind: wire.KindAbout(
                artifact.version,
                artifact.manifest.kinds[kind].exit_gap.days,
                artifact.manifest.kinds[kind].fill,
            )
            for kind, artifact in self._served.by_kind.items()
        }
        return wire.About(self._served.version, self._hash, kinds)

    def answer(self, request: Invocation) -> Answered:
        """The answer to a request in any of the forms of `wire`.

        Raises:
            InputError: the type is none of `wire.FORMS`, the body is damaged, or rows come without their kind.
            ArtifactError: a frame was made with other features. ModelError: no model serves the kind.
        """
        form = request.content_type.partition(";")[0].strip().lower()
        if form == wire.FRAME:
            return Answered(self._frame(request.body), wire.FRAME)
        if form == wire.CSV:
            kind = self._kind(wire.read_attributes(request.attributes))
            return self._contract(kind, wire.read_csv(request.body))
        if form == wire.JSON:
            return self._json(request)
        raise InputError(
            f"Content-Type {request.content_type!r} is not read. Send one of {', '.join(wire.FORMS)}."
        )

    def _frame(self, body: bytes) -> bytes:
        frame, made_with = wire.read_frame(body)
        if made_with != self._hash:
            raise ArtifactError(
                f"The frame was made with the feature set {made_with}, the model needs {self._hash}. "
                "Run the same version on both sides."
            )
        return wire.predictions_bytes(self._model.predict(frame))

    def _json(self, request: Invocation) -> Answered:
        try:
            asked = msgspec.json.decode(request.body, type=wire.JsonRequest)
        except (ValueError, RecursionError) as error:
            raise InputError(
                f'The body is no request: {error}. Send {{"entity_type": "tutor", "instances": [[46 numbers], …]}}.'
            ) from None
        if asked.describe:
            return Answered(msgspec.json.encode(self.about), wire.JSON)
        kind = self._kind(asked.entity_type or wire.read_attributes(request.attributes))
        return self._contract(kind, wire.read_rows(asked.instances))

    def _kind(self, named: EntityType | None) -> EntityType:
        kind = named or self._default_kind
        if kind is None:
            raise InputError(
                f"Rows need their kind. Send the header {wire.ATTRIBUTES_HEADER}: entity_type=tutor (or student)."
            )
        return kind

    def _contract(self, kind: EntityType, rows: NDArray[np.float32]) -> Answered:
        return Answered(wire.contract_bytes(contract_outputs(self._served, kind, rows), len(rows)), wire.JSON)


def contract_outputs(served: Serving, kind: EntityType, rows: NDArray[np.float32]) -> dict[str, Floats]:
    """The five outputs from (n, 46) rows alone: the context is missing, so they are less sharp than those of a whole frame.

    NaN where the model lacks an output.

    Raises:
        InputError: no model serves the kind.
    """
    artifact = served.by_kind.get(kind)
    if artifact is None:
        raise InputError(f"No model serves {kind}s here. Train with their events, then deploy again.")
    part = artifact.manifest.kinds[kind]
    context = np.full((len(rows), len(part.feature_names) - rows.shape[1]), np.nan, np.float32)
    found = head_outputs(artifact.heads[kind], part.churn_label, np.hstack([rows, context]))
    return {name: found.get(name, np.full(len(rows), np.nan)) for name in OUTPUTS}
