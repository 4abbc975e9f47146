"""Retention: what is predicted from and learnt from stays the same when old events leave the database."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tutorpulse.clock import DAY_US, HOUR_US, MINUTE_US, FixedClock
from tutorpulse.events.codec import Arrival, decode_lines
from tutorpulse.features.compute import compute
from tutorpulse.features.frame import ENTITY_TYPES, EntityType
from tutorpulse.service.live.nightly import Nightly
from tutorpulse.service.root import Pulse, open_alone
from tutorpulse.service.upkeep import keep_up
from tutorpulse.settings import Settings
from tutorpulse.simulate import emit, parameters, population
from tutorpulse.store.log import EventStore
from tutorpulse.training.reading import read_history

FIRST_DAY, DAYS = 20_000, 120
NOW_US = (FIRST_DAY + DAYS) * DAY_US + HOUR_US


def simulated(store: EventStore) -> None:
    world = population.new_world(parameters.load(None), 12, 60, FIRST_DAY, DAYS, 3)
    arrival = Arrival(now_us=NOW_US, source="test", replayed=True, received_when_happened=True)
    lines = [line.encode() for day, _ in emit.line_chunks(world, DAYS) for line in day]
    assert store.append(decode_lines(b"\n".join(lines), arrival)).accepted > 1_000


def seen(pulse: Pulse, kind: EntityType, as_of_us: int) -> list[np.ndarray]:
    frame = compute(pulse.store, kind, as_of_us)
    return [frame.entity_ids, frame.features, frame.context, *frame.facts.values()]


def learnt(pulse: Pulse, kind: EntityType) -> list[np.ndarray]:
    history = read_history(pulse.store, kind, NOW_US)
    lines = (history.activity, history.completed, history.first_sessions.moments)
    return [history.entity_ids, history.first_session_us, *(part for x in lines for part in (x.entity, x.us))]


@pytest.mark.parametrize("retention_days", [30, 90])
def test_features_and_history_are_the_same_at_any_time(tmp_path: Path, retention_days: int) -> None:
    settings = Settings(retention_days=retention_days)
    moments = [NOW_US, NOW_US - retention_days * DAY_US, NOW_US - 100 * DAY_US]
    with open_alone(tmp_path / "home", create=True, clock=FixedClock(NOW_US), settings=settings) as pulse:
        simulated(pulse.store)

        def everything() -> list[np.ndarray]:
            looks = [part for kind in ENTITY_TYPES for us in moments for part in seen(pulse, kind, us)]
            return looks + [part for kind in ENTITY_TYPES for part in learnt(pulse, kind)]

        before, counts = everything(), pulse.store.counts()
        done = keep_up(pulse)
        left = pulse.store.query("SELECT MIN(ts_us) AS us FROM main.session_events")["us"][0]
        assert left >= (FIRST_DAY + DAYS - retention_days) * DAY_US
        assert done.archived.events > 0
        assert pulse.store.counts() == counts
        for was, now in zip(before, everything(), strict=True):
            np.testing.assert_array_equal(was, now)


def test_without_retention_nothing_moves(tmp_path: Path) -> None:
    with open_alone(tmp_path / "home", create=True, clock=FixedClock(NOW_US)) as pulse:
        simulated(pulse.store)
        assert keep_up(pulse).archived.events == 0
        assert not pulse.home.archive_path.exists()


def test_a_service_does_the_upkeep_once_a_day_at_its_hour(tmp_path: Path) -> None:
    clock = FixedClock(FIRST_DAY * DAY_US + 4 * HOUR_US)
    settings = Settings(retention_days=1, upkeep_hour=5)
    with open_alone(tmp_path / "home", create=True, clock=clock, settings=settings) as pulse:
        nightly = Nightly(pulse)
        done = []
        for _ in range(60):
            clock.advance(HOUR_US)
            if nightly.step():
                done.append(clock.now_us() % DAY_US // HOUR_US)
        assert done == [5, 5, 5]


def test_an_upkeep_that_fails_is_put_off_for_an_hour_and_said_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = FixedClock(NOW_US)
    with open_alone(tmp_path / "a,b", create=True, clock=clock, settings=Settings(retention_days=1)) as pulse:
        simulated(pulse.store)
        nightly = Nightly(replace(pulse))
        clock.advance(DAY_US)
        for _ in range(180):
            assert not nightly.step()
            clock.advance(MINUTE_US)
    said = [record.message for record in caplog.records if "upkeep" in record.message]
    assert len(said) == 3
    assert all(
        line.startswith("upkeep put off for an hour: The archive needs a home without a comma")
        for line in said
    )


def test_a_service_that_stops_stops_its_upkeep(tmp_path: Path) -> None:
    with open_alone(tmp_path / "home", create=True, clock=FixedClock(NOW_US)) as pulse:
        nightly = Nightly(pulse)
        nightly.start()
        nightly.close(5.0)
        assert not nightly._thread.is_alive()
