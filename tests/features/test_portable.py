"""The compiled query runs on other engines: on SQLite with equal results, elsewhere it can at least be said."""

import numpy as np
import pytest

from tests.features.histories import AS_OF, dense_history
from tests.features.memory import MemoryStore
from tests.features.sqlite import filled, transpiled
from tutorpulse.features.compile import CATALOGS, compile_query
from tutorpulse.features.compute import compute, make_scope
from tutorpulse.features.frame import ENTITY_TYPES, EntityType
from tutorpulse.settings import Settings

_SETTINGS = Settings(premium_tiers=("premium",))


def _query(store: MemoryStore, kind: EntityType) -> tuple[str, list[str]]:
    shown = [feature.name for feature in CATALOGS[kind].shown()]
    return compile_query(shown, make_scope(store, kind, AS_OF, AS_OF, _SETTINGS)), shown


@pytest.mark.parametrize("kind", ENTITY_TYPES)
@pytest.mark.parametrize("seed", [1, 2])
def test_sqlite_gives_the_same_features(store: MemoryStore, kind: EntityType, seed: int) -> None:
    events = dense_history(seed)
    frame = compute(store.fill(events), kind, AS_OF, settings=_SETTINGS)
    sql, names = _query(store, kind)
    ids = frame.entity_ids.tolist()
    rows = {row["entity_id"]: row for row in filled(events, ids).execute(transpiled(sql, "sqlite"))}
    found = np.array([[rows[entity_id][name] for name in names] for entity_id in ids], np.float64)
    expected = np.hstack([frame.features, frame.context])
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("kind", ENTITY_TYPES)
@pytest.mark.parametrize("dialect", ["spark", "databricks", "bigquery", "snowflake", "trino", "clickhouse"])
def test_other_engines_have_words_for_all_of_it(store: MemoryStore, kind: EntityType, dialect: str) -> None:
    sql, _ = _query(store, kind)
    assert transpiled(sql, dialect)
