"""Making the starter model."""

from pathlib import Path

import pytest
from tools.starter import Recipe, marketplaces, tells, write_starter

from tutorpulse.clock import DAY_US
from tutorpulse.simulate.calendar import date_of
from tutorpulse.simulate.marketplaces import STARTER_SEEDS
from tutorpulse.training.snapshots import Limits, plan_dates

SMALL = Recipe(marketplaces=2, tutors=(40, 60), students=(300, 400), limits=Limits(dates=6, rows=4000))


def test_the_marketplaces_have_the_starters_seeds_and_begin_all_over_the_year() -> None:
    markets = marketplaces(Recipe())
    assert [market.seed for market in markets] == list(STARTER_SEEDS[: len(markets)])
    months = {date_of(market.first_day).month for market in markets}
    assert len(months) >= 9


def test_all_logs_tell_of_dates_all_over_their_lives_and_of_none_whose_labels_they_could_not_hold() -> None:
    recipe = Recipe()
    markets = marketplaces(recipe)
    first_us, end_us = (
        edge([market.first_day for market in markets]) * DAY_US
        for edge in (min, lambda days: max(days) + recipe.days)
    )
    dates_us = plan_dates(first_us, end_us, recipe.limits)
    for place, market in enumerate(markets):
        told = [
            us // DAY_US - market.first_day for us in dates_us.tolist() if tells(markets, recipe, place, us)
        ]
        assert 18 <= len(told) <= 22
        assert min(told) >= 30
        assert max(told) + 60 <= recipe.days < max(told) + 85


@pytest.mark.slow
def test_the_same_recipe_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_starter(SMALL, tmp_path / name)
    parts = sorted(part.name for part in (tmp_path / "a").iterdir())
    assert parts == sorted(part.name for part in (tmp_path / "b").iterdir())
    for part in parts:
        assert (tmp_path / "a" / part).read_bytes() == (tmp_path / "b" / part).read_bytes()
