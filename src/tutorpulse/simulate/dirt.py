"""Dirt as real logs have it, spread over clean lines at stated rates: the senders' faults, not the marketplace's.

Rates are shares of the clean events; each event gets one kind at most. A duplicate comes again, later; a late event
arrives hours or weeks after it happened, its envelope saying so; an event out of order stands up to a few hundred lines
further on; a malformed line breaks JSON or the contract; a clock that is off shifts the time by hours, a tenth of them so
far ahead that the event must be refused.
"""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from typing import TypeAlias

import numpy as np
from numpy.random import Generator

from tutorpulse.clock import DAY_US, HOUR_US, SECOND_US
from tutorpulse.errors import InputError
from tutorpulse.simulate.lines import moment_text
from tutorpulse.simulate.population import stream
from tutorpulse.simulate.state import Ints

_STREAM = 2**31
_MOMENT_AFTER = '","payload":'
_FAR_AHEAD_SHARE = 0.1
_Waiting: TypeAlias = tuple[int, str]
"""When a line arrives, and the line."""

_Spoilt: TypeAlias = tuple[str, list[_Waiting]]
"""What stands at the event's place (nothing: empty), and what arrives later."""


@dataclass(frozen=True)
class Dirt:
    """Shares of the clean events that get each kind of dirt; 0 to 1 together."""

    duplicate: float = 0.0
    late: float = 0.0
    disorder: float = 0.0
    malformed: float = 0.0
    clock: float = 0.0

    @property
    def total(self) -> float:
        """The share of events with any."""
        return self.duplicate + self.late + self.disorder + self.malformed + self.clock


KINDS = tuple(field.name for field in fields(Dirt))


def parse_dirt(text: str) -> Dirt:
    """`0.02` is spread evenly over all kinds; `late=0.01,malformed=0.001` states them one by one.

    Raises:
        InputError: an unknown kind, no number, a negative share, or more than 1 in all.
    """
    try:
        dirt = Dirt(**_shares(text))
    except (ValueError, TypeError):
        raise InputError(
            f"--dirt {text!r} cannot be read. Give a share such as 0.02, or kinds such as late=0.01,malformed=0.001; "
            f"kinds are {', '.join(KINDS)}."
        ) from None
    if not (0 <= dirt.total <= 1) or min(getattr(dirt, kind) for kind in KINDS) < 0:
        raise InputError(f"--dirt {text!r}: shares are 0 or more, and at most 1 in all.")
    return dirt


def _shares(text: str) -> dict[str, float]:
    if "=" not in text:
        return dict.fromkeys(KINDS, float(text) / len(KINDS))
    pairs = (part.partition("=") for part in text.split(","))
    return {kind.strip(): float(share) for kind, _, share in pairs}


def dirtied(chunks: Iterable[tuple[list[str], Ints]], dirt: Dirt, seed: int) -> Iterator[list[str]]:
    """The lines with dirt in them, in the order of their arrival; what has not arrived by the end comes last."""
    rng = stream(seed, _STREAM, 0)
    bounds = np.cumsum([getattr(dirt, kind) for kind in KINDS])
    waiting: list[_Waiting] = []
    for lines, ts_us in chunks:
        kinds = np.searchsorted(bounds, rng.random(len(lines)), side="right")
        for place in np.flatnonzero(kinds < len(KINDS)).tolist():
            spoil = _SPOIL[int(kinds[place])]
            lines[place], later = spoil(lines[place], int(ts_us[place]), rng)
            for arrival in later:
                heapq.heappush(waiting, arrival)
        yield _merged(lines, ts_us, waiting)
    yield [line for _, line in sorted(waiting)]


def _merged(lines: list[str], ts_us: Ints, waiting: list[_Waiting]) -> list[str]:
    """The day's lines with those that arrive by its end at their places, without the emptied ones."""
    ready = []
    while len(ts_us) and waiting and waiting[0][0] <= ts_us[-1]:
        ready.append(heapq.heappop(waiting))
    arrivals = np.array([arrival_us for arrival_us, _ in ready], dtype=np.int64)
    places = np.searchsorted(ts_us, arrivals, side="right").tolist()
    for place, (_, line) in zip(reversed(places), reversed(ready), strict=True):
        lines.insert(place, line)
    return [line for line in lines if line]


def _duplicate(line: str, ts_us: int, rng: Generator) -> _Spoilt:
    return line, [(ts_us + int(rng.exponential(6 * HOUR_US)), line)]


def _late(line: str, ts_us: int, rng: Generator) -> _Spoilt:
    wait_us = HOUR_US + int(rng.exponential(3 * DAY_US)) // SECOND_US * SECOND_US
    received = moment_text(ts_us + wait_us)
    return "", [
        (ts_us + wait_us, line.replace(_MOMENT_AFTER, f'","received_at":"{received}{_MOMENT_AFTER}', 1))
    ]


def _disorder(line: str, ts_us: int, rng: Generator) -> _Spoilt:
    return "", [(ts_us + int(rng.exponential(2 * HOUR_US)), line)]


def _malformed(line: str, _ts_us: int, rng: Generator) -> _Spoilt:
    way = int(rng.integers(0, 4))
    if way == 0:
        return line[: max(len(line) // 2, 1)], []
    if way == 1:
        return line.replace('"payload":', '"payloads":', 1), []
    if way == 2:
        return line.replace('"event_type":"', '"event_type":"un', 1), []
    return line.replace('"timestamp":"', '"timestamp":"yesterday ', 1), []


def _clock(line: str, ts_us: int, rng: Generator) -> _Spoilt:
    far = rng.random() < _FAR_AHEAD_SHARE
    off_us = 400 * DAY_US if far else int(rng.normal(0, 3 * HOUR_US)) // SECOND_US * SECOND_US
    true, told = moment_text(ts_us), moment_text(ts_us + off_us)
    return line.replace(f'"timestamp":"{true}', f'"timestamp":"{told}', 1), []


_SPOIL = (_duplicate, _late, _disorder, _malformed, _clock)
