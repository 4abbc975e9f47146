"""The dead letters: events that broke the contract, kept whole until they are replayed or dismissed."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal, TypeAlias, get_args

import numpy as np

from tutorpulse.errors import UnknownEntityError
from tutorpulse.events.batch import Reject
from tutorpulse.store.database import Database
from tutorpulse.store.schema import REJECT_COLUMNS

State: TypeAlias = Literal["open", "replayed", "dismissed"]
STATES: tuple[State, ...] = get_args(State)


@dataclass(frozen=True)
class StoredReject:
    """A reject as it is kept. `reject_id` is made of content, source and place: the same line twice is one reject."""

    reject_id: str
    raw: bytes
    reason: str
    field: str
    source: str
    place: int
    received_us: int
    state: State


def reject_id(reject: Reject) -> str:
    """32 hexadecimal digits of BLAKE2b over source, place and content."""
    head = f"{reject.source}\x00{reject.place}\x00".encode()
    return blake2b(head + reject.raw, digest_size=16).hexdigest()


def add(database: Database, rejects: Sequence[Reject]) -> None:
    """Keep those that are not known yet, as open; within the caller's transaction."""
    if not rejects:
        return
    by_id = {reject_id(reject): reject for reject in reversed(rejects)}
    database.make_temporary("arriving", {"reject_id": np.array(list(by_id), np.object_), **_columns(by_id)})
    database.execute(
        """INSERT INTO rejects
        SELECT reject_id, unhex(raw), reason, field, source, place, received_us, 'open' FROM arriving
        WHERE reject_id NOT IN (SELECT reject_id FROM rejects) ORDER BY source, place"""
    )
    database.execute("DROP TABLE arriving")


def _columns(by_id: dict[str, Reject]) -> dict[str, np.ndarray]:
    rejects = by_id.values()
    return {
        "raw": np.array([r.raw.hex() for r in rejects], np.object_),
        "reason": np.array([r.reason for r in rejects], np.object_),
        "field": np.array([r.field for r in rejects], np.object_),
        "source": np.array([r.source for r in rejects], np.object_),
        "place": np.array([r.place for r in rejects], np.int64),
        "received_us": np.array([r.received_us for r in rejects], np.int64),
    }


def listed(database: Database, state: State | None, limit: int | None, offset: int) -> list[StoredReject]:
    """Rejects in a state (None: in any), in order of source and place."""
    return _select(
        database,
        f"""WHERE state = COALESCE(?, state) ORDER BY source, place, reject_id
        {"" if limit is None else f"LIMIT {limit:d}"} OFFSET {offset:d}""",
        [state],
    )


def one(database: Database, reject_id: str) -> StoredReject:
    """The reject of that id.

    Raises:
        UnknownEntityError: there is none.
    """
    found = _select(database, "WHERE reject_id = ?", [reject_id])
    if not found:
        raise UnknownEntityError(f"No reject {reject_id!r}. `tutorpulse rejects list` shows those there are.")
    return found[0]


def mark(database: Database, reject_ids: Sequence[str], state: State) -> None:
    """Set the state of rejects; unknown ids change nothing."""
    database.execute(
        "UPDATE rejects SET state = ? WHERE list_contains(?, reject_id)", [state, list(reject_ids)]
    )


def _select(database: Database, rest: str, params: Sequence[object]) -> list[StoredReject]:
    found = database.execute(f"SELECT {', '.join(REJECT_COLUMNS)} FROM rejects {rest}", params).fetchall()
    return [StoredReject(*row) for row in found]
