"""Sets of digests, against Python's own sets."""

from hashlib import blake2b

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tutorpulse.store.digests import (
    FEW_SOUGHT,
    Digests,
    Run,
    concatenate,
    contains,
    digest_ids,
    first_of_each,
    merged,
)

# Few values, so that equal leading halves with different trailing ones are common.
HALF = st.integers(0, 3)
PAIRS = st.lists(st.tuples(HALF, HALF), max_size=30)


def digests(pairs: list[tuple[int, int]]) -> Digests:
    array = np.array(pairs, np.uint64).reshape(-1, 2)
    return Digests(array[:, 0].copy(), array[:, 1].copy())


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)))
def test_a_digest_is_blake2b_of_the_utf8_text_whatever_stands_beside_it(ids: list[str]) -> None:
    found = digest_ids(np.array(ids, np.object_))
    expected = [blake2b(text.encode(), digest_size=16).digest() for text in ids]
    assert [hi.tobytes() + lo.tobytes() for hi, lo in zip(found.hi, found.lo, strict=True)] == expected


@given(PAIRS, PAIRS)
def test_membership_is_that_of_a_set(known: list[tuple[int, int]], wanted: list[tuple[int, int]]) -> None:
    found = contains(digests(list(set(known))).sorted(), digests(wanted))
    assert found.tolist() == [pair in set(known) for pair in wanted]


@given(PAIRS, st.randoms())
def test_the_first_of_equals_is_the_one_of_the_lowest_position(
    pairs: list[tuple[int, int]], random: object
) -> None:
    order = list(range(len(pairs)))
    random.shuffle(order)  # type: ignore[attr-defined]
    lowest: dict[tuple[int, int], int] = {}
    for pair, place in zip(pairs, order, strict=True):
        lowest[pair] = min(place, lowest.get(pair, place))
    first = first_of_each(digests(pairs), np.array(order, np.int64))
    assert first.tolist() == [lowest[pair] == place for pair, place in zip(pairs, order, strict=True)]


@given(st.lists(PAIRS, max_size=4))
def test_merging_sorted_sets_sorts_all_of_them(sets: list[list[tuple[int, int]]]) -> None:
    found = merged([digests(pairs).sorted() for pairs in sets])
    pairs = [pair for pairs in sets for pair in pairs]
    assert found.hi.tolist() == sorted(hi for hi, _ in pairs)
    assert sorted(zip(found.hi.tolist(), found.lo.tolist(), strict=True)) == sorted(pairs)


def test_no_digests_are_a_set_too() -> None:
    nothing = concatenate([])
    assert len(nothing) == 0
    assert len(digest_ids(np.array([], np.object_))) == 0
    assert contains(nothing, digests([(1, 2)])).tolist() == [False]
    assert first_of_each(nothing, np.array([], np.int64)).tolist() == []


@given(
    known=st.lists(
        st.integers(0, (1 << 64) - 1) | st.sampled_from([0, 1, 1 << 63, (1 << 64) - 1]), min_size=1
    ),
    wanted=st.lists(st.integers(0, (1 << 64) - 1) | st.sampled_from([0, 1, 1 << 63, (1 << 64) - 1])),
    crowd=st.integers(0, 300),
)
def test_a_run_finds_the_places_that_a_search_of_all_finds(
    known: list[int], wanted: list[int], crowd: int
) -> None:
    hi = np.sort(np.array([*known, *range(7, 7 + crowd)], np.uint64))
    sought = np.array([*wanted, *known], np.uint64)
    for asked in (sought, np.resize(sought, FEW_SOUGHT + 1) if len(sought) else sought):
        assert Run.of(hi, hi).places(asked).tolist() == np.searchsorted(hi, asked).tolist()
