"""Writing the simulated lines to a file: plain, gzip or zstd by the name's ending."""

import gzip
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import zstandard

from tutorpulse.errors import InputError

_GZIP_LEVEL = 4


def write_lines(path: Path, chunks: Iterable[Sequence[str]]) -> int:
    """As `write_texts`, lines without their ends."""
    return write_texts(path, (("\n".join([*lines, ""]).encode(), len(lines)) for lines in chunks))


def write_texts(path: Path, texts: Iterable[tuple[bytes, int]]) -> int:
    """Write texts of whole lines, each given with how many; how many there were.

    The file appears when it is whole: until then it is written beside, with `.part` added to its name.

    Raises:
        InputError: the place cannot be written to.
    """
    part = path.with_name(path.name + ".part")
    count = 0
    try:
        with _opened(part, path.suffix) as file:
            for text, lines in texts:
                count += lines
                file.write(text)
        part.replace(path)
    except OSError as error:
        raise InputError(
            f"{path} cannot be written: {error.strerror}. Give a file in a folder that exists."
        ) from None
    return count


@contextmanager
def _opened(path: Path, suffix: str) -> Iterator[BinaryIO]:
    with path.open("wb") as raw:
        if suffix == ".gz":
            with gzip.GzipFile("", "wb", _GZIP_LEVEL, raw, mtime=0) as packed:
                yield cast(BinaryIO, packed)
        elif suffix == ".zst":
            with zstandard.ZstdCompressor().stream_writer(raw) as packed:
                yield cast(BinaryIO, packed)
        else:
            yield raw
