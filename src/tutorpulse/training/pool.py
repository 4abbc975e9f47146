"""Several logs as one: what training reads of each, joined under ids that name the log."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tutorpulse.features.frame import EntityType, FeatureFrame
from tutorpulse.training.history import FirstSessions, History
from tutorpulse.training.pauses import Pauses
from tutorpulse.training.timeline import Timeline

ReadHistory: TypeAlias = Callable[[EntityType, int], History]
"""The history of one kind as known at a moment."""

ReadFrame: TypeAlias = Callable[[EntityType, int], FeatureFrame]
"""The features of one kind as of a moment."""


def pooled_histories(sources: Sequence[ReadHistory]) -> ReadHistory:
    """Reads the histories of at least one log as one, as known at the same moment in all of them."""
    return lambda kind, known_us: pool_histories([read(kind, known_us) for read in sources])


Tells = Callable[[int, int], bool]
"""Whether the log of a place tells of a moment."""


def pooled_frames(sources: Sequence[ReadFrame], tells: Tells = lambda _place, _as_of_us: True) -> ReadFrame:
    """Reads the features of at least one log as one frame, under the ids of `pooled_histories`.

    Logs that do not tell of a moment are left out of its frame; where none does, it has no rows.
    """

    def read(kind: EntityType, as_of_us: int) -> FeatureFrame:
        places = [place for place in range(len(sources)) if tells(place, as_of_us)]
        if not places:
            return sources[0](kind, as_of_us).take(np.empty(0, np.int64))
        return pool_frames([sources[place](kind, as_of_us) for place in places], places)

    return read


def pool_histories(parts: Sequence[History]) -> History:
    """Histories of one kind, known at one moment, as one; nobody of one log is anybody of another."""
    sizes = [len(part.entity_ids) for part in parts]
    starts = [int(start) for start in np.cumsum([0, *sizes[:-1]])]

    def lines(name: str) -> Timeline:
        return _joined([getattr(part, name) for part in parts], starts)

    return replace(
        parts[0],
        entity_ids=_ids([part.entity_ids for part in parts]),
        activity=lines("activity"),
        registered_us=np.concatenate([part.registered_us for part in parts]),
        first_session_us=np.concatenate([part.first_session_us for part in parts]),
        completed=lines("completed"),
        departures=lines("departures"),
        goals=lines("goals"),
        pauses=Pauses(
            _joined([part.pauses.starts for part in parts], starts),
            np.concatenate([part.pauses.end_us for part in parts]),
            np.concatenate([part.pauses.unknown_end for part in parts]),
        ),
        first_sessions=FirstSessions(
            _joined([part.first_sessions.moments for part in parts], starts),
            np.concatenate([part.first_sessions.success for part in parts]),
        ),
        log=np.repeat(np.arange(len(parts)), sizes) if len(parts) > 1 else None,
    )


def pool_frames(parts: Sequence[FeatureFrame], places: Sequence[int] | None = None) -> FeatureFrame:
    """Frames of one kind and moment as one, row upon row; `places` are those of their logs, by default in turn."""
    return replace(
        parts[0],
        entity_ids=_ids([part.entity_ids for part in parts], places),
        features=np.concatenate([part.features for part in parts]),
        context=np.concatenate([part.context for part in parts]),
        facts={name: np.concatenate([part.facts[name] for part in parts]) for name in parts[0].facts},
    )


def _joined(parts: Sequence[Timeline], starts: Sequence[int]) -> Timeline:
    # Each part is sorted and its codes begin where those of the last one ended: so is the whole.
    return Timeline(
        np.concatenate([part.entity + start for part, start in zip(parts, starts, strict=True)]),
        np.concatenate([part.us for part in parts]),
    )


def _ids(parts: Sequence[NDArray[np.object_]], places: Sequence[int] | None = None) -> NDArray[np.object_]:
    numbered = zip(places or range(len(parts)), parts, strict=True)
    return np.array(
        [f"{place:03d}/{entity_id}" for place, ids in numbered for entity_id in ids], dtype=object
    )
