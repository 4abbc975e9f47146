"""Following the stream of insights."""

from collections.abc import Iterable, Iterator

import httpx
import msgspec

from tutorpulse.client.transport import AGAIN, Transport, refused
from tutorpulse.decisions.insights import Insight

_PATH = "/insights/stream"


def follow(transport: Transport, after: str | None) -> Iterator[tuple[str, Insight]]:
    """Each insight with its event's id, for ever; a connection that ends is made again after the last id seen.

    Raises:
        ServiceError: the service refuses, and not only for now.
    """
    last, attempt = after, 0
    while True:
        try:
            for event_id, insight in _once(transport, last):
                last, attempt = event_id, 0
                yield event_id, insight
        except httpx.TransportError:
            pass
        attempt += 1
        transport.pause(attempt)


def _once(transport: Transport, after: str | None) -> Iterator[tuple[str, Insight]]:
    headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": after} if after else {})
    with transport.stream(_PATH, headers) as response:
        if response.status_code in AGAIN:
            return
        if not response.is_success:
            response.read()
            raise refused(response)
        yield from events(response.iter_lines())


def events(lines: Iterable[str]) -> Iterator[tuple[str, Insight]]:
    """The insights in the lines of a stream of server-sent events; comments and other events are left out."""
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
            continue
        if fields.get("event") == "insight" and "id" in fields:
            yield fields["id"], msgspec.json.decode(fields["data"].encode(), type=Insight)
        fields = {}
