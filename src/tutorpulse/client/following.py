"""Following the stream of insights."""

from collections.abc import Iterable, Iterator

import httpx
import msgspec

from tutorpulse.client.transport import AGAIN, Transport, refused
from tutorpulse.decisions.insights import Insight

PATH = "/insights/stream"


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
    with transport.stream(PATH, following_headers(after)) as response:
        if response.status_code in AGAIN:
            return
        if not response.is_success:
            response.read()
            raise refused(response)
        yield from events(response.iter_lines())


def following_headers(after: str | None) -> dict[str, str]:
    """What is asked of the stream: to begin after an event's id, or with what is new."""
    return {"Accept": "text/event-stream"} | ({"Last-Event-ID": after} if after else {})


def events(lines: Iterable[str]) -> Iterator[tuple[str, Insight]]:
    """The insights in the lines of a stream of server-sent events; comments and other events are left out."""
    taken = Lines()
    yield from (found for line in lines if (found := taken.take(line)) is not None)


class Lines:
    """Puts the lines of a stream together, one after the other."""

    def __init__(self) -> None:
        self._fields: dict[str, str] = {}

    def take(self, line: str) -> tuple[str, Insight] | None:
        """An insight with its event's id, where this line ends one; else None."""
        if line:
            name, _, value = line.partition(":")
            self._fields[name] = value.removeprefix(" ")
            return None
        fields, self._fields = self._fields, {}
        if fields.get("event") != "insight" or "id" not in fields:
            return None
        return fields["id"], msgspec.json.decode(fields["data"].encode(), type=Insight)
