import pytest

from tutorpulse.api.limits import BURST_S, RequestLimits


def test_a_full_bucket_gives_a_burst_and_then_the_steady_rate() -> None:
    limits = RequestLimits(10.0)
    assert [limits.wait_s("k", 0.0) for _ in range(int(10 * BURST_S))] == [0.0] * 20
    assert limits.wait_s("k", 0.0) == 0.1
    assert limits.wait_s("k", 0.1) == 0.0
    assert limits.wait_s("k", 0.15) == pytest.approx(0.05)


def test_keys_do_not_use_each_others_tokens() -> None:
    limits = RequestLimits(0.5)
    assert limits.wait_s("a", 0.0) == 0.0
    assert limits.wait_s("a", 0.0) == 2.0
    assert limits.wait_s("b", 0.0) == 0.0


def test_without_a_rate_nobody_waits() -> None:
    limits = RequestLimits(0.0)
    assert {limits.wait_s("k", 0.0) for _ in range(1000)} == {0.0}


def test_a_bucket_may_hold_more_than_two_seconds_bring() -> None:
    limits = RequestLimits(10 / 60, burst_s=60)
    assert [limits.wait_s("a", 0.0) for _ in range(11)][9:] == [0.0, 6.0]
