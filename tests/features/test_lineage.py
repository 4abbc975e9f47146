"""What a feature is said to read, against what it changes with when the log loses it."""

from collections.abc import Iterator

import numpy as np
import pytest

from tests.features.histories import AS_OF, dense_history
from tests.features.memory import MemoryStore
from tutorpulse.events.contract import EVENT_TYPES, TABLES, table_columns
from tutorpulse.events.fields import Kind
from tutorpulse.features.compile import CATALOGS
from tutorpulse.features.compute import compute
from tutorpulse.features.frame import ENTITY_TYPES, EntityType
from tutorpulse.features.lineage import reads_of
from tutorpulse.store.sessions import fold_sql

FOLDED = {"was_cancelled", "no_show", "completed_successfully", "starts_at", "new_starts_at"}
"""Fields from which the fold makes a session's outcome and times: not traced."""

NEVER_MISSED = {"timezone", "scale", "system_generated"}
"""Fields that have a stated value where they are missing, or none to a feature."""

COLUMNS = [
    (table, column)
    for table in TABLES
    for column, kind in table_columns(table).items()
    if kind is not Kind.ID and column not in FOLDED | NEVER_MISSED
]


@pytest.fixture(scope="module")
def store() -> Iterator[MemoryStore]:
    memory = MemoryStore()
    memory.fill(dense_history(5))
    yield memory
    memory.close()


def values(store: MemoryStore, kind: EntityType) -> np.ndarray:
    return compute(store, kind, AS_OF, AS_OF).features


def changed(store: MemoryStore, kind: EntityType, before: np.ndarray, loss: str) -> set[str]:
    """The features that differ when the log loses something; afterwards it has it again."""
    store.execute("BEGIN")
    store.execute(loss)
    store.execute("DELETE FROM settled_sessions")
    store.execute(f"INSERT INTO settled_sessions {fold_sql('session_events')}")
    after = values(store, kind)
    store.execute("ROLLBACK")
    names = [feature.name for feature in CATALOGS[kind].features]
    same = np.isclose(before, after, equal_nan=True).all(axis=0)
    return {name for name, kept in zip(names, same, strict=True) if not kept}


def untold(store: MemoryStore, kind: EntityType, columns: list[tuple[str, str]]) -> tuple[list[str], int]:
    """Features that change with a field they are not said to read, and how many fields were felt at all."""
    reads, before = reads_of(kind), values(store, kind)
    found, felt = [], 0
    for table, column in columns:
        lost = changed(store, kind, before, f"UPDATE {table} SET {column} = NULL")
        found += [f"{name}: {column}" for name in lost if (table, column) not in reads[name].columns]
        felt += bool(lost)
    return found, felt


@pytest.mark.parametrize(
    ("kind", "columns"),
    [
        ("tutor", [("session_events", "tutor_earnings"), ("tutor_events", "instant_book_enabled")]),
        ("student", [("session_events", "rating"), ("contact_events", "questions_asked")]),
    ],
)
def test_a_field_that_is_lost_is_felt_by_those_who_read_it(
    store: MemoryStore, kind: EntityType, columns: list[tuple[str, str]]
) -> None:
    assert untold(store, kind, columns) == ([], len(columns))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ENTITY_TYPES)
def test_what_changes_with_any_field_is_said_to_read_it(store: MemoryStore, kind: EntityType) -> None:
    found, felt = untold(store, kind, COLUMNS)
    assert not found
    assert felt >= 10


@pytest.mark.parametrize("kind", ENTITY_TYPES)
def test_what_changes_with_the_other_side_is_said_to_need_it(store: MemoryStore, kind: EntityType) -> None:
    other = "student_id" if kind == "tutor" else "tutor_id"
    lost = changed(store, kind, values(store, kind), f"UPDATE session_events SET {other} = '-'")
    assert lost == {name for name, reads in reads_of(kind).items() if reads.other_side}


def test_a_feature_of_events_names_their_type() -> None:
    assert reads_of("tutor")["refund_rate_30d"].event_types == {"refund_issued"}
    assert reads_of("student")["ib_calls_7d"].event_types == {"ib_call_logged"}
    named = {t for kind in ENTITY_TYPES for reads in reads_of(kind).values() for t in reads.event_types}
    assert named <= EVENT_TYPES.keys()


def test_a_field_that_another_or_a_constant_can_stand_for_is_optional() -> None:
    reads = reads_of("tutor")
    slots, hours = (("tutor_events", f"available_{what}_this_week") for what in ("slots", "hours"))
    assert slots in reads["utilization_rate"].optional
    assert hours not in reads["utilization_rate"].optional
    assert reads["student_grade_improvement_avg"].optional == {("contact_events", "scale")}
