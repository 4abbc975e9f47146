"""The query that is planned once and handed its rows: the same features as from the log, whoever is asked for and when."""

import random
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.features.histories import AS_OF, dense_history
from tests.features.memory import MemoryStore
from tests.features.said import done, event, of, review, say
from tests.features.same import assert_same
from tutorpulse.clock import DAY_US, HOUR_US
from tutorpulse.events.contract import EVENT_TYPES, TABLES
from tutorpulse.features.compute import compute, is_straddled, make_scope
from tutorpulse.features.frame import ENTITY_TYPES, EntityType
from tutorpulse.features.gathering import gathered
from tutorpulse.features.portions import Portion
from tutorpulse.features.references import References
from tutorpulse.features.store import Rows
from tutorpulse.store.database import Arrays

_LATER = AS_OF + 100 * DAY_US
"""When all of a history was known."""
_SOME = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class _Watched:
    """A planner that notes what it is asked, and of which relations."""

    def __init__(self, store: MemoryStore) -> None:
        self._store, self.asked, self.handed = store, list[str](), set[str]()

    def query_over(self, sql: str, sources: Mapping[str, str | Arrays]) -> tuple[Arrays, int]:
        self.asked.append(sql)
        self.handed = set(sources)
        return self._store.query_over(sql, sources)

    def changes_until(self, received_us: int) -> int | None:
        """Of this store it is never known."""

    def rows(self, sql: str, values: Mapping[str, int]) -> Rows:
        raise AssertionError("of what may have changed nothing is kept")


class _Keeping(_Watched):
    """A planner that knows of erasures, so that what tutors told is kept in memory."""

    erasures = 0

    def changes_until(self, received_us: int) -> int | None:
        return self.erasures if received_us <= 0 else None

    def rows(self, sql: str, values: Mapping[str, int]) -> Rows:
        return self._store.rows_again(sql, values)


def _of_sessions(event: dict[str, Any]) -> bool:
    return EVENT_TYPES[event["event_type"]].table == "session_events"


def _unstraddled(seed: int, as_of_us: int) -> list[dict[str, Any]]:
    """A history whose sessions end by a time and were known then; whatever else it tells goes on."""
    return [
        e
        for e in dense_history(seed)
        if not (_of_sessions(e) and max(e["ts_us"], e["received_us"]) > as_of_us)
    ]


@pytest.mark.parametrize("kind", ENTITY_TYPES)
@_SOME
@given(
    seed=st.integers(0, 10**6),
    rows=st.permutations([0, 1, 2, 3]).map(lambda order: order[:2]),
    back=st.sampled_from([0, 3 * DAY_US, 40 * DAY_US]),
)
def test_the_planned_query_gives_what_the_log_gives(
    store: MemoryStore, kind: EntityType, seed: int, rows: list[int], back: int
) -> None:
    as_of_us, planner = AS_OF - back, _Watched(store)
    everybody = compute(store.fill(_unstraddled(seed, as_of_us)), kind, as_of_us)
    some = np.array([row % len(everybody) for row in dict.fromkeys(row % len(everybody) for row in rows)])
    ids = everybody.entity_ids[some]
    assert_same(
        compute(store, kind, as_of_us, entity_ids=ids, references=References(planner)), everybody.take(some)
    )
    assert planner.asked


@pytest.mark.parametrize("kind", ENTITY_TYPES)
def test_a_kept_plan_serves_other_events_entities_and_times(store: MemoryStore, kind: EntityType) -> None:
    planner = _Watched(store)
    kept = References(planner)
    for asked, seed in enumerate((3, 4, 5)):
        store.fill(dense_history(seed))
        as_of_us = AS_OF + 2 * DAY_US + asked
        everybody = compute(store, kind, as_of_us, _LATER)
        some = np.arange(asked, asked + 2) % len(everybody)
        found = compute(store, kind, as_of_us, _LATER, everybody.entity_ids[some], references=kept)
        assert_same(found, everybody.take(some))
    assert len(planner.asked) == 3
    assert len(set(planner.asked)) == 1


@pytest.mark.parametrize("kind", ENTITY_TYPES)
@_SOME
@given(seed=st.integers(0, 10**6), rows=st.sampled_from([1, 100, 400]))
def test_in_portions_the_planned_query_gives_the_same(
    store: MemoryStore, kind: EntityType, seed: int, rows: int
) -> None:
    everybody = compute(store.fill(_unstraddled(seed, AS_OF)), kind, AS_OF)
    planner, portion = _Watched(store), Portion(rows)
    portion.note(1, rows)
    found = compute(
        store, kind, AS_OF, entity_ids=everybody.entity_ids, references=References(planner, portion)
    )
    assert_same(found, everybody)
    assert 1 < len(planner.asked) <= len(everybody)


