"""Whom events that are readable now are about."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tutorpulse.events.batch import TypeRows
from tutorpulse.events.fields import PLACEHOLDER_ID
from tutorpulse.store.admission import Claim


@dataclass(frozen=True)
class Touched:
    """The tutors and students that new events name, each once and in no order, never the placeholder.

    `received_us` is when the first of those events was received.
    """

    tutor_ids: NDArray[np.object_]
    student_ids: NDArray[np.object_]
    received_us: int


def touched_by(claims: Sequence[Claim]) -> Touched:
    """Of claims with at least one new event."""
    taken = list(_taken(claims))
    return Touched(
        _named(taken, "tutor"),
        _named(taken, "student"),
        min(int(rows.received_us[new].min()) for rows, new in taken),
    )


def _taken(claims: Iterable[Claim]) -> Iterable[tuple[TypeRows, NDArray[np.bool_]]]:
    for claim in claims:
        if not claim.batch.rows:
            continue
        ends = np.cumsum([len(rows.position) for rows in claim.batch.rows])[:-1]
        for rows, new in zip(claim.batch.rows, np.split(claim.new, ends), strict=True):
            if new.any():
                yield rows, new


def _named(taken: Sequence[tuple[TypeRows, NDArray[np.bool_]]], entity_type: str) -> NDArray[np.object_]:
    ids: set[str | None] = set()
    for rows, new in taken:
        columns = rows.columns
        if f"{entity_type}_id" in columns:
            column = columns[f"{entity_type}_id"]
            ids.update((column if new.all() else column[new]).tolist())
        if "entity_id" in columns:
            ids.update(columns["entity_id"][new & (columns["entity_type"] == entity_type)].tolist())
    ids -= {None, PLACEHOLDER_ID}
    return np.array(list(ids), np.object_)
