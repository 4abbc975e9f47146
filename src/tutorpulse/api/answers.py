"""Answers: structs as JSON, with an ETag where lists are polled."""

from hashlib import blake2b

import msgspec
from starlette.requests import Request
from starlette.responses import Response

JSON = "application/json"
_ENCODER = msgspec.json.Encoder()


def answer(content: object) -> Response:
    """A struct, or what else msgspec encodes, as JSON."""
    return Response(_ENCODER.encode(content), media_type=JSON)


def polled(request: Request, response: Response) -> Response:
    """The answer with its ETag; 304 without content where the caller has it already (`If-None-Match`)."""
    tag = f'W/"{blake2b(bytes(response.body), digest_size=12).hexdigest()}"'
    headers = {
        "etag": tag,
        "cache-control": "private, no-cache",
        "vary": "Accept, Authorization, Cookie, X-API-Key",
    }
    if _matches(request.headers.get("if-none-match", ""), tag):
        kept = {name: response.headers[name] for name in ("link",) if name in response.headers}
        return Response(status_code=304, headers=headers | kept)
    response.headers.update(headers)
    return response


def _matches(wanted: str, tag: str) -> bool:
    return any(given.strip() in ("*", tag, tag.removeprefix("W/")) for given in wanted.split(","))
