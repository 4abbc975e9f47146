import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.service.world import NAMES, NOW_US, One, World
from tutorpulse.service.population import from_json, measured, to_json

VALUES = st.one_of(st.none(), st.floats(0, 100, width=32))


@given(st.lists(st.tuples(VALUES, VALUES), max_size=12))
def test_what_is_kept_of_a_population_is_what_was_measured(
    values: list[tuple[float | None, float | None]],
) -> None:
    world = World(
        tutors={
            f"t{i}": One(
                {
                    name: value
                    for name, value in zip(("available_hours_this_week", "avg_rating"), pair, strict=True)
                    if value is not None
                }
            )
            for i, pair in enumerate(values)
        }
    )
    scorer = world.scorer()
    population = measured(scorer, world.compute("tutor", NOW_US, None))
    kept = from_json(to_json(population, NAMES["tutor"]), scorer, "tutor")
    assert kept.hours is not None
    assert population.hours is not None
    assert kept.hours.waived == population.hours.waived
    assert repr(kept.hours) == repr(population.hours)
    np.testing.assert_array_equal(kept.peers.median, population.peers.median)
    np.testing.assert_array_equal(kept.peers.spread, population.peers.spread)
    np.testing.assert_array_equal(kept.peers.healthy, population.peers.healthy)
    assert kept.peers.groups == population.peers.groups


def test_students_have_no_rule_on_hours_and_a_new_column_is_notable_for_nobody() -> None:
    world = World(students={"s": One({"sessions_7d": 3.0})})
    scorer = world.scorer()
    population = measured(scorer, world.compute("student", NOW_US, None))
    text = to_json(population, NAMES["student"]).replace('"sessions_7d"', '"gone"')
    kept = from_json(text, scorer, "student")
    assert kept.hours is None
    assert np.isnan(kept.peers.median[NAMES["student"].index("sessions_7d")])
