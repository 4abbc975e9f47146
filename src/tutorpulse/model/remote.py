"""Predictors whose model is elsewhere: an HTTP model server, a SageMaker endpoint, anything behind a `Transport`."""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

import msgspec
import numpy as np
from numpy.typing import NDArray

from tutorpulse.errors import ArtifactError, InputError, ModelError
from tutorpulse.features.frame import EntityType, FeatureFrame
from tutorpulse.model import wire
from tutorpulse.model.contract import OUTPUTS, Predictions
from tutorpulse.model.explain import Explanation

ROWS_PER_REQUEST = 4_000
"""Rows sent at once: at about 400 bytes a row well below the 4 MB that serverless inference takes."""

T = TypeVar("T")


class Transport(Protocol):
    """What carries a request to a model."""

    def invoke(self, body: bytes, content_type: str, attributes: str = "") -> bytes:
        """The answer's body. `attributes` stand in the header of `wire.ATTRIBUTES_HEADER`.

        Raises:
            ModelError: the model cannot be reached or refuses.
        """
        ...


@dataclass(frozen=True)
class HttpTransport:
    """A model server's `POST /invocations`; `address` such as http://127.0.0.1:8080."""

    address: str
    timeout_s: float = 60.0

    def invoke(self, body: bytes, content_type: str, attributes: str = "") -> bytes:
        """See `Transport`; one connection a request."""
        url = urlsplit(self.address)
        if url.scheme not in ("http", "https") or not url.hostname:
            raise InputError(
                f"{self.address!r} is no address of a model server. Give one such as http://127.0.0.1:8080."
            )
        kind = HTTPSConnection if url.scheme == "https" else HTTPConnection
        headers = {"Content-Type": content_type} | (
            {wire.ATTRIBUTES_HEADER: attributes} if attributes else {}
        )
        with closing(kind(url.netloc, timeout=self.timeout_s)) as connection:
            try:
                connection.request("POST", url.path.rstrip("/") + "/invocations", body, headers)
                response = connection.getresponse()
                answer = response.read()
            except (OSError, HTTPException) as error:
                raise ModelError(
                    f"The model at {self.address} cannot be reached: {error}. Is it running?"
                ) from None
        if response.status != HTTPStatus.OK:
            said = answer[:300].decode(errors="replace")
            raise ModelError(
                f"The model at {self.address} answered {response.status}: {said}. Check its log."
            )
        return answer


class _Remote:
    """What both predictors share: they explain nothing, and say so."""

    def explain(self, frame: FeatureFrame, output: str, top: int = 5) -> list[Explanation]:  # noqa: ARG002
        """For each row that there are no drivers, and why."""
        unknown = float("nan")
        note = "the model is served elsewhere: drivers need its artifact here"
        return [Explanation(output, "", unknown, unknown, (), 0.0, note) for _ in range(len(frame))]


class RemotePredictor(_Remote):
    """A model server of tutorpulse: takes whole frames and gives what the model gives in process."""

    def __init__(self, transport: Transport, feature_set_hash: str) -> None:
        self._transport, self._hash = transport, feature_set_hash
        self.about = describe(transport)
        if self.about.feature_set_hash != feature_set_hash:
            raise ArtifactError(
                f"The served model {self.about.version} was made for other features (set {self.about.feature_set_hash}, "
                f"this version computes {feature_set_hash}). Deploy a model trained with this version."
            )

    @property
    def version(self) -> str:
        """The version in force when this predictor was made."""
        return self.about.version

    def predict(self, frame: FeatureFrame) -> Predictions:
        """See `model.contract.Predictor`; large frames go in parts."""
        parts = [self._part(frame.take(rows)) for rows in _parts(len(frame))]
        return _joined(parts) if len(parts) > 1 else parts[0]

    def _part(self, frame: FeatureFrame) -> Predictions:
        body = self._transport.invoke(wire.frame_bytes(frame, self._hash), wire.FRAME)
        return _ours(lambda: wire.read_predictions(body, frame.entity_ids))


@dataclass(frozen=True)
class ContractPredictor(_Remote):
    """A model of any make behind the contract: 46 numbers in, five out.

    `fill` stands for missing values, by kind and feature (None: sent empty). What the contract lacks is not known;
    confidence is low where nothing tells more.
    """

    transport: Transport
    version: str
    fill: Mapping[EntityType, list[float | None]]

    def predict(self, frame: FeatureFrame) -> Predictions:
        """See `model.contract.Predictor`; large frames go in parts."""
        filled = self._filled(frame)
        attributes = wire.custom_attributes(frame.entity_type)
        outputs: list[dict[str, NDArray[np.float64]]] = []
        for rows in _parts(len(frame)):
            body = self.transport.invoke(wire.csv_bytes(filled[rows]), wire.CSV, attributes)
            outputs.append(_answered(body, len(rows)))
        unknown = np.full(len(frame), np.nan)
        five = {name: np.concatenate([part[name] for part in outputs]) for name in OUTPUTS}
        return Predictions(
            entity_ids=frame.entity_ids,
            **{name: five.get(name, unknown) for name in wire.NUMBERS},
            confidence=np.zeros(len(frame), np.int8),
            from_cohort=np.zeros(len(frame), np.bool_),
            model_version=self.version,
        )

    def _filled(self, frame: FeatureFrame) -> NDArray[np.float32]:
        fill = np.array([np.nan if v is None else v for v in self.fill[frame.entity_type]], np.float32)
        return np.where(np.isnan(frame.features), fill, frame.features).astype(np.float32)


def describe(transport: Transport) -> wire.About:
    """What a model server tells of itself.

    Raises:
        ModelError: it cannot be reached, or is no model server of tutorpulse.
    """
    body = transport.invoke(wire.DESCRIBE, wire.JSON)
    try:
        return msgspec.json.decode(body, type=wire.About)
    except ValueError as error:
        raise ModelError(
            f"The endpoint is no model server of tutorpulse: {error}. Deploy `tutorpulse model package`."
        ) from None


def _parts(rows: int) -> list[NDArray[np.int64]]:
    places = np.arange(rows)
    return [places[start : start + ROWS_PER_REQUEST] for start in range(0, max(rows, 1), ROWS_PER_REQUEST)]


def _joined(parts: list[Predictions]) -> Predictions:
    names = ("entity_ids", *wire.NUMBERS, "confidence", "from_cohort")
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    return Predictions(**columns, model_version=parts[0].model_version)


def _answered(body: bytes, rows: int) -> dict[str, NDArray[np.float64]]:
    return _ours(lambda: wire.read_contract(body, rows))


def _ours(read: Callable[[], T]) -> T:
    """An answer that cannot be read is the model's failure, not the caller's."""
    try:
        return read()
    except InputError as error:
        raise ModelError(str(error)) from None
