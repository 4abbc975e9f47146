"""Which subjects a tutor or student is about, for filters: those of the sessions completed in 90 days, and those declared last."""

import threading
from collections.abc import Iterator

from tutorpulse.clock import DAY_US, MINUTE_US
from tutorpulse.events.fields import LIST_SEPARATOR, PLACEHOLDER_ID
from tutorpulse.features.frame import ENTITY_TYPES, EntityType
from tutorpulse.service.root import Pulse
from tutorpulse.store.log import EventStore
from tutorpulse.store.state import State

LOOKBACK_DAYS = 90
KEPT_US = 10 * MINUTE_US
"""What was worked out is asked of for so long."""


class Subjects:
    """Works the subjects out when somebody asks and they are older than ten minutes; for all threads."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._kept_us: int | None = None

    def bring_up_to_date(self, pulse: Pulse) -> None:
        """The first who asks waits; later ones are content with the older ones while somebody works them out."""
        now_us = pulse.clock.now_us()
        if self._kept_us is not None and now_us - self._kept_us < KEPT_US:
            return
        if self._guard.acquire(blocking=self._kept_us is None):
            try:
                if self._kept_us is None or now_us - self._kept_us >= KEPT_US:
                    keep_subjects(pulse.store, pulse.state, now_us)
                    self._kept_us = now_us
            finally:
                self._guard.release()


def keep_subjects(store: EventStore, state: State, now_us: int) -> None:
    """Work them out for everybody, and keep them in the state."""
    for kind in ENTITY_TYPES:
        state.subjects.replace(kind, subjects_of(store, kind, now_us))


def subjects_of(store: EventStore, kind: EntityType, now_us: int) -> set[tuple[str, str]]:
    """(entity id, subject) of a kind; the placeholder is nobody."""
    return {
        pair for pair in (*_taught(store, kind, now_us), *_declared(store, kind)) if pair[0] != PLACEHOLDER_ID
    }


def _taught(store: EventStore, kind: EntityType, now_us: int) -> Iterator[tuple[str, str]]:
    found = store.query(
        f"""SELECT DISTINCT {kind}_id AS id, subject FROM settled_sessions WHERE outcome = 'completed'
        AND time_us > {now_us - LOOKBACK_DAYS * DAY_US:d} AND subject IS NOT NULL AND {kind}_id IS NOT NULL"""
    )
    yield from zip(found["id"].tolist(), found["subject"].tolist(), strict=True)


def _declared(store: EventStore, kind: EntityType) -> Iterator[tuple[str, str]]:
    found = store.query(
        f"""SELECT {kind}_id AS id, MAX_BY(subjects, (ts_us, received_us, event_id)) AS subjects FROM {kind}_events
        WHERE subjects IS NOT NULL AND {kind}_id IS NOT NULL GROUP BY 1"""
    )
    for entity_id, subjects in zip(found["id"].tolist(), found["subjects"].tolist(), strict=True):
        yield from ((entity_id, subject) for subject in subjects.split(LIST_SEPARATOR) if subject)
