"""Sending simulated lines to a running service, at a chosen rate."""

import http.client
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from tutorpulse.errors import InputError

EVENTS_PATH = "/v1/events"
_TIMEOUT_SECONDS = 60.0
_ACCEPTED = range(200, 300)


@dataclass(frozen=True)
class Target:
    """Where to send: the service's address, and headers such as the one that holds a key.

    `events_per_second` of 0 sends as fast as the service takes them.
    """

    url: str
    headers: tuple[tuple[str, str], ...] = ()
    events_per_second: float = 0.0
    events_per_request: int = 1000


def parse_header(text: str) -> tuple[str, str]:
    """`Name: value` in two.

    Raises:
        InputError: there is no colon, or no name.
    """
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise InputError(
            f"--header {text!r} is no header. Give a name and a value, such as 'Authorization: Bearer KEY'."
        )
    return name.strip(), value.strip()


def post_lines(
    target: Target,
    lines: Iterable[bytes],
    now_seconds: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """POST the lines as NDJSON, some at a time; how many were sent.

    Raises:
        InputError: the address is none, nobody answers there, or the service refuses.
    """
    address = _address(target.url)
    kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    connection = kind(address.netloc, timeout=_TIMEOUT_SECONDS)
    sent, began = 0, now_seconds()
    try:
        for body, count in _requests(lines, target.events_per_request):
            _post(connection, address, target, body)
            sent += count
            if target.events_per_second > 0:
                sleep(max(0.0, began + sent / target.events_per_second - now_seconds()))
    finally:
        connection.close()
    return sent


def _address(url: str) -> SplitResult:
    address = urlsplit(url)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise InputError(f"--to {url!r} is no address. Give one such as http://localhost:8080.")
    return address


def _requests(lines: Iterable[bytes], size: int) -> Iterator[tuple[bytes, int]]:
    gathered: list[bytes] = []
    for line in lines:
        gathered.append(line)
        if len(gathered) == size:
            yield b"\n".join(gathered) + b"\n", size
            gathered = []
    if gathered:
        yield b"\n".join(gathered) + b"\n", len(gathered)


def _post(connection: http.client.HTTPConnection, address: SplitResult, target: Target, body: bytes) -> None:
    path = address.path.rstrip("/") + EVENTS_PATH
    try:
        connection.request(
            "POST", path, body, {"Content-Type": "application/x-ndjson", **dict(target.headers)}
        )
        response = connection.getresponse()
        answer = response.read()
    except (OSError, http.client.HTTPException) as error:
        raise InputError(
            f"{target.url} does not take events: {error}. Is the service running there?"
        ) from None
    if response.status not in _ACCEPTED:
        said = answer[:300].decode(errors="replace")
        raise InputError(
            f"{target.url} answered {response.status} {response.reason}: {said} Check the address and --header."
        )
