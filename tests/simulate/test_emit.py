"""The stream of events: valid, in order, repeatable, and the same in every form."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.simulate.worlds import FIRST_DAY, small_world
from tutorpulse.clock import DAY_US
from tutorpulse.events.batch import EventBatch
from tutorpulse.events.codec import Arrival, BatchDecoder
from tutorpulse.events.contract import EVENT_TYPES
from tutorpulse.simulate import emit
from tutorpulse.simulate.state import World

DAYS = 100
ARRIVAL = Arrival((FIRST_DAY + DAYS) * DAY_US, "test", replayed=True, received_when_happened=True)


def lines_of(days: int = DAYS, seed: int = 5, span_days: int = 1) -> list[str]:
    chunks = emit.line_chunks(small_world(seed=seed, days=days), days, span_days)
    return [line for lines, _ in chunks for line in lines]


@pytest.fixture(scope="module")
def lines() -> list[str]:
    return lines_of()


def decoded(lines: list[str]) -> EventBatch:
    decoder = BatchDecoder(ARRIVAL)
    decoder.add_lines(("\n".join(lines) + "\n").encode(), 1)
    return decoder.finish()


def test_the_same_seed_gives_the_same_bytes(lines: list[str]) -> None:
    assert lines_of() == lines


def test_another_seed_gives_another_world(lines: list[str]) -> None:
    assert lines_of(days=10, seed=6) != lines[: len(lines_of(days=10, seed=6))]


def test_every_event_is_valid_by_the_contract(lines: list[str]) -> None:
    batch = decoded(lines)
    assert batch.size == len(lines) > 5_000
    assert not batch.rejects
    seen = {rows.event_type for rows in batch.rows}
    assert seen >= set(EVENT_TYPES) - {
        "tutor_profile_updated",
        "tutor_departed",
        "tutor_resumed",
        "payment_disputed",
    }
    assert all(extra is None for rows in batch.rows for extra in rows.extra)


def test_ids_are_unique(lines: list[str]) -> None:
    ids = np.concatenate([rows.event_id for rows in decoded(lines).rows])
    assert len(set(ids.tolist())) == len(ids)


def test_events_come_in_the_order_of_time(lines: list[str]) -> None:
    moments = [line.split('"timestamp":"')[1][:20] for line in lines]
    assert moments == sorted(moments)
    assert len(set(moments)) > len(moments) / 2


def test_nothing_happens_after_the_end(lines: list[str]) -> None:
    assert max(int(rows.ts_us.max()) for rows in decoded(lines).rows) < (FIRST_DAY + DAYS) * DAY_US


def test_longer_spans_hold_the_same_lines(lines: list[str]) -> None:
    assert lines_of(span_days=7) == lines
    assert lines_of(span_days=30) == lines


def test_texts_made_ahead_are_the_same(lines: list[str]) -> None:
    world, mornings = small_world(days=DAYS), []
    texts = emit.texts_ahead(world, DAYS, lived=lambda: mornings.append(world.day - FIRST_DAY))
    assert b"".join(text.lines for text in texts).decode().split("\n")[:-1] == lines
    assert mornings == [*range(7, DAYS, 7), DAYS]


@settings(max_examples=15, deadline=None)
@given(
    tutors=st.integers(1, 3),
    students=st.integers(1, 5),
    days=st.integers(1, 25),
    seed=st.integers(0, 10_000),
    span_days=st.integers(1, 9),
)
@example(
    tutors=1, students=4, days=14, seed=1071, span_days=1
)  # A tutor does not come, which says of no discount.
def test_the_tiniest_world_is_told_whole(
    tutors: int, students: int, days: int, seed: int, span_days: int
) -> None:
    """Days on which nothing happens at all are common there."""

    def world() -> World:
        return small_world(tutors, students, days, seed)

    told = b"".join(text.lines for text in emit.texts(world(), days, span_days))
    assert b"".join(text.lines for text in emit.texts_ahead(world(), days)) == told
    batch = decoded(told.decode().split("\n")[:-1])
    assert not batch.rejects
    assert batch.size == sum(each.size for each in emit.batches(world(), days, span_days))


def test_batches_hold_what_the_lines_say() -> None:
    from_lines = decoded(lines_of(days=40, span_days=40))
    (batch,) = emit.batches(small_world(days=40), 40, 40)
    assert batch.size == from_lines.size
    assert {rows.event_type for rows in batch.rows} == {rows.event_type for rows in from_lines.rows}
    by_type = {rows.event_type: rows for rows in batch.rows}
    for expected in from_lines.rows:
        found = by_type[expected.event_type]
        for name in ("position", "event_id", "ts_us", "received_us"):
            assert np.array_equal(getattr(found, name), getattr(expected, name)), name
        for name, column in expected.columns.items():
            assert column.tolist() == found.columns[name].tolist(), name
        assert found.columns.keys() == expected.columns.keys()


def test_a_response_follows_its_request(lines: list[str]) -> None:
    rows = {rows.event_type: rows for rows in decoded(lines).rows}
    asked = dict(
        zip(rows["booking_requested"].columns["request_id"], rows["booking_requested"].ts_us, strict=True)
    )
    answers = rows["booking_responded"]
    assert all(t > asked[r] for r, t in zip(answers.columns["request_id"], answers.ts_us, strict=True))
    assert len(asked) > len(answers.ts_us)
