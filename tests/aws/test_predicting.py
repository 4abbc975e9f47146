"""The same events give on AWS what they give in a home: totals, features, predictions, decisions."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.aws.worlds import NOON_US, Endpoint, home_of, kit, lines_of, simulated, stream_in
from tutorpulse.aws import keys, marks, nightly, population, tiles
from tutorpulse.aws.predicting import Kit, predict
from tutorpulse.aws.reading import EventReader
from tutorpulse.clock import midnight_before
from tutorpulse.features.compute import compute
from tutorpulse.features.frame import ENTITY_TYPES, EntityType
from tutorpulse.service.refresh import refresh
from tutorpulse.service.root import Pulse
from tutorpulse.service.served import open_scorer
from tutorpulse.store.state.schema import PREDICTION_COLUMNS


@pytest.fixture(scope="module")
def events() -> list[dict[str, Any]]:
    return simulated()


@pytest.fixture(scope="module")
def pulse(events: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pulse]:
    with home_of(tmp_path_factory.mktemp("home"), events) as opened:
        refresh(opened, open_scorer(opened))
        yield opened


@pytest.fixture(scope="module")
def filled(events: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Kit:
    """A table that got the events, had its night, and looked at everybody."""
    from tests.aws.memory_table import MemoryTable

    made = kit(MemoryTable(), tmp_path_factory.mktemp("scratch"), Endpoint())
    stream_in(made.table, events)
    for kind in ENTITY_TYPES:
        nightly.plan_kind(made, kind, midnight_before(NOON_US), lambda job: nightly.work(made, job))
    predict(made, lines_of([]), lambda: 900)
    return made


def test_totals_by_day_are_those_of_the_log(filled: Kit, pulse: Pulse) -> None:
    sql = "SELECT event_type, COUNT(*) AS n, SUM(price) AS price FROM session_events WHERE tutor_id = ? GROUP BY 1 ORDER BY 1"
    for tutor in pulse.store.entity_ids("tutor"):
        expected = pulse.store.query(sql, [tutor])
        days = tiles.of_entity(filled.table, tutor).values()
        for name, count, price in zip(expected["event_type"], expected["n"], expected["price"], strict=True):
            of_type = [day[name] for day in days if name in day]
            assert sum(day["events"] for day in of_type) == count
            assert sum(day["sums"].get("price", 0) for day in of_type) == pytest.approx(np.nan_to_num(price))


@pytest.mark.parametrize("kind", ENTITY_TYPES)
def test_features_are_those_of_the_home(filled: Kit, pulse: Pulse, kind: EntityType) -> None:
    expected = compute(pulse.store, kind, NOON_US)
    _, given = population.references(filled.table, kind)
    ids = expected.entity_ids
    for some in np.array_split(ids, 3):
        with EventReader(filled.table, filled.scratch).log(kind, some.tolist(), NOON_US) as log:
            found = compute(log, kind, NOON_US, None, some, references=given)
        rows = expected.take(np.isin(ids, some))
        np.testing.assert_allclose(found.features, rows.features, rtol=1e-5)
        np.testing.assert_allclose(found.context, rows.context, rtol=1e-5)
        for name, column in rows.facts.items():
            np.testing.assert_array_equal(found.facts[name], column, name)


@pytest.mark.parametrize("kind", ENTITY_TYPES)
def test_populations_in_chunks_are_those_of_the_whole_log(
    filled: Kit, pulse: Pulse, kind: EntityType
) -> None:
    everybody = pulse.store.entity_ids(kind).tolist()
    midnight_us = midnight_before(NOON_US)
    whole = population.contributions(pulse.store, kind, everybody, midnight_us, filled.settings)
    _, given = population.references(filled.table, kind)
    for name, columns in whole.items():
        assert len(next(iter(columns.values()))) > 0
        for column, values in columns.items():
            kept = given._rows[name]
            assert sorted(np.repeat(kept[column], kept["alike"]).tolist()) == sorted(values.tolist())


@pytest.mark.parametrize("kind", ENTITY_TYPES)
def test_predictions_and_decisions_are_those_of_the_home(filled: Kit, pulse: Pulse, kind: EntityType) -> None:
    expected = pulse.state.predictions.all(kind)
    assert len(expected) >= 5
    for row, entity_id in enumerate(expected.entity_ids):
        item = filled.table.get(entity_id, kind)
        assert item is not None
        for name in PREDICTION_COLUMNS:
            value = expected.columns[name][row]
            if isinstance(value, float | np.floating):
                assert item.get(name, np.nan) == pytest.approx(value, rel=1e-4, nan_ok=True), name
            else:
                assert item.get(name) == value, (name, entity_id)
        advice = {r.rule for r in pulse.state.recommendations.of_entity(kind, entity_id)}
        low, high = f"{kind}#recommendations#", f"{kind}#recommendations#{keys.LAST}"
        assert {kept["rule"] for kept in filled.table.between(entity_id, low, high)} == advice
        insights = {i.prediction_type for i in pulse.state.insights.of_entity(kind, entity_id, 99)}
        low, high = f"{kind}#insights#", f"{kind}#insights#{keys.LAST}"
        assert {kept["prediction_type"] for kept in filled.table.between(entity_id, low, high)} == insights


def test_the_index_lists_tutors_with_what_is_predicted(filled: Kit, pulse: Pulse) -> None:
    listed = list(filled.table.of_type("tutor"))
    assert {item["entity_id"] for item in listed} == set(pulse.store.entity_ids("tutor").tolist())
    scored = [item for item in listed if not item["frozen"]]
    assert scored
    assert all(0 <= item["burnout_risk"] <= 1 and item["segment"] and item["timestamp"] for item in scored)


def test_once_everybody_was_looked_at_nobody_waits_and_nothing_is_written(filled: Kit) -> None:
    assert [marks.waiting(filled.table).of(kind) for kind in ENTITY_TYPES] == [[], []]
    found = predict(filled, lines_of([]), lambda: 900)
    assert found.total_processed == 0
    one = next(filled.table.of_type("tutor"))
    before = one["timestamp"]
    marks.put_all(filled.table, [("tutor", one["entity_id"])], NOON_US)
    later = replace(filled, clock=type(filled.clock)(NOON_US + 1))
    assert predict(later, lines_of([]), lambda: 900).tutors_processed == int(not one["frozen"])
    again = filled.table.get(one["entity_id"], "tutor")
    assert again is not None
    assert again["timestamp"] == before
