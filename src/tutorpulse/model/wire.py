"""What travels between a predictor here and a model server: features there, predictions back.

Three forms. `application/vnd.tutorpulse.frame` carries a whole frame (the 46, the context, the facts) in MessagePack, arrays as
their bytes, and everything that is kept of a prediction back: it gives what the model gives in process. `text/csv` and
`application/json` carry the contract alone, 46 numbers a row, and five numbers come back.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from tutorpulse.errors import InputError
from tutorpulse.features.frame import ENTITY_TYPES, FEATURE_COUNT, EntityType, FeatureFrame
from tutorpulse.model.contract import OUTPUTS, VELOCITY_BOUNDS, Predictions
from tutorpulse.model.outputs import Floats

FRAME = "application/vnd.tutorpulse.frame"
CSV = "text/csv"
JSON = "application/json"
FORMS = (CSV, JSON, FRAME)

ATTRIBUTES_HEADER = "X-Amzn-SageMaker-Custom-Attributes"
"""Carries `entity_type=tutor` or `entity_type=student` with rows in CSV."""

NUMBERS = (*OUTPUTS, "already_gone", "inactive_14d", "inactive_30d", *VELOCITY_BOUNDS)
_UNREADABLE = (ValueError, RecursionError)


class FrameMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A frame of n rows; arrays are little-endian bytes, float32 for features and context, float64 for facts."""

    entity_type: EntityType
    as_of_us: int
    known_at_us: int
    feature_set_hash: str
    entity_ids: list[str]
    features: bytes
    context: bytes
    facts: dict[str, bytes]


class PredictionsMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Predictions in the order of the frame; `numbers` float64 by output, `confidence` int8, `from_cohort` bytes of 0 and 1."""

    model_version: str
    numbers: dict[str, bytes]
    confidence: bytes
    from_cohort: bytes


class KindAbout(msgspec.Struct, frozen=True):
    """What a server tells of the model of one kind. `exit_gap_days` None: churn means inactivity."""

    version: str
    exit_gap_days: int | None
    fill: list[float | None]


class About(msgspec.Struct, frozen=True):
    """What a model server tells of itself: the versions in force, the features they need, each kind it serves."""

    version: str
    feature_set_hash: str
    kinds: dict[EntityType, KindAbout]


class JsonRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A request in JSON: `{"describe": true}`, or rows of 46 numbers (null: missing) of one kind."""

    describe: bool = False
    entity_type: EntityType | None = None
    instances: list[list[float | None]] = []


DESCRIBE = b'{"describe": true}'
"""The request to which a server answers with its `About`."""


def frame_bytes(frame: FeatureFrame, feature_set_hash: str) -> bytes:
    """A frame as the body of a request."""
    return msgspec.msgpack.encode(
        FrameMessage(
            frame.entity_type,
            frame.as_of_us,
            frame.known_at_us,
            feature_set_hash,
            [str(entity_id) for entity_id in frame.entity_ids],
            frame.features.astype("<f4").tobytes(),
            frame.context.astype("<f4").tobytes(),
            {name: column.astype("<f8").tobytes() for name, column in frame.facts.items()},
        )
    )


def read_frame(body: bytes) -> tuple[FeatureFrame, str]:
    """The frame of a request's body, and the hash of the features that it was made with.

    Raises:
        InputError: the body is no such frame.
    """
    try:
        message = msgspec.msgpack.decode(body, type=FrameMessage)
        rows = len(message.entity_ids)
        frame = FeatureFrame(
            message.entity_type,
            message.as_of_us,
            message.known_at_us,
            np.array(message.entity_ids, dtype=object),
            np.frombuffer(message.features, "<f4").reshape(rows, FEATURE_COUNT).astype(np.float32),
            _context(message.context, rows),
            {name: _floats(column, rows) for name, column in message.facts.items()},
        )
    except _UNREADABLE as error:
        raise InputError(
            f"The body is no frame of features: {error}. Send what `frame_bytes` makes."
        ) from None
    return frame, message.feature_set_hash


