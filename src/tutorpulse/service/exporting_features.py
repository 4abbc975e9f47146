"""Features of all entities of a kind as a file."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import format_time
from tutorpulse.errors import InputError
from tutorpulse.features.compile import CATALOGS
from tutorpulse.features.compute import compute
from tutorpulse.features.frame import ENTITY_TYPES, EntityType, FeatureFrame
from tutorpulse.service.exporting import check_format, readable
from tutorpulse.service.moment import refresh_moment
from tutorpulse.service.root import Pulse, newest_event_us


def entity_type_of(text: str) -> EntityType:
    """The kind of entity that a person named.

    Raises:
        InputError: it is none.
    """
    for entity_type in ENTITY_TYPES:
        if text == entity_type:
            return entity_type
    raise InputError(f"{text!r} is no kind of entity. Give one of: {', '.join(ENTITY_TYPES)}.")


def export_moment(pulse: Pulse, as_of_us: int | None, known_at_us: int | None) -> tuple[int, int, str | None]:
    """As of when, known at when, and what is to be said about it.

    A time that was asked for is looked at with what was known by then, unless `known_at_us` says otherwise. Without one it is
    the clock's, or the newest event's if that is more than a day old, with all that is known.

    Raises:
        HistoryError: nothing was imported yet.
    """
    newest_us, now_us = newest_event_us(pulse), pulse.clock.now_us()
    if as_of_us is not None:
        return as_of_us, as_of_us if known_at_us is None else known_at_us, None
    moment_us, old = refresh_moment(newest_us, now_us, None)
    note = "That is the newest event's time, more than a day ago. Give --as-of for another." if old else None
    return moment_us, max(moment_us, now_us) if known_at_us is None else known_at_us, note


def export_features(
    pulse: Pulse, entity_type: EntityType, as_of_us: int, known_at_us: int, path: Path
) -> int:
    """Write the 46, then the context, of every entity known, in ascending order of id, and say how many.

    Columns are named as in the catalog, after `entity_type`, `entity_id` and `as_of` (RFC 3339); what is missing is empty
    (NULL).

    Raises:
        InputError: see `check_format`.
    """
    options = check_format(path)
    frame = compute(pulse.store, entity_type, as_of_us, known_at_us, settings=pulse.settings)
    columns = _columns(frame)
    columns["entity_id"] = readable(columns["entity_id"], path)
    with pulse.store.relation("exported", columns):
        pulse.store.copy_to(
            f"SELECT {', '.join(columns)} FROM exported ORDER BY entity_id", str(path), options
        )
    return len(frame)


def _columns(frame: FeatureFrame) -> dict[str, NDArray[Any]]:
    named = [feature.name for feature in CATALOGS[frame.entity_type].shown()]
    values = np.hstack([frame.features, frame.context])
    constant = {"entity_type": frame.entity_type, "as_of": format_time(frame.as_of_us)}
    texts: dict[str, NDArray[Any]] = {
        name: np.full(len(frame), text, dtype=object) for name, text in constant.items()
    }
    numbers = {name: np.ma.masked_invalid(values[:, place]) for place, name in enumerate(named)}
    return {
        "entity_type": texts["entity_type"],
        "entity_id": frame.entity_ids,
        "as_of": texts["as_of"],
    } | numbers
