"""A small home that is kept fresh step by step, by a clock that the test moves."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import numpy as np

from tests.service.logs import NOW_US, Event, home_with, lesson
from tutorpulse.clock import HOUR_US, FixedClock
from tutorpulse.events.codec import Arrival, decode_lines
from tutorpulse.features.frame import EntityType
from tutorpulse.service.live.lane import DEFAULT_LIMITS, Limits
from tutorpulse.service.live.refresher import Refresher
from tutorpulse.service.live.service import Service, open_service
from tutorpulse.service.root import Pulse, open_pulse

LIVE_US = NOW_US + 13 * HOUR_US
"""When the tests begin: past midnight, so that what arrives now is not of the population's day."""

PAIRS = [lesson(days, f"t{i}", f"s{i}", rating=4) for i in range(6) for days in (2, 9, 16, 40)]
"""Six tutors, each with a student of their own."""

SILENT = [
    lesson(days, f"t{i}", f"s{i}", rating=3) for i in range(6, 10) for days in (i + 2, i + 9, i + 16, i + 23)
]
"""Four more who met every week and have not for one to two: somebody has to be asked."""


def append(pulse: Pulse, *events: Event) -> None:
    """Events that arrive now."""
    lines = b"\n".join(map(msgspec.json.encode, events))
    batch = decode_lines(lines, Arrival(now_us=pulse.clock.now_us(), source="test"))
    assert not batch.rejects, batch.rejects
    pulse.store.append(batch)


@contextmanager
def refreshed(
    path: Path, events: Iterable[Event] = PAIRS, limits: Limits = DEFAULT_LIMITS
) -> Iterator[tuple[Pulse, Refresher]]:
    """A home and its refresher, which has looked at everybody and does nothing by itself."""
    home_with(path, events)
    with open_pulse(path, clock=FixedClock(LIVE_US)) as pulse:
        refresher = Refresher(pulse, limits)
        refresher.open()
        refresher.catch_up()
        yield pulse, refresher
        refresher.close()


@contextmanager
def served(path: Path, events: Iterable[Event]) -> Iterator[Service]:
    """A home that is served and has been refreshed once."""
    home_with(path, events)
    with open_service(path, clock=FixedClock(LIVE_US)) as service:
        service.refresh()
        yield service


def later(pulse: Pulse, hours: float) -> int:
    """Move the clock on, and tell the time."""
    assert isinstance(pulse.clock, FixedClock)
    pulse.clock.advance(int(hours * HOUR_US))
    return pulse.clock.us


def scored_at(pulse: Pulse, kind: EntityType, as_of_us: int) -> list[str]:
    """Who was last scored at that moment."""
    rows = pulse.state.predictions.all(kind)
    return [str(i) for i in rows.entity_ids[np.asarray(rows.columns["as_of_us"] == as_of_us)]]


def threads(*prefixes: str) -> set[threading.Thread]:
    """The threads of services that run now; other tests of the process may keep some of their own."""
    return {thread for thread in threading.enumerate() if thread.name.startswith(prefixes)}
