"""Text for many rows at once: columns of bytes of one width each, laid side by side, whose unused bytes are NUL and fall out.

A row is written by a few copies of bytes for all rows, not by an interpreter's steps for each of its fields.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tutorpulse.simulate.state import Flags, Ints

Cells: TypeAlias = NDArray[np.bytes_]
"""One text per row, at most as long as the column is wide."""

Table: TypeAlias = NDArray[np.uint8]
"""(rows, bytes): a line in each row; NUL is no byte of it."""

_CHUNK_DIGITS = 4
_CHUNK = 10**_CHUNK_DIGITS


@dataclass(frozen=True)
class Piece:
    """Texts that are the same in all rows, and columns, in the order of writing; nothing of it in the rows `gaps` marks."""

    parts: tuple[bytes | Cells, ...]
    gaps: Flags | None = None

    @property
    def width(self) -> int:
        """Bytes of a row's text at most."""
        return sum(map(_width, self.parts))


def _width(part: bytes | Cells) -> int:
    return len(part) if isinstance(part, bytes) else part.dtype.itemsize


def lines_table(pieces: Sequence[Piece], count: int) -> Table:
    """The pieces of each of `count` rows side by side, and a line's end; no text holds a line's end or a NUL."""
    parts = [*chain.from_iterable(piece.parts for piece in pieces), b"\n"]
    table = np.empty(count, _layout(parts))
    table[:] = np.frombuffer(b"".join(_blank(part) for part in parts), table.dtype)[0]
    for name, part in zip(table.dtype.names or (), parts, strict=True):
        if not isinstance(part, bytes):
            table[name] = part
    flat = table.view(np.uint8).reshape(count, -1)
    for piece, place in zip(pieces, _places(pieces), strict=True):
        if piece.gaps is not None:
            flat[piece.gaps, place] = 0
    return flat


def woven(tables: Sequence[Table], places: Sequence[Ints]) -> bytes:
    """The lines of several tables as one text; `places` are those of each table's rows, from 0 on, each once."""
    size = sum(map(len, tables))
    whole = np.zeros((size, max((table.shape[1] for table in tables), default=0)), np.uint8)
    for table, place in zip(tables, places, strict=True):
        whole[place, : table.shape[1]] = table
    return bytes(whole[whole != 0])


def _layout(parts: Sequence[bytes | Cells]) -> np.dtype[np.void]:
    return np.dtype([(f"part{place}", f"S{_width(part)}") for place, part in enumerate(parts)])


def _blank(part: bytes | Cells) -> bytes:
    return part if isinstance(part, bytes) else bytes(_width(part))


def _places(pieces: Sequence[Piece]) -> Iterator[slice]:
    end = 0
    for piece in pieces:
        begin, end = end, end + piece.width
        yield slice(begin, end)


def column_of(words: Sequence[str]) -> Cells:
    """The words as they are, to be taken by their numbers."""
    return np.array([word.encode() for word in words] or [b""], dtype=np.bytes_)


def whole_numbers(values: NDArray[Any], least: int = 1) -> tuple[Cells, ...]:
    """Whole numbers of 0 or more in decimal digits, with zeros in front up to `least` digits."""
    rest = values.astype(np.int64)
    width = max(least, len(str(int(rest.max(initial=0)))))
    columns: list[Cells] = []
    for after in range(0, width, _CHUNK_DIGITS):
        digits = min(_CHUNK_DIGITS, width - after)
        rest, chunk = np.divmod(rest, _CHUNK) if width > after + digits else (rest, rest)
        columns.append(_without_zeros(_digits(digits)[chunk], values, digits, after, least))
    return tuple(reversed(columns))


def _without_zeros(cells: Cells, values: NDArray[Any], digits: int, after: int, least: int) -> Cells:
    """The digits that have `after` more behind them, without those in front of the number's own or its `least` last."""
    flat = cells.view(np.uint8).reshape(len(cells), digits)
    for place in range(max(after, least), after + digits):
        flat[values < 10**place, after + digits - 1 - place] = 0
    return cells


@lru_cache(maxsize=_CHUNK_DIGITS)
def _digits(count: int) -> Cells:
    return column_of([f"{number:0{count}d}" for number in range(10**count)])


def decimals(values: NDArray[np.float64]) -> tuple[Cells, ...]:
    """Numbers at two decimals, as Python writes them: `12.0`, `12.5`, `-0.25`; NaN gives any text."""
    hundredths = np.rint(np.abs(np.nan_to_num(values)) * 100).astype(np.int64)
    whole, behind = np.divmod(hundredths, 100)
    sign = column_of(["", "-"])[np.signbit(values).astype(np.int64)]
    return (sign, *whole_numbers(whole), _behind()[behind])


@lru_cache(maxsize=1)
def _behind() -> Cells:
    return column_of([str(number / 100)[1:] for number in range(100)])


def numbers(values: NDArray[Any]) -> tuple[Cells, ...]:
    """Numbers as `decimals` or, where the column holds whole ones, `whole_numbers` writes them; whole ones below 0 give any text."""
    return decimals(values) if values.dtype.kind == "f" else whole_numbers(np.maximum(values, 0))


def texts(values: NDArray[np.object_]) -> Cells:
    """Texts of any kind, each row its own."""
    return column_of(values.tolist())


def chosen(table: Cells, number: Ints) -> Cells:
    """The table's texts of the numbers; any for -1."""
    return np.asarray(table[number.astype(np.int64)], table.dtype)
