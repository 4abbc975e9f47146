"""Requests that are sent again where that helps, and answers that are problems turned into errors."""

import random
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import msgspec

from tutorpulse.errors import ServiceError
from tutorpulse.service.queries.shapes import Problem

AGAIN = frozenset({429, 502, 503, 504})
"""Statuses after which the same request may succeed. Events have ids, so sending them again adds nothing."""

STREAM_TIMEOUT = httpx.Timeout(30.0)
"""A stream says something at least every few seconds."""


@dataclass(frozen=True)
class Retries:
    """How often and when a request is sent again.

    The wait before attempt k + 1 is what `Retry-After` says, else half to all of `first_wait_s` x 2^(k-1); never above `longest_wait_s`.
    """

    attempts: int = 6
    first_wait_s: float = 0.25
    longest_wait_s: float = 30.0
    sleep: Callable[[float], None] = time.sleep

    def wait_s(self, attempt: int, retry_after: str | None) -> float:
        """Seconds to wait after attempt `attempt`, from 1."""
        told = asked_wait_s(retry_after)
        if told is not None:
            return min(told, self.longest_wait_s)
        longest = min(self.first_wait_s * 2.0 ** (attempt - 1), self.longest_wait_s)
        return longest * (1 + random.random()) / 2


def asked_wait_s(retry_after: str | None) -> float | None:
    """What `Retry-After` says, in seconds from now; None where it says nothing that can be read."""
    if retry_after is None:
        return None
    if retry_after.strip().isdecimal():
        return float(retry_after)
    with suppress(ValueError):
        return max((parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds(), 0.0)
    return None


Params = Mapping[str, Any]
_Plain = str | int | float | bool | None


def query(params: Params) -> list[tuple[str, _Plain]]:
    """Parameters as they go into the address; None is left out, a list comes once for each item."""
    found: list[tuple[str, _Plain]] = []
    for name, value in params.items():
        many: Iterable[Any] = value if isinstance(value, list | tuple) else (value,)
        found += [(name, _text(one)) for one in many if one is not None]
    return found


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


class Transport:
    """Sends requests with a key.

    Raises:
        ServiceError: see `send`.
    """

    def __init__(self, http: httpx.Client, retries: Retries) -> None:
        self._http = http
        self._retries = retries

    def send(
        self,
        method: str,
        path: str,
        params: Params | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """The answer, after as many attempts as are allowed.

        Raises:
            ServiceError: the service refused the request, or could not be reached.
        """
        request = self._http.build_request(
            method, path, params=query(params or {}), content=body, headers=headers
        )
        for attempt in range(1, self._retries.attempts + 1):
            response, error = self._attempt(request)
            if response is not None and response.status_code not in AGAIN:
                break
            if attempt < self._retries.attempts:
                after = response.headers.get("retry-after") if response is not None else None
                self._retries.sleep(self._retries.wait_s(attempt, after))
        if response is None:
            raise unreachable(self._http.base_url, error)
        if response.is_success:
            return response
        raise refused(response)

    def _attempt(self, request: httpx.Request) -> tuple[httpx.Response | None, httpx.TransportError | None]:
        try:
            return self._http.send(request), None
        except httpx.TransportError as error:
            return None, error

    def pause(self, attempt: int) -> None:
        """Wait as after attempt `attempt`, or the last one."""
        self._retries.sleep(self._retries.wait_s(min(attempt, self._retries.attempts), None))

    def stream(self, path: str, headers: Mapping[str, str]) -> AbstractContextManager[httpx.Response]:
        """A context of one answer whose content is read as it comes; not tried again."""
        return self._http.stream("GET", path, headers=headers, timeout=STREAM_TIMEOUT)


def unreachable(address: httpx.URL, error: httpx.TransportError | None) -> ServiceError:
    """The error that no answer is."""
    return ServiceError(f"{address} cannot be reached: {error}. Check the address, or try later.")


def refused(response: httpx.Response) -> ServiceError:
    """The error that an answer is."""
    try:
        problem = msgspec.json.decode(response.content, type=Problem)
    except (msgspec.DecodeError, UnicodeDecodeError):
        said = f"{response.request.url} answered {response.status_code}, and no problem. Is it a tutorpulse service?"
        return ServiceError(said, response.status_code)
    return ServiceError(f"{problem.title}: {problem.detail}", problem.status, problem.request_id)
