import numpy as np

from tutorpulse.service.live.figures import FRESHNESS_BOUNDS_S, Freshness


def test_a_wait_counts_up_to_its_bound_inclusive() -> None:
    freshness = Freshness()
    freshness.observe(np.array([900_000, 899_999, 1_000_000, 2_000_000, -60_000_000]), 1_000_000)
    counted = dict(zip((*FRESHNESS_BOUNDS_S, np.inf), freshness.counts.tolist(), strict=True))
    assert {bound: count for bound, count in counted.items() if count} == {0.1: 3, 0.2: 1, np.inf: 1}
    assert round(freshness.sum_s, 6) == 61.200001
