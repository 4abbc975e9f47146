"""Marketplaces drawn from seeds."""

from tutorpulse.events.batch import EventBatch
from tutorpulse.simulate.marketplaces import (
    FIRST_DAYS,
    ORACLE_SEEDS,
    RANGES,
    STARTER_SEEDS,
    drawn,
    studied,
)
from tutorpulse.simulate.parameters import Parameters

SIZES = (30, 50), (300, 400)


def test_marketplaces_differ_within_the_stated_ranges() -> None:
    markets = [drawn(seed, *SIZES) for seed in range(20)]
    assert len({market.parameters for market in markets}) == len(markets)
    for market in markets:
        assert 30 <= market.tutors <= 50
        assert 300 <= market.students <= 400
        assert FIRST_DAYS[0] <= market.first_day <= FIRST_DAYS[1]
        for section, ranges in RANGES.items():
            for name, (low, high) in ranges.items():
                assert low <= getattr(getattr(market.parameters, section), name) <= high


def test_a_seed_gives_one_marketplace() -> None:
    assert drawn(3, *SIZES) == drawn(3, *SIZES)


def test_the_defaults_lie_within_the_ranges() -> None:
    for section, ranges in RANGES.items():
        for name, (low, high) in ranges.items():
            assert low <= getattr(getattr(Parameters(), section), name) <= high


def test_nobody_is_taught_and_judged_on_one_seed() -> None:
    assert not set(STARTER_SEEDS) & set(ORACLE_SEEDS)


def test_a_study_sees_mornings_before_the_days_that_follow() -> None:
    kept: list[EventBatch] = []
    market = drawn(3, *SIZES)
    study = studied(market, 60, 2, 20, kept.append)
    last_us = max(int(rows.ts_us.max()) for batch in kept for rows in batch.rows)
    assert len(study.taken) == len(study.mornings) == 2
    assert max(study.mornings) < market.first_day + 60
    assert market.first_day + 79 <= last_us // 86_400_000_000 < market.first_day + 80
