"""As `transport` and `following`, for asyncio."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager

import httpx

from tutorpulse.client.following import PATH, Lines, following_headers
from tutorpulse.client.transport import AGAIN, STREAM_TIMEOUT, Params, Retries, query, refused, unreachable
from tutorpulse.decisions.insights import Insight


class AsyncTransport:
    """Sends requests with a key. Waits with `sleep`, not with that of `retries`."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        retries: Retries,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._http = http
        self._retries = retries
        self._sleep = sleep

    async def send(
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
            response, error = await self._attempt(request)
            if response is not None and response.status_code not in AGAIN:
                break
            if attempt < self._retries.attempts:
                after = response.headers.get("retry-after") if response is not None else None
                await self._sleep(self._retries.wait_s(attempt, after))
        if response is None:
            raise unreachable(self._http.base_url, error)
        if response.is_success:
            return response
        raise refused(response)

    async def _attempt(
        self, request: httpx.Request
    ) -> tuple[httpx.Response | None, httpx.TransportError | None]:
        try:
            return await self._http.send(request), None
        except httpx.TransportError as error:
            return None, error

    async def pause(self, attempt: int) -> None:
        """Wait as after attempt `attempt`, or the last one."""
        await self._sleep(self._retries.wait_s(min(attempt, self._retries.attempts), None))

    def stream(self, path: str, headers: Mapping[str, str]) -> AbstractAsyncContextManager[httpx.Response]:
        """A context of one answer whose content is read as it comes; not tried again."""
        return self._http.stream("GET", path, headers=headers, timeout=STREAM_TIMEOUT)


async def follow(transport: AsyncTransport, after: str | None) -> AsyncIterator[tuple[str, Insight]]:
    """Each insight with its event's id, for ever; a connection that ends is made again after the last id seen.

    Raises:
        ServiceError: the service refuses, and not only for now.
    """
    last, attempt = after, 0
    while True:
        try:
            async for event_id, insight in _once(transport, last):
                last, attempt = event_id, 0
                yield event_id, insight
        except httpx.TransportError:
            pass
        attempt += 1
        await transport.pause(attempt)


async def _once(transport: AsyncTransport, after: str | None) -> AsyncIterator[tuple[str, Insight]]:
    async with transport.stream(PATH, following_headers(after)) as response:
        if response.status_code in AGAIN:
            return
        if not response.is_success:
            await response.aread()
            raise refused(response)
        lines = Lines()
        async for line in response.aiter_lines():
            found = lines.take(line)
            if found is not None:
                yield found
