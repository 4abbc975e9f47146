"""Figures of logs, set side by side."""

from pathlib import Path

import numpy as np
import pytest
from tools.sanity import Days, days_of, draw

DAILY = [0, 1, 2, 3]
LATE = [0, 200]
LOG = days_of(
    "made", np.array(["a"] * 6 + ["b"] * 2 + ["c"]), np.array([3, 2, 2, 1, 0, 0, *LATE, 150]), real=True
)


def test_each_active_day_counts_once() -> None:
    assert LOG.entity.tolist() == [0] * 4 + [1] * 2 + [2]
    assert LOG.day.tolist() == DAILY + LATE + [150]
    assert LOG.totals().tolist() == [4, 2, 1]


def test_gaps_are_within_one_entity() -> None:
    owner, gap = LOG.gaps()
    assert owner.tolist() == [0, 0, 0, 1]
    assert gap.tolist() == [1, 1, 1, 200]


def test_a_long_silence_ends_a_life_and_the_logs_end_does_not() -> None:
    times, left = LOG.survival()
    # a is lost after 4 days, b after 1 (its return is another life), c is still here.
    assert times.tolist() == [1, 4]
    assert left.tolist() == pytest.approx([2 / 3, 0])


def test_gaps_are_told_relative_to_their_owners_mean() -> None:
    regular = Days("made", np.zeros(12, np.int64), np.arange(0, 24, 2), real=False)
    assert regular.relative_gaps().tolist() == [1.0] * 11
    assert len(LOG.relative_gaps()) == 0


def test_the_same_logs_are_drawn_in_the_same_bytes(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    log = days_of("random", rng.integers(0, 9, 400), rng.integers(0, 300, 400), real=False)
    for name in ("a.svg", "b.svg"):
        draw([[log], [log]], tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
