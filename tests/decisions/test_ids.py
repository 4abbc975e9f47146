"""Ids that the same parts always give."""

from hypothesis import given
from hypothesis import strategies as st

from tutorpulse.decisions.ids import stable_id, timed_id

TIMES = st.integers(0, 4_102_444_800_000_000)
PARTS = st.lists(
    st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x1f"), max_size=5),
    min_size=1,
    max_size=3,
)


@given(PARTS, PARTS)
def test_the_same_parts_give_the_same_id_and_others_another(some: list[str], others: list[str]) -> None:
    assert (stable_id(*some) == stable_id(*others)) == (some == others)


@given(TIMES, TIMES, PARTS)
def test_ids_of_later_seconds_come_later(first_us: int, second_us: int, parts: list[str]) -> None:
    ids = sorted([timed_id(first_us, *parts), timed_id(second_us, *parts)])
    in_order = [timed_id(us, *parts) for us in sorted([first_us, second_us])]
    assert first_us // 1_000_000 == second_us // 1_000_000 or ids == in_order


@given(TIMES, PARTS)
def test_the_same_parts_at_another_microsecond_give_another_id(at_us: int, parts: list[str]) -> None:
    assert timed_id(at_us, *parts) == timed_id(at_us, *parts)
    assert timed_id(at_us, *parts) != timed_id(at_us + 1, *parts)
