"""Making the starter model."""

from pathlib import Path

import pytest
from tools.starter import FIRST_SEED, RANGES, Recipe, marketplaces, write_starter

from tutorpulse.simulate.parameters import Parameters
from tutorpulse.training.snapshots import Limits

SMALL = Recipe(marketplaces=2, tutors=(40, 60), students=(300, 400), limits=Limits(dates=6, rows=4000))


def test_the_marketplaces_differ_within_the_stated_ranges() -> None:
    markets = marketplaces(Recipe())
    assert [market.seed for market in markets] == list(range(FIRST_SEED, FIRST_SEED + len(markets)))
    assert len({market.parameters for market in markets}) == len(markets)
    for market in markets:
        assert 300 <= market.tutors <= 500
        for section, ranges in RANGES.items():
            for name, (low, high) in ranges.items():
                assert low <= getattr(getattr(market.parameters, section), name) <= high


def test_the_simulators_defaults_lie_within_the_ranges() -> None:
    for section, ranges in RANGES.items():
        for name, (low, high) in ranges.items():
            assert low <= getattr(getattr(Parameters(), section), name) <= high


@pytest.mark.slow
def test_the_same_recipe_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_starter(SMALL, tmp_path / name)
    parts = sorted(part.name for part in (tmp_path / "a").iterdir())
    assert parts == sorted(part.name for part in (tmp_path / "b").iterdir())
    for part in parts:
        assert (tmp_path / "a" / part).read_bytes() == (tmp_path / "b" / part).read_bytes()
