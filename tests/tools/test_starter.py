"""Making the starter model."""

from pathlib import Path

import pytest
from tools.starter import Recipe, marketplaces, write_starter

from tutorpulse.simulate.marketplaces import STARTER_SEEDS
from tutorpulse.training.snapshots import Limits

SMALL = Recipe(marketplaces=2, tutors=(40, 60), students=(300, 400), limits=Limits(dates=6, rows=4000))


def test_the_marketplaces_begin_on_one_day_and_have_the_starters_seeds() -> None:
    markets = marketplaces(Recipe())
    assert [market.seed for market in markets] == list(STARTER_SEEDS[: len(markets)])
    assert len({market.first_day for market in markets}) == 1


@pytest.mark.slow
def test_the_same_recipe_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_starter(SMALL, tmp_path / name)
    parts = sorted(part.name for part in (tmp_path / "a").iterdir())
    assert parts == sorted(part.name for part in (tmp_path / "b").iterdir())
    for part in parts:
        assert (tmp_path / "a" / part).read_bytes() == (tmp_path / "b" / part).read_bytes()