def _context(content: bytes, rows: int) -> NDArray[np.float32]:
    flat = np.frombuffer(content, "<f4").astype(np.float32)
    return flat.reshape(rows, len(flat) // rows) if rows else flat.reshape(0, 0)


def _floats(content: bytes, rows: int) -> Floats:
    column = np.frombuffer(content, "<f8").astype(np.float64)
    if len(column) != rows:
        raise ValueError(f"{len(column)} facts for {rows} rows")
    return column


def predictions_bytes(predictions: Predictions) -> bytes:
    """Predictions as the body of an answer."""
    return msgspec.msgpack.encode(
        PredictionsMessage(
            predictions.model_version,
            {name: getattr(predictions, name).astype("<f8").tobytes() for name in NUMBERS},
            predictions.confidence.astype(np.int8).tobytes(),
            predictions.from_cohort.astype(np.int8).tobytes(),
        )
    )


def read_predictions(body: bytes, entity_ids: NDArray[np.object_]) -> Predictions:
    """The predictions of an answer's body, for these entities.

    Raises:
        InputError: the body is no such answer, or of another number of rows.
    """
    try:
        message = msgspec.msgpack.decode(body, type=PredictionsMessage)
        rows = len(entity_ids)
        return Predictions(
            entity_ids=entity_ids,
            **{name: _number_column(message, name, rows) for name in NUMBERS},
            confidence=_flags(message.confidence, rows),
            from_cohort=_flags(message.from_cohort, rows).astype(np.bool_),
            model_version=message.model_version,
        )
    except (*_UNREADABLE, KeyError) as error:
        raise InputError(
            f"The answer is no predictions: {error}. Is it a model server of tutorpulse?"
        ) from None


def _number_column(message: PredictionsMessage, name: str, rows: int) -> Floats:
    """A server of before there were intervals does not send their bounds."""
    if name in VELOCITY_BOUNDS and name not in message.numbers:
        return np.full(rows, np.nan)
    return _floats(message.numbers[name], rows)


def _flags(content: bytes, rows: int) -> NDArray[np.int8]:
    column = np.frombuffer(content, np.int8)
    if len(column) != rows:
        raise ValueError(f"{len(column)} flags for {rows} rows")
    return column.copy()


def csv_bytes(rows: NDArray[np.float32]) -> bytes:
    """(n, 46) rows as CSV without a header; missing is empty, numbers are those of float32 to the last digit."""
    lines = (",".join("" if np.isnan(value) else str(value) for value in row) for row in rows)
    return "".join(line + "\n" for line in lines).encode()


def read_csv(body: bytes) -> NDArray[np.float32]:
    """The (n, 46) rows of a body in CSV; an empty cell or `nan` is missing, blank lines are none.

    Raises:
        InputError: a line has another number of cells, or one that is no number.
    """
    lines = body.decode(errors="replace").splitlines()
    return _matrix([line.split(",") for line in lines if line.strip()], "line")


def read_rows(instances: Sequence[Sequence[float | None]]) -> NDArray[np.float32]:
    """The (n, 46) rows of a request in JSON.

    Raises:
        InputError: an instance has another number of values.
    """
    return _matrix([["" if v is None else v for v in row] for row in instances], "instance")


def _matrix(rows: Sequence[Sequence[Any]], what: str) -> NDArray[np.float32]:
    matrix = np.empty((len(rows), FEATURE_COUNT), np.float32)
    for place, row in enumerate(rows):
        if len(row) != FEATURE_COUNT:
            raise InputError(
                f"{what.capitalize()} {place + 1} has {len(row)} values, not {FEATURE_COUNT}. "
                "Send the 46 of the contract, in its order."
            )
        matrix[place] = [_number(cell, what, place) for cell in row]
    return matrix


def _number(cell: Any, what: str, place: int) -> float:
    if isinstance(cell, str) and not cell.strip():
        return float("nan")
    try:
        return float(cell)
    except ValueError:
        raise InputError(f"{what.capitalize()} {place + 1} holds {cell!r}, which is no number.") from None


def contract_bytes(outputs: Mapping[str, Floats], rows: int) -> bytes:
    """The five outputs of n rows as `{"predictions": [{name: [value], …}, …]}`; what is not known is null."""
    lists = {name: np.asarray(outputs[name], np.float64).tolist() for name in OUTPUTS}
    predictions = [
        {name: [None if np.isnan(lists[name][row]) else lists[name][row]] for name in OUTPUTS}
        for row in range(rows)
    ]
    return msgspec.json.encode({"predictions": predictions})


def read_contract(body: bytes, rows: int) -> dict[str, Floats]:
    """The five outputs of an answer, by name: objects of `{name: [value]}` (or `{name: value}`), or arrays in their order.

    Raises:
        InputError: the answer has another shape, or another number of rows.
    """
    try:
        answered = msgspec.json.decode(body)["predictions"]
        table = np.array([_five(row) for row in answered], np.float64).reshape(len(answered), len(OUTPUTS))
    except (*_UNREADABLE, KeyError, TypeError) as error:
        raise InputError(
            f"The answer is no predictions: {error!r}. Expected {{'predictions': [...]}}."
        ) from None
    if len(table) != rows:
        raise InputError(f"{len(table)} predictions came back for {rows} rows. Check the endpoint's model.")
    return {name: table[:, place] for place, name in enumerate(OUTPUTS)}


def _five(row: Any) -> list[float]:
    values = [row[name] for name in OUTPUTS] if isinstance(row, dict) else list(row)
    plain = [value[0] if isinstance(value, list) else value for value in values]
    return [float("nan") if value is None else float(value) for value in plain]


def custom_attributes(entity_type: EntityType) -> str:
    """What `ATTRIBUTES_HEADER` says of rows of one kind."""
    return f"entity_type={entity_type}"


def read_attributes(text: str) -> EntityType | None:
    """The kind that a header names, None where it names none.

    Raises:
        InputError: it names another kind than the two.
    """
    pairs = dict(part.strip().partition("=")[::2] for part in text.split(";"))
    named = pairs.get("entity_type")
    if named is None:
        return None
    for kind in ENTITY_TYPES:
        if named == kind:
            return kind
    raise InputError(f"{ATTRIBUTES_HEADER}: entity_type is tutor or student, not {named!r}.")
