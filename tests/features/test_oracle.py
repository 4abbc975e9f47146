"""Every feature, context feature and fact equals the plain-Python oracle on random histories."""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.features import oracle
from tests.features.histories import AS_OF, histories
from tests.features.memory import MemoryStore
from tutorpulse.clock import DAY_US
from tutorpulse.features.compile import CATALOGS
from tutorpulse.features.compute import compute
from tutorpulse.features.frame import EntityType
from tutorpulse.settings import Settings

_SETTINGS = Settings(marketplace_timezone="Australia/Sydney", premium_tiers=("premium", "gold"))
_CONFIG = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)


def check(store: MemoryStore, events: list[dict[str, Any]], kind: EntityType, as_of: int, known_at: int) -> None:
    frame = compute(store.fill(events), kind, as_of, known_at, settings=_SETTINGS)
    world = oracle.World(
        events, as_of, known_at, _SETTINGS.marketplace_timezone, _SETTINGS.premium_tiers
    )
    expected = oracle.entities(world, kind)
    assert frame.entity_ids.tolist() == list(expected)
    for row, (entity_id, entity) in enumerate(expected.items()):
        shown = {m.name: frame.features[row, n] for n, m in enumerate(CATALOGS[kind].features)}
        _same(entity_id, shown, entity.features())
        beside = {m.name: frame.context[row, n] for n, m in enumerate(CATALOGS[kind].context)}
        _same(entity_id, beside, entity.context())
        _same(entity_id, {name: column[row] for name, column in frame.facts.items()}, entity.facts())


def _same(entity_id: str, found: dict[str, float], expected: dict[str, float | None]) -> None:
    assert list(found) == list(expected)
    for name, value in expected.items():
        wanted = np.nan if value is None else float(value)
        np.testing.assert_allclose(found[name], wanted, rtol=1e-5, atol=2e-6, err_msg=f"{entity_id}.{name}")


@pytest.fixture(scope="module")
def store() -> MemoryStore:
    return MemoryStore()


@_CONFIG
@given(events=histories(), known_delay=st.sampled_from([0, 0, 5 * DAY_US, 50 * DAY_US]))
def test_tutor_features_equal_the_oracle(
    store: MemoryStore, events: list[dict[str, Any]], known_delay: int
) -> None:
    check(store, events, "tutor", AS_OF, AS_OF + known_delay)


@_CONFIG
@given(events=histories(), known_delay=st.sampled_from([0, 0, 5 * DAY_US, 50 * DAY_US]))
def test_student_features_equal_the_oracle(
    store: MemoryStore, events: list[dict[str, Any]], known_delay: int
) -> None:
    check(store, events, "student", AS_OF, AS_OF + known_delay)
