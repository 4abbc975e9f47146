"""Bodies that are one struct: admitted by their key, read within the limits, decoded."""

from typing import TypeVar

import msgspec
from starlette.requests import Request

from tutorpulse.api.access import SCHEMES
from tutorpulse.api.auditing import name_act
from tutorpulse.api.bodies import read_body
from tutorpulse.api.context import here
from tutorpulse.api.described import ref
from tutorpulse.api.problems import ProblemError
from tutorpulse.service.access.callers import Caller
from tutorpulse.store.state.audit import Act

T = TypeVar("T")


async def posted(
    request: Request, shape: type[T], scope: str = "operate", act: Act | None = None
) -> tuple[T, Caller]:
    """The body as `shape`, and whoever sent it; `act` is what the audit log calls it.

    Raises:
        ProblemError: the sender may not do it, the body is too large, or it is not of that shape.
    """
    context = here(request)
    caller = await context.door.admit(request, scope)
    if act is not None:
        name_act(request, act)
    raw = await read_body(request, context.body_limits)
    try:
        return msgspec.json.decode(raw, type=shape), caller
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ProblemError("invalid", f"The body is not as it should be: {error}.") from None


def takes(shape: type[msgspec.Struct], example: object) -> dict[str, object]:
    """What the OpenAPI document says of a route that reads such a body by `posted`."""
    body = {"required": True, "content": {"application/json": {"schema": ref(shape), "example": example}}}
    return {"security": SCHEMES, "requestBody": body}
