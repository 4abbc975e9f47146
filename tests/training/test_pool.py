"""Several logs as one."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from tests.training.worlds import DAYS, tutor_events
from tutorpulse.clock import DAY_US
from tutorpulse.service.training import features_of
from tutorpulse.settings import Settings
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore
from tutorpulse.training.history import History
from tutorpulse.training.labels import Rows, labels
from tutorpulse.training.pool import pool_frames, pool_histories, pooled_frames, pooled_histories
from tutorpulse.training.reading import read_history
from tutorpulse.training.snapshots import Limits
from tutorpulse.training.train import Features, Plan, train, train_from

SETTINGS = Settings(exit_gap_days_tutor=21)
PLAN = Plan(DAYS * DAY_US, 0, ("tutor",), Limits(dates=8, rows=8000))


def _features(stores: list[EventStore]) -> Features:
    each = [features_of(store, SETTINGS) for store in stores]
    return replace(each[0], compute=pooled_frames([features.compute for features in each]))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EventStore]:
    with EventStore.open(Home.open(tmp_path_factory.mktemp("pool") / "home", create=True)) as opened:
        opened.append(tutor_events())
        yield opened


@pytest.fixture(scope="module")
def histories(store: EventStore) -> list[History]:
    """The same log twice: two marketplaces whose ids are alike."""
    return [read_history(store, "tutor", DAYS * DAY_US)] * 2


def test_equal_ids_of_two_logs_are_two_entities(histories: list[History]) -> None:
    pooled = pool_histories(histories)
    ids = pooled.entity_ids.tolist()
    assert len(set(ids)) == 2 * len(histories[0].entity_ids)
    assert ids == sorted(ids)


def test_labels_in_a_pool_are_those_of_each_log(histories: list[History]) -> None:
    own, pooled = histories[0], pool_histories(histories)
    n = len(own.entity_ids)
    code = np.arange(2 * n)
    at = np.full(2 * n, 150 * DAY_US)
    together = labels(pooled, Rows(code, at), 21 * DAY_US)
    alone = labels(own, Rows(code[:n], at[:n]), 21 * DAY_US)
    for name, values in alone.items():
        np.testing.assert_array_equal(together[name][:n], values)
        np.testing.assert_array_equal(together[name][n:], values)
    assert 0 < np.nansum(alone["exit_30d"]) < n


def test_frames_pool_under_the_ids_of_the_histories(store: EventStore, histories: list[History]) -> None:
    frame = features_of(store, SETTINGS).compute("tutor", 150 * DAY_US)
    pooled = pool_frames([frame, frame])
    assert (pool_histories(histories).codes(pooled.entity_ids) >= 0).all()
    np.testing.assert_array_equal(pooled.features[len(frame) :], frame.features)
    assert all(len(column) == len(pooled) for column in pooled.facts.values())


def test_a_log_whose_turn_it_is_not_is_left_out_and_the_others_keep_their_ids(
    store: EventStore, histories: list[History]
) -> None:
    compute = features_of(store, SETTINGS).compute
    both, second, none = (
        pooled_frames([compute, compute], lambda place, _, told=told: place in told)("tutor", 150 * DAY_US)  # type: ignore[misc]
        for told in ((0, 1), (1,), ())
    )
    assert len(both) == 2 * len(second) > 0
    assert second.entity_ids.tolist() == both.entity_ids[len(second) :].tolist()
    assert len(none) == 0
    assert none.features.shape[1] == both.features.shape[1]


@pytest.mark.slow
def test_training_on_a_pool_of_one_is_training_on_the_log(store: EventStore) -> None:
    features = features_of(store, SETTINGS)
    alone = train(store, features, SETTINGS, PLAN, lambda *_: None)
    pooled = train_from(
        pooled_histories([partial(read_history, store)]),
        _features([store]),
        SETTINGS,
        PLAN,
        lambda *_: None,
    )
    assert pooled.version == alone.version


@pytest.mark.slow
def test_a_pool_of_two_has_the_rows_and_entities_of_both(store: EventStore) -> None:
    parts = [
        train_from(
            pooled_histories([partial(read_history, s) for s in stores]),
            _features(stores),
            SETTINGS,
            PLAN,
            lambda *_: None,
        ).manifest.kinds["tutor"]
        for stores in ([store], [store, store])
    ]
    assert [parts[1].rows, parts[1].entities] == [2 * parts[0].rows, 2 * parts[0].entities]
