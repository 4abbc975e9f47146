"""What a serving process sets for itself."""

import gc
import math
import weakref

from tutorpulse.api.running.server import _ready_to_answer


def test_while_it_answers_the_collector_looks_at_old_objects_rarely_and_at_young_cycles_still() -> None:
    before = gc.get_threshold()
    with _ready_to_answer():
        young, middle, old = gc.get_threshold()
        assert young * middle * old > 20 * math.prod(before)
        ends = [_cycle() for _ in range(2 * young)]
        assert any(end() is None for end in ends)
    assert gc.get_threshold() == before


class _Node:
    itself: "_Node"


def _cycle() -> "weakref.ref[_Node]":
    node = _Node()
    node.itself = node
    return weakref.ref(node)
