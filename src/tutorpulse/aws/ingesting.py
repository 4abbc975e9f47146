"""Bodies of events from API Gateway into the stream, each event under whom it is about."""

import base64
import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec
import numpy as np
from starlette.datastructures import Headers

from tutorpulse.api.bodies import unpack
from tutorpulse.api.media import body_of
from tutorpulse.api.problems import KINDS, TYPE_PREFIX, ProblemError
from tutorpulse.api.receipts import receipt
from tutorpulse.api.routes.predecessor import told
from tutorpulse.clock import HOUR_US, Clock
from tutorpulse.events.batch import EventBatch
from tutorpulse.events.codec import split_array
from tutorpulse.service.queries.shapes import Problem
from tutorpulse.settings import Settings
from tutorpulse.store.bodies import Body, Decoded, Group, Refused, Taken, decode
from tutorpulse.store.outline import ids_of
from tutorpulse.store.receipts import ACCEPTED, REJECTED

RECORD_BYTES_MAX = 200_000
"""Events of one person are put into one record up to so many bytes."""

RECORDS_MAX, CALL_BYTES_MAX = 500, 4_000_000
"""What one call to the stream takes."""


@dataclass(frozen=True)
class Ingest:
    """Answers `POST /v1/events` and `POST /ingest`."""

    kinesis: Any
    stream: str
    settings: Settings
    clock: Clock

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a request as API Gateway's proxy integration has both.

        It comes once the stream has the events. `accepted` are those that are of the contract; whether one was known before
        is seen later, and counts once.
        """
        request_id = str(request.get("requestContext", {}).get("requestId", ""))
        try:
            body = self._body(request)
            decoded = decode(Group((body,), int(self.settings.future_tolerance_hours * HOUR_US)))
            self._put(body, decoded)
        except ProblemError as problem:
            return _problem(problem, request_id)
        taken = _taken(decoded)
        shaped = told(taken) if request.get("path", "").endswith("/ingest") else receipt(taken, every=False)
        return _answer(200, shaped, "application/json", request_id)

    def _body(self, request: Mapping[str, Any]) -> Body:
        headers = {name.lower(): value for name, value in (request.get("headers") or {}).items()}
        text = request.get("body") or ""
        raw = base64.b64decode(text) if request.get("isBase64Encoded") else text.encode()
        encoding = headers.get("content-encoding", "identity").strip().lower()
        if encoding in ("gzip", "zstd"):
            raw = unpack(raw, encoding, int(self.settings.body_mb_max * 1_000_000))
        elif encoding != "identity":
            raise ProblemError(
                "media-type", f"Content-Encoding {encoding!r} is not read. Send gzip, zstd or none."
            )
        if not raw.strip():
            raise ProblemError(
                "invalid", "The body is empty. Send events, as docs/reference/events.md has them."
            )
        return body_of(Headers(headers), raw, "api", self.clock.now_us())

    def _put(self, body: Body, decoded: Decoded[EventBatch]) -> None:
        for records in _calls(list(_records(body, decoded))):
            self._put_some(records)

    def _put_some(self, records: Sequence[dict[str, Any]]) -> None:
        for _ in range(3):
            answered = self.kinesis.put_records(StreamName=self.stream, Records=records)
            results = zip(records, answered["Records"], strict=True)
            records = [record for record, result in results if result.get("ErrorCode")]
            if not records:
                return
        raise ProblemError(
            "unavailable",
            "The stream did not take all events. Send the body again: what it took counts once.",
        )


def _records(body: Body, decoded: Decoded[EventBatch]) -> Iterator[dict[str, Any]]:
    """Records of the stream: the events of one person together, in their order; what is no event alone."""
    texts = _texts(body)
    whose = _whose(decoded)
    gathered: defaultdict[str, list[bytes]] = defaultdict(list)
    for position, text in enumerate(texts):
        if position in whose:
            gathered[whose[position]].append(text)
        else:
            yield {"Data": text, "PartitionKey": hashlib.blake2b(text, digest_size=16).hexdigest()}
    for partition, some in gathered.items():
        for together in _together(some):
            yield {"Data": together, "PartitionKey": partition}


def _texts(body: Body) -> list[bytes]:
    if body.form == "lines":
        return [line for line in body.raw.split(b"\n") if line.strip()]
    return (split_array(body.raw) if body.raw.lstrip()[:1] == b"[" else None) or [body.raw]


def _whose(decoded: Decoded[EventBatch]) -> dict[int, str]:
    """By position, whose partition an event belongs to: the student's, else the tutor's, else its own."""
    found: dict[int, str] = {}
    for rows in decoded.batch.rows:
        for name in ("event_id", "entity_id", "tutor_id", "student_id"):
            column = rows.event_id if name == "event_id" else rows.columns.get(name)
            if column is not None:
                named = zip(rows.position.tolist(), column.tolist(), strict=True)
                found |= {place: value for place, value in named if value not in (None, "-")}
    return found


def _together(texts: Sequence[bytes]) -> Iterator[bytes]:
    some: list[bytes] = []
    size = 0
    for text in texts:
        if some and size + len(text) > RECORD_BYTES_MAX:
            yield b"[" + b",".join(some) + b"]"
            some, size = [], 0
        some.append(text)
        size += len(text) + 1
    yield b"[" + b",".join(some) + b"]" if len(some) > 1 else some[0]


def _calls(records: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    some: list[dict[str, Any]] = []
    size = 0
    for record in records:
        if some and (len(some) == RECORDS_MAX or size + len(record["Data"]) > CALL_BYTES_MAX):
            yield some
            some, size = [], 0
        some.append(record)
        size += len(record["Data"])
    if some:
        yield some


def _taken(decoded: Decoded[EventBatch]) -> Taken:
    """What to tell the sender: what is of the contract is accepted."""
    batch = decoded.batch
    status = np.full(batch.size, REJECTED, np.int8)
    for rows in batch.rows:
        status[rows.position] = ACCEPTED
    refused = tuple(Refused(reject.position, reject.reason, reject.field) for reject in batch.rejects)
    return Taken(partial(ids_of, batch), status, refused)


def _problem(problem: ProblemError, request_id: str) -> dict[str, Any]:
    kind = KINDS[problem.kind]
    told = Problem(
        TYPE_PREFIX + problem.kind, kind.title, kind.status, problem.detail, request_id, problem.errors
    )
    return _answer(kind.status, told, "application/problem+json", request_id)


def _answer(status: int, content: object, media_type: str, request_id: str) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": {"Content-Type": media_type, "X-Request-ID": request_id, "Cache-Control": "no-store"},
        "body": msgspec.json.encode(content).decode(),
    }
