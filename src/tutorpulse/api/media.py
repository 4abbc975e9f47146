"""What a body of events is, by its headers."""

from starlette.datastructures import Headers

from tutorpulse.api.problems import ProblemError
from tutorpulse.events.envelopes import is_binary_mode
from tutorpulse.store.bodies import Body, Form

FORMS: dict[str, Form] = {
    "application/json": "json",
    "application/x-ndjson": "lines",
    "application/ndjson": "lines",
    "application/jsonl": "lines",
    "application/cloudevents+json": "json",
    "application/cloudevents-batch+json": "json",
}
"""How a body of each media type is read. None at all is taken as JSON."""


def body_of(headers: Headers, raw: bytes, source: str, received_us: int) -> Body:
    """The body for the live door.

    Raises:
        ProblemError: its media type is none of `FORMS`.
    """
    media_type = headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if is_binary_mode(headers):
        if media_type != "application/json":
            raise _unread(media_type)
        return Body.of_binary_mode(headers, raw, source, received_us)
    form = FORMS.get(media_type)
    if form is None:
        raise _unread(media_type)
    return Body(raw, form, source, received_us)


def _unread(media_type: str) -> ProblemError:
    return ProblemError(
        "media-type",
        f"Content-Type {media_type!r} is not read. Send one of {', '.join(FORMS)}.",
        headers={"Accept": ", ".join(FORMS)},
    )
