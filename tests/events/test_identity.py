"""Derived ids: what makes two events the same."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.events.strategies import native_events, resumed
from tutorpulse.events.identity import Occurrences, content_digest, derived_id
from tutorpulse.events.tolerant import interpret

COMPLETED = {
    "event_type": "session_completed",
    "timestamp": "2025-12-01T08:00:00Z",
    "payload": {"session_id": "s", "student_id": "st", "tutor_id": "t", "rating": 5},
}


def digest(event: dict[str, Any]) -> bytes:
    return content_digest(*interpret(event))


@pytest.mark.parametrize(
    "same",
    [
        COMPLETED | {"timestamp": "2025-12-01T08:00:00"},
        COMPLETED | {"timestamp": "2025-12-01T09:00:00.000+01:00"},
        COMPLETED | {"payload": COMPLETED["payload"] | {"rating": 5.0, "price": None}},
        COMPLETED | {"payload": dict(reversed(COMPLETED["payload"].items()))},
        COMPLETED
        | {"payload": {"session_id": "s", "customer_id": "st", "tutor_id": "t", "student_rating": 5}},
        COMPLETED | {"received_at": "2025-12-02T00:00:00Z"},
    ],
)
def test_spelling_does_not_matter(same: dict[str, Any]) -> None:
    assert digest(same) == digest(COMPLETED)


@pytest.mark.parametrize(
    "other",
    [
        COMPLETED | {"timestamp": "2025-12-01T08:00:00.000001Z"},
        COMPLETED | {"payload": COMPLETED["payload"] | {"rating": 4}},
        COMPLETED | {"payload": COMPLETED["payload"] | {"price": 0}},
        COMPLETED | {"payload": COMPLETED["payload"] | {"unknown": 1}},
        COMPLETED | {"metadata": {"a": 1}},
        resumed(event_id=None),
    ],
)
def test_content_matters(other: dict[str, Any]) -> None:
    assert digest(other) != digest(COMPLETED)


def test_types_with_the_same_payload_differ() -> None:
    assert digest(resumed()) != digest(resumed(event_type="tutor_departed"))


@given(native_events())
def test_derived_id_is_an_id_and_stable(event: dict[str, Any]) -> None:
    made = derived_id(digest(event), 10**9)
    assert made == derived_id(digest(event), 10**9)
    assert len(made) <= 128


@given(st.lists(st.lists(st.integers(0, 30), max_size=20), max_size=12))
def test_occurrences_count_earlier_equals(calls: list[list[int]]) -> None:
    seen: Counter[int] = Counter()
    occurrences = Occurrences()
    for call in calls:
        expected = []
        for value in call:
            expected.append(seen[value])
            seen[value] += 1
        digests = [bytes([value]) * 16 for value in call]
        assert occurrences.number(digests).tolist() == expected


def test_occurrences_stay_small() -> None:
    """Runs are merged: there are about as many as the logarithm of what was counted."""
    rng = np.random.default_rng(1)
    occurrences = Occurrences()
    for _ in range(200):
        occurrences.number([rng.bytes(16) for _ in range(50)])
    assert len(occurrences._runs) <= 10
    assert sum(len(keys) for keys, _ in occurrences._runs) == 10_000
