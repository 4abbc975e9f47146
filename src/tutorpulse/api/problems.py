"""Every error of the API, in the one shape of RFC 9457.

A problem's `type` is `urn:tutorpulse:problem:` and its name here; `detail` says what is wrong with this request and what to do,
`errors` names the fields, `request_id` finds it in the log. Nothing of the inside is told.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from tutorpulse.errors import HistoryError, InputError, TutorpulseError, UnavailableError, UnknownEntityError
from tutorpulse.service.queries.shapes import FieldError, Problem

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:tutorpulse:problem:"
RETRY_AFTER_S = 1
"""What a sender is told to wait when the service cannot take something now."""


class Kind(msgspec.Struct, frozen=True):
    """A kind of problem: its status, its title, and when it is answered."""

    status: int
    title: str
    when: str


KINDS = {
    "key-missing": Kind(
        401, "A key is needed", "There is no key and no sign-in, or it is unknown, expired or revoked."
    ),
    "cross-site": Kind(
        403, "Not from a page of ours", "A browser sent it with its cookie from another site's page."
    ),
    "key-lacks-scope": Kind(
        403,
        "The key does not allow this",
        "The key, or the user's role, lacks the scope that the route needs.",
    ),
    "not-found": Kind(
        404, "Not found", "There is no such path, entity, insight, alert, reject or recommendation."
    ),
    "method-not-allowed": Kind(
        405, "Method not allowed", "The path knows other methods; `Allow` lists them."
    ),
    "not-acceptable": Kind(406, "No such format", "`Accept` names no format that this list can be given in."),
    "nothing-yet": Kind(409, "Nothing to show yet", "The log is too short, or nothing was predicted yet."),
    "body-too-large": Kind(
        413, "Body too large", "The body, or what it unpacks to, is larger than the limit."
    ),
    "media-type": Kind(
        415, "Media type not supported", "`Content-Type` or `Content-Encoding` is none that is read."
    ),
    "invalid": Kind(
        422, "The request is not valid", "A parameter or the body is wrong; `errors` says which and why."
    ),
    "too-many-requests": Kind(
        429, "Too many requests", "The key's limit is reached; `Retry-After` says how long to wait."
    ),
    "internal": Kind(500, "Internal error", "A fault of the service. It is in the log under `request_id`."),
    "unavailable": Kind(
        503, "Not available now", "The queue is full, or a part is not ready; see `Retry-After`."
    ),
}
"""Every kind of problem, by the last part of its `type`."""

_BY_STATUS = {kind.status: name for name, kind in KINDS.items()}
_ENCODER = msgspec.json.Encoder()


class ProblemError(Exception):
    """Raised anywhere in a route to answer with a problem."""

    def __init__(
        self,
        kind: str,
        detail: str,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})


def respond(request: Request, error: ProblemError) -> Response:
    """The answer to a request that has this problem."""
    kind = KINDS[error.kind]
    request_id = str(request.scope.get("state", {}).get("request_id", ""))
    problem = Problem(
        TYPE_PREFIX + error.kind, kind.title, kind.status, error.detail, request_id, error.errors
    )
    return Response(_ENCODER.encode(problem), kind.status, error.headers, MEDIA_TYPE)


def of_ours(error: TutorpulseError) -> ProblemError:
    """The problem that an error of the tree is."""
    if isinstance(error, UnknownEntityError):
        return ProblemError("not-found", str(error))
    if isinstance(error, InputError):
        return ProblemError("invalid", str(error))
    if isinstance(error, HistoryError):
        return ProblemError("nothing-yet", str(error))
    if isinstance(error, UnavailableError):
        return ProblemError("unavailable", str(error), headers={"Retry-After": str(RETRY_AFTER_S)})
    # A home or model that cannot be used: what is said of it names paths of the machine.
    said = "The service cannot do this now. Its log says why, under the request's id."
    return ProblemError("unavailable", said, headers={"Retry-After": str(RETRY_AFTER_S)})


def of_validation(error: RequestValidationError) -> ProblemError:
    """The problem that wrong parameters are."""
    errors = [FieldError(".".join(map(str, e["loc"][1:])), str(e["msg"])) for e in error.errors()]
    named = "; ".join(f"{e.field}: {e.reason}" for e in errors)
    return ProblemError("invalid", f"{named}. See /v1/openapi.json.", errors)


def of_http(error: HTTPException, request: Request) -> ProblemError:
    """The problem that an error of the framework is."""
    kind = _BY_STATUS.get(error.status_code, "invalid")
    said: dict[str, Any] = {
        "not-found": f"There is no path {request.url.path}. See /v1/openapi.json.",
        "method-not-allowed": f"{request.url.path} does not know {request.method}.",
    }
    return ProblemError(kind, said.get(kind, str(error.detail)), headers=error.headers)