@pytest.mark.parametrize("kind", ENTITY_TYPES)
@settings(_SOME, max_examples=5)
@given(
    seed=st.integers(0, 10**6),
    back=st.sampled_from([0, 3 * DAY_US, 40 * DAY_US]),
    order=st.randoms(use_true_random=False),
    stages=st.lists(
        st.tuples(st.floats(0.3, 1), st.integers(0, 3).map(lambda n: n * 7 * HOUR_US)), min_size=2, max_size=4
    ),
    erased=st.sampled_from(["t1", "t2"]),
)
def test_what_tutors_told_is_kept_and_gives_what_the_log_gives(
    store: MemoryStore,
    kind: EntityType,
    seed: int,
    back: int,
    order: random.Random,
    stages: list[tuple[float, int]],
    erased: str,
) -> None:
    """Whatever came in between looks, and after an erasure; at times of two days, none of them before the last."""
    as_of_us = AS_OF - back
    events = _unstraddled(seed, as_of_us)
    order.shuffle(events)
    planner = _Keeping(store)
    kept = References(planner)
    times = sorted(as_of_us + later_us for _, later_us in stages)
    for share, now_us in zip(sorted(share for share, _ in stages), times, strict=True):
        _assert_kept(store.fill(events[: round(share * len(events))]), kind, now_us, kept)
    planner.erasures += 1
    store.execute("INSERT INTO erased_ids (seq) VALUES (1)")
    _assert_kept(store.fill([e for e in events if e.get("tutor_id") != erased]), kind, times[-1], kept)
    assert "tutor_events" in planner.handed


def _assert_kept(store: MemoryStore, kind: EntityType, as_of_us: int, kept: References) -> None:
    everybody = compute(store, kind, as_of_us)
    found = compute(store, kind, as_of_us, entity_ids=everybody.entity_ids, references=kept)
    assert_same(found, everybody)


@pytest.mark.parametrize("kind", ENTITY_TYPES)
def test_sessions_that_straddle_a_time_are_read_from_the_log(store: MemoryStore, kind: EntityType) -> None:
    planner = _Watched(store)
    store.fill(dense_history(3))
    assert is_straddled(store, AS_OF, AS_OF)
    assert_same(compute(store, kind, AS_OF, references=References(planner)), compute(store, kind, AS_OF))
    assert not planner.asked


@pytest.mark.parametrize("kind", ENTITY_TYPES)
def test_of_every_table_that_is_read_rows_are_gathered(store: MemoryStore, kind: EntityType) -> None:
    planner, tables = _Watched(store), {*TABLES, "settled_sessions"}
    assert len(compute(store.fill(dense_history(3)), kind, _LATER, references=References(planner)))
    read = {table for table in tables if re.search(rf"FROM {table}\b", planner.asked[0])}
    assert planner.handed & tables == read


@pytest.mark.parametrize("recent", [{}, {"instant_book_enabled": False}, {"subjects": ["chess"]}])
@pytest.mark.parametrize("is_known", [True, False])
def test_what_a_tutor_said_long_ago_counts_until_it_is_known_to_say_otherwise(
    store: MemoryStore, recent: dict[str, Any], is_known: bool
) -> None:
    declared = "tutor_availability_updated"
    long_ago = of(declared, 300, subjects=["math", "physics"], instant_book_enabled=True)
    lately = event(declared, 20, 20 if is_known else -1, tutor_id="t", available_hours_this_week=8, **recent)
    planner = _Watched(store)
    told = say(store, "tutor", long_ago, lately, references=References(planner))
    assert planner.asked
    assert told == say(store, "tutor", long_ago, lately)
    known = recent if is_known else {}
    assert told["instant_book_enabled"] == known.get("instant_book_enabled", True)
    assert told["primary_subject_count"] == len(known.get("subjects", long_ago["subjects"]))


@pytest.mark.parametrize(
    ("lately", "rating"),
    [
        ([], 3.5),
        ([done(20, subject="art")], 3.5),
        ([done(29, student_id="other", rating=1)], 1.0),
        ([review(29, "long ago", rating=5)], 5.0),
        ([done(31, student_id="other", rating=2)], 3.0),
    ],
    ids=["never", "not rated", "rated lately", "a lesson of long ago rated lately", "rated earlier"],
)
def test_of_a_tutor_whom_a_student_saw_old_ratings_count_where_there_is_no_recent_one(
    store: MemoryStore, lately: list[dict[str, Any]], rating: float
) -> None:
    long_ago = [done(200, "long ago", student_id="other", rating=4), done(100, student_id="other", rating=3)]
    planner = _Watched(store)
    history = [*long_ago, *lately, done(5)]
    told = say(store, "student", *history, references=References(planner))
    assert planner.asked
    assert told == say(store, "student", *history)
    assert told["tutor_rating_avg"] == rating


def test_of_a_tutor_whom_a_student_saw_the_lessons_to_others_say_the_main_subject(store: MemoryStore) -> None:
    earlier = [done(91 + n, student_id="other", subject="math") for n in range(3)]
    lately = [done(89 - n, student_id="other", subject="physics") for n in range(2)]
    history = [*earlier, *lately, done(5, subject="art", rating=5)]
    planner = _Watched(store)
    told = say(store, "student", *history, references=References(planner))
    assert planner.asked
    assert told == say(store, "student", *history)
    assert told["tutor_subject_expertise_score"] == 0


def test_a_table_of_which_nothing_is_known_is_refused(store: MemoryStore) -> None:
    scope = make_scope(store.fill(dense_history(3)), "tutor", AS_OF, AS_OF)
    with pytest.raises(KeyError, match="student_events"):
        gathered(scope, {"student_id", "student_events"})
