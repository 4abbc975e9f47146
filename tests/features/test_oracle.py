"""Every feature, context feature and fact equals the plain-Python oracle on random histories."""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.features import oracle
from tests.features.histories import AS_OF, dense_history, small_histories
from tests.features.memory import MemoryStore
from tutorpulse.clock import DAY_US
from tutorpulse.features.compile import CATALOGS
from tutorpulse.features.compute import compute
from tutorpulse.features.frame import ENTITY_TYPES, EntityType
from tutorpulse.settings import Settings

_SETTINGS = Settings(marketplace_timezone="Australia/Sydney", premium_tiers=("premium", "gold"))
_CONFIG = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)


def check(
    store: MemoryStore, events: list[dict[str, Any]], kind: EntityType, as_of: int, known_at: int
) -> None:
    frame = compute(store.fill(events), kind, as_of, known_at, settings=_SETTINGS)
    world = oracle.World(events, as_of, known_at, _SETTINGS.marketplace_timezone, _SETTINGS.premium_tiers)
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


@pytest.mark.parametrize("kind", ENTITY_TYPES)
@settings(_CONFIG, max_examples=20)
@given(events=small_histories(), known_delay=st.sampled_from([0, 0, 5 * DAY_US, 50 * DAY_US]))
def test_features_of_small_histories_equal_the_oracle(
    store: MemoryStore, kind: EntityType, events: list[dict[str, Any]], known_delay: int
) -> None:
    check(store, events, kind, AS_OF, AS_OF + known_delay)


@pytest.mark.parametrize("kind", ENTITY_TYPES)
@settings(_CONFIG, max_examples=20)
@given(
    seed=st.integers(0, 10**9),
    size=st.sampled_from([100, 400]),
    without=st.sampled_from([(), (), ("payment_processed",), ("session_started", "session_ended_badly")]),
    as_of=st.sampled_from([AS_OF, AS_OF, AS_OF - 3 * DAY_US - 7, AS_OF // DAY_US * DAY_US]),
)
def test_features_of_dense_histories_equal_the_oracle(
    store: MemoryStore, kind: EntityType, seed: int, size: int, without: tuple[str, ...], as_of: int
) -> None:
    check(store, dense_history(seed, size, without), kind, as_of, as_of)


@pytest.mark.parametrize("kind", ENTITY_TYPES)
def test_the_dense_histories_give_every_feature_several_values(kind: EntityType) -> None:
    """Otherwise equality with the oracle would say little."""
    seen: dict[str, set[float | None]] = {}
    for seed in range(12):
        world = oracle.World(dense_history(seed), AS_OF, AS_OF, premium=("premium",))
        for entity in oracle.entities(world, kind).values():
            for name, value in entity.features().items():
                seen.setdefault(name, set()).add(value)
    assert {name: found for name, found in seen.items() if len(found - {None}) < 2} == {}
