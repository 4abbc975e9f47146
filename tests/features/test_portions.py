"""How many entities are asked about at once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutorpulse.features.portions import Portion


def ids(count: int) -> np.ndarray:
    return np.array([f"t{n}" for n in range(count)], object)


@given(count=st.integers(0, 3_000), entities=st.integers(1, 50), rows=st.integers(0, 10_000))
def test_the_parts_are_the_ids_in_order_none_of_them_larger_than_a_portion(
    count: int, entities: int, rows: int
) -> None:
    portion = Portion(1_000)
    portion.note(entities, rows)
    parts = list(portion.parts(ids(count)))
    assert np.concatenate(parts).tolist() == ids(count).tolist()
    sizes = [len(part) for part in parts]
    assert max(sizes) <= portion.entities
    assert max(sizes) - min(sizes) <= 1
    assert len(parts) == max(1, -(-count // portion.entities))


@pytest.mark.parametrize(
    ("entities", "rows", "expected"), [(10, 100, 100), (10, 10_000, 1), (1, 5_000, 1), (7, 0, 7_000)]
)
def test_a_portion_holds_as_many_as_the_last_ones_took_rows(entities: int, rows: int, expected: int) -> None:
    portion = Portion(1_000)
    portion.note(entities, rows)
    assert portion.entities == expected


def test_of_nobody_nothing_is_learnt() -> None:
    portion = Portion(1_000)
    portion.note(10, 100)
    portion.note(0, 50)
    assert portion.entities == 100


def test_a_part_that_took_more_makes_the_next_ones_smaller() -> None:
    portion = Portion(100)
    portion.note(10, 100)
    sizes = []
    for part in portion.parts(ids(40)):
        sizes.append(len(part))
        portion.note(len(part), 50 * len(part))
    assert sizes == [10, *[2] * 15]
