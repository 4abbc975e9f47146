"""Bodies of requests: read up to a limit, unpacked up to a limit."""

import zlib
from dataclasses import dataclass
from typing import Protocol

import zstandard
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request

from tutorpulse.api.problems import ProblemError

ENCODINGS = ("identity", "gzip", "zstd")
"""The values of `Content-Encoding` that are read."""

_ZSTD_WINDOW_BYTES = 8 << 20
"""What a decoder must support at least (RFC 8878), and what a sender may make us hold at most."""
_MEMBERS_MAX = 1_000
_GZIP_PIECE = 4_096
_ZSTD_PIECE = 256
"""Bytes that are unpacked at once. A gzip stream grows at most 1,032-fold, a zstd block of 4 bytes to 128 KiB: 4 and 8 MiB."""


@dataclass(frozen=True)
class BodyLimits:
    """The most bytes that a body may have, as sent and unpacked."""

    sent: int
    unpacked: int


async def read_body(request: Request, limits: BodyLimits) -> bytes:
    """The whole body, unpacked.

    Raises:
        ProblemError: it is larger than a limit, packed otherwise than `ENCODINGS`, or damaged.
    """
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ENCODINGS:
        raise ProblemError(
            "media-type",
            f"Content-Encoding {encoding!r} is not read. Send one of {', '.join(ENCODINGS)}.",
            headers={"Accept-Encoding": ", ".join(ENCODINGS[1:])},
        )
    most = limits.unpacked if encoding == "identity" else limits.sent
    sent = await _sent(request, most)
    if encoding == "identity":
        return sent
    return await run_in_threadpool(unpack, sent, encoding, limits.unpacked)


async def _sent(request: Request, most: int) -> bytes:
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > most:
        raise _too_large(most)
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        # As `request.stream` does it, without an iterator to step through.
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        part = message.get("body", b"")
        size += len(part)
        if size > most:
            raise _too_large(most)
        parts.append(part)
        more = message.get("more_body", False)
    return parts[0] if len(parts) == 1 else b"".join(parts)


class _Unpacker(Protocol):
    """Of one member of a stream."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, /) -> bytes: ...


def unpack(sent: bytes, encoding: str, most: int) -> bytes:
    """The content of a gzip or zstd body of one or more members. A few megabytes beyond `most` are ever unpacked.

    Raises:
        ProblemError: it holds more than `most` bytes, or is damaged or cut short.
    """
    start, piece = (_gzip, _GZIP_PIECE) if encoding == "gzip" else (_zstd, _ZSTD_PIECE)
    content, at, unpacker = bytearray(), 0, start()
    try:
        for _ in range(_MEMBERS_MAX):
            while not unpacker.eof and at < len(sent):
                given = sent[at : at + piece]
                content += unpacker.decompress(given)
                at += len(given) - len(unpacker.unused_data)
                if len(content) > most:
                    raise _too_large(most)
            if at >= len(sent):
                break
            unpacker = start()
    except (zlib.error, zstandard.ZstdError):
        raise _damaged(encoding) from None
    if at < len(sent) or not unpacker.eof:
        raise _damaged(encoding)
    return bytes(content)


def _gzip() -> _Unpacker:
    return zlib.decompressobj(zlib.MAX_WBITS | 16)


def _zstd() -> _Unpacker:
    return zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES).decompressobj()


def _damaged(encoding: str) -> ProblemError:
    return ProblemError(
        "invalid", f"The body is no whole {encoding} stream. Send it again, or without Content-Encoding."
    )


def _too_large(most: int) -> ProblemError:
    return ProblemError(
        "body-too-large", f"The body has more than {most:,} bytes. Send the events in smaller batches."
    )
