"""Files of JSON events as blocks of lines: plain, gzip or zstd, and a file that is one JSON array.

Compression is told by the first bytes, the format by the name (`events.ndjson`, `events.jsonl.gz`, `events.json.zst`). Tables (CSV, Parquet)
are read by `store.tables`.
"""

import itertools
import zlib
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path
from typing import BinaryIO, Protocol

import zstandard

from tutorpulse.errors import InputError
from tutorpulse.events.codec import split_array

BLOCK_BYTES = 1 << 19
"""Measured: blocks of half a megabyte decode fastest (they stay in the processor's cache)."""

LONGEST_LINE_BYTES = 1 << 26
LARGEST_ARRAY_BYTES = 1 << 30

_CHUNK_BYTES = 1 << 16
_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


class Format(Enum):
    """What a file holds, by its name."""

    LINES = ("ndjson", "jsonl")
    JSON = ("json",)
    CSV = ("csv", "tsv")
    PARQUET = ("parquet",)


class _Decompressor(Protocol):
    def decompress(self, data: bytes, /) -> bytes: ...
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...


_COMPRESSIONS: dict[bytes, Callable[[], _Decompressor]] = {
    b"\x1f\x8b": lambda: zlib.decompressobj(wbits=31),
    b"\x28\xb5\x2f\xfd": lambda: zstandard.ZstdDecompressor().decompressobj(),
}
_DAMAGED = (zlib.error, zstandard.ZstdError)


def format_of(path: Path) -> Format:
    """The file's format, by its name without `.gz` or `.zst`.

    Raises:
        InputError: the name says nothing that can be read.
    """
    name = path.name.lower().removesuffix(".gz").removesuffix(".zst")
    suffix = name.rpartition(".")[2] if "." in name else ""
    for kind in Format:
        if suffix in kind.value:
            return kind
    known = ", ".join(f".{suffix}" for kind in Format for suffix in kind.value)
    raise InputError(
        f"{path}: cannot tell what it holds from its name. Name it with one of {known}, then .gz or .zst if compressed."
    )


def check_file(path: Path) -> None:
    """Refuse a file that cannot be read to its end, before anything of it is used.

    Raises:
        InputError: it is missing, a folder, unreadable, empty, UTF-16, or its compression is damaged or cut short.
    """
    if path.is_dir():
        raise InputError(f"{path} is a folder. Name the files in it, such as {path}/*.ndjson.")
    if not path.exists():
        raise InputError(f"{path} does not exist. Check the spelling and the folder you are in.")
    size = 0
    for chunk in read_chunks(path):
        if not size and chunk.startswith(_UTF16):
            raise InputError(
                f"{path} is UTF-16. Convert it to UTF-8, for example with iconv -f UTF-16 -t UTF-8."
            )
        size += len(chunk)
        if size and not _is_compressed(path):
            break
    if not size:
        raise InputError(f"{path} is empty. Nothing can be read from it.")


def read_chunks(path: Path, progress: Callable[[int], None] = lambda _: None) -> Iterator[bytes]:
    """The file's content, decompressed, in pieces of any size; `progress` is told the bytes read from disk.

    Raises:
        InputError: it cannot be opened, or its compression is damaged or cut short.
    """
    try:
        with path.open("rb") as file:
            yield from _chunks(file, path, progress)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}. Check its permissions.") from None
    except _DAMAGED as error:
        raise InputError(
            f"{path} is damaged: {error}. Fetch or make it again; nothing of it was used."
        ) from None


def _make_decompressor(head: bytes) -> Callable[[], _Decompressor] | None:
    return next((make for magic, make in _COMPRESSIONS.items() if head.startswith(magic)), None)


def _is_compressed(path: Path) -> bool:
    with path.open("rb") as file:
        return _make_decompressor(file.read(4)) is not None


def _chunks(file: BinaryIO, path: Path, progress: Callable[[int], None]) -> Iterator[bytes]:
    make = _make_decompressor(file.read(4))
    file.seek(0)
    stream = make() if make else None
    while data := file.read(_CHUNK_BYTES if make else BLOCK_BYTES):
        progress(len(data))
        while data and make and stream:
            if stream.eof:
                stream = make()
            yield stream.decompress(data)
            data = stream.unused_data if stream.eof else b""
        if data:
            yield data
    if stream and not stream.eof:
        raise InputError(f"{path} is cut short: its compression has no end. Fetch or make it again.")


def read_blocks(path: Path, progress: Callable[[int], None] = lambda _: None) -> Iterator[bytes]:
    """Blocks of about `BLOCK_BYTES`, each of whole lines, without a byte order mark.

    Raises:
        InputError: see `read_chunks`; or a line is longer than `LONGEST_LINE_BYTES`.
    """
    waiting: list[bytes] = []
    size, first = 0, True
    for chunk in read_chunks(path, progress):
        waiting.append(chunk)
        size += len(chunk)
        if size < BLOCK_BYTES:
            continue
        data = b"".join(waiting)
        end = data.rfind(b"\n") + 1
        if end:
            yield _without_bom(data[:end]) if first else data[:end]
            first = False
        elif size > LONGEST_LINE_BYTES:
            raise InputError(
                f"{path} has a line of over {LONGEST_LINE_BYTES >> 20} MB. Is it JSON with one event on each line?"
            )
        waiting, size = [data[end:]], len(data) - end
    rest = b"".join(waiting)
    if rest:
        yield _without_bom(rest) if first else rest


def _without_bom(data: bytes) -> bytes:
    return data.removeprefix(_BOM)


def read_array(path: Path, progress: Callable[[int], None] = lambda _: None) -> list[bytes] | None:
    """The items of a file that is one JSON array, each as its own JSON; None if it does not begin like one.

    Raises:
        InputError: it begins like an array and is none, or has over `LARGEST_ARRAY_BYTES` (it is held in memory).
    """
    chunks = read_chunks(path, progress)
    head = b""
    for chunk in chunks:
        head = _without_bom(head + chunk)
        if head.strip():
            break
    if not head.lstrip().startswith(b"["):
        return None
    text = bytearray()
    for chunk in itertools.chain([head], chunks):
        text += chunk
        if len(text) > LARGEST_ARRAY_BYTES:
            raise InputError(
                f"{path} is a JSON array of over {LARGEST_ARRAY_BYTES >> 30} GB. "
                "Write one event on each line instead (jq -c '.[]'), which is read piece by piece."
            )
    items = split_array(bytes(text))
    if items is None:
        raise InputError(f"{path} begins like a JSON array and is none. Was it cut short?")
    return items
