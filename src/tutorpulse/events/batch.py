"""Events as columns: what the codec hands to the store."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Column: TypeAlias = NDArray[Any]
"""Text: an object array of str or None. Numbers float64, times int64 (microseconds), flags bool, as masked arrays."""


@dataclass(frozen=True)
class TypeRows:
    """The valid events of one type in one batch; every array has one item per event.

    `position` is the event's place in what arrived (0-based), `columns` the payload's fields by name, without those
    that no event of the batch carries; `extra` is JSON text of the fields that the contract does not know, or None.
    """

    event_type: str
    position: NDArray[np.int64]
    event_id: NDArray[np.object_]
    ts_us: NDArray[np.int64]
    received_us: NDArray[np.int64]
    columns: Mapping[str, Column]
    extra: NDArray[np.object_]


@dataclass(frozen=True)
class Reject:
    """An event that breaks the contract, kept whole.

    `field` is the dotted path of what is wrong (empty: the event as a whole), `source` the file or sender, `place`
    its line, row or index there.
    """

    position: int
    raw: bytes
    reason: str
    field: str
    source: str
    place: int
    received_us: int


@dataclass(frozen=True)
class EventBatch:
    """One arrival, decoded: `size` events, of which `rejects` break the contract and the rest stand in `rows`."""

    size: int
    rows: tuple[TypeRows, ...]
    rejects: tuple[Reject, ...] = ()
