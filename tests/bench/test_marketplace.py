"""The benchmarks' marketplace: valid, exact in number, the same for the same plan."""

from collections import Counter
from itertools import chain

import numpy as np
import pytest

from tutorpulse.bench.filling import joined
from tutorpulse.bench.marketplace import Plan, batches, ndjson
from tutorpulse.events.batch import EventBatch
from tutorpulse.events.codec import Arrival, decode_lines
from tutorpulse.events.contract import EVENT_TYPES, TABLES

PLAN = Plan.of(20_000)
NEVER_US = 2**62


def decoded(lines: bytes) -> EventBatch:
    return decode_lines(lines, Arrival(now_us=NEVER_US, source="bench", replayed=True))


def positions(batch: EventBatch) -> np.ndarray:
    return np.concatenate([rows.position for rows in batch.rows])


@pytest.mark.parametrize("events", [1_000, 20_000, 300_000])
def test_a_plan_gives_exactly_its_number_of_events_under_distinct_ids(events: int) -> None:
    made = list(batches(Plan.of(events)))
    assert sum(batch.size for batch in made) == events
    for batch in made:
        assert sorted(positions(batch).tolist()) == list(range(batch.size))
    ids = Counter(chain.from_iterable(rows.event_id.tolist() for batch in made for rows in batch.rows))
    assert len(ids) == events


def test_the_same_plan_gives_the_same_events_and_another_seed_others() -> None:
    first, again, other = (next(batches(plan)) for plan in (PLAN, PLAN, Plan.of(20_000, seed=2)))
    assert ndjson(first) == ndjson(again)
    sessions = [set(batch.rows[0].columns["session_id"].tolist()) for batch in (first, other)]
    assert sessions[0].isdisjoint(sessions[1])


def test_its_lines_are_valid_events_and_say_what_its_columns_say() -> None:
    batch = next(batches(PLAN))
    read = decoded(ndjson(batch))
    assert read.rejects == ()
    assert read.size == batch.size
    ours = {rows.event_type: rows for rows in batch.rows}
    for theirs in read.rows:
        rows = ours[theirs.event_type]
        by_position = np.argsort(rows.position)
        order = np.argsort(theirs.position)
        assert theirs.event_id[order].tolist() == rows.event_id[by_position].tolist()
        assert theirs.ts_us[order].tolist() == rows.ts_us[by_position].tolist()
        for name, column in theirs.columns.items():
            assert column[order].tolist() == rows.columns[name][by_position].tolist()


def test_every_family_but_foreign_opinions_takes_part() -> None:
    kinds = {EVENT_TYPES[rows.event_type].table for rows in next(batches(PLAN)).rows}
    assert kinds == set(TABLES) - {"other_events"}


def test_activity_is_long_tailed() -> None:
    booked = next(rows for rows in next(batches(PLAN)).rows if rows.event_type == "session_booked")
    counts = np.sort(np.unique(booked.columns["tutor_id"], return_counts=True)[1])[::-1]
    assert counts[: len(counts) // 10].sum() > 0.25 * counts.sum()


def test_joined_batches_hold_the_same_events_in_order() -> None:
    parts = [next(batches(PLAN)), next(batches(Plan.of(5_000, seed=2)))]
    (whole,) = joined(iter(parts), 9)
    assert sorted(positions(whole).tolist()) == list(range(whole.size))
    assert ndjson(whole) == b"".join(map(ndjson, parts))
