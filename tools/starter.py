"""Makes the starter model: `python -m tools.starter` simulates marketplaces, trains on all of them, writes the artifact.

Seeds 100 to 199 belong to it; no marketplace of these seeds serves for judging. The same command gives the same bytes with
the same versions of the libraries (the manifest names them).
"""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np

from tutorpulse.clock import DAY_US
from tutorpulse.model import artifact as artifacts
from tutorpulse.model.artifact import Artifact
from tutorpulse.model.registry import STARTER_FOLDER, as_starter
from tutorpulse.service.training import features_of
from tutorpulse.settings import Settings
from tutorpulse.simulate import emit
from tutorpulse.simulate.marketplaces import STARTER_SEEDS, Marketplace, drawn
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore
from tutorpulse.training.labels import LABELS
from tutorpulse.training.pool import Tells, pooled_frames, pooled_histories
from tutorpulse.training.reading import read_history
from tutorpulse.training.snapshots import WARM_UP_DAYS, Limits
from tutorpulse.training.train import Features, Plan, train_from

EXIT_GAP_DAYS = 30
"""What counts as leaving in the starter model: the shortest candidate, which a marketplace of regular lessons bears."""


TURNS = 4
"""Of so many dates in turn a log tells of one: all together tell of many more seasons than one log has dates."""


@dataclass(frozen=True)
class Recipe:
    """How many marketplaces, how large (bounds, drawn evenly), for how many days each, and how much of it is learnt from.

    Each begins on a day of its own, so that the season does not follow from how old a marketplace is, and lives so long that
    every season has labels that have matured. `limits` hold for all together; the days between dates are no multiple of `TURNS`.
    """

    marketplaces: int = 24
    tutors: tuple[int, int] = (200, 340)
    students: tuple[int, int] = (2000, 3400)
    days: int = 480
    limits: Limits = field(default_factory=lambda: Limits(dates=170, rows=200_000))


def marketplaces(recipe: Recipe) -> list[Marketplace]:
    """The marketplaces of a recipe, each drawn from its own seed."""
    seeds = STARTER_SEEDS[: recipe.marketplaces]
    return [drawn(seed, recipe.tutors, recipe.students) for seed in seeds]


def starter(recipe: Recipe, folder: Path) -> Artifact:
    """The starter model; its marketplaces are simulated into `folder`."""
    markets = marketplaces(recipe)
    with ExitStack() as stack:
        stores = [stack.enter_context(_simulated(each, recipe, folder)) for each in markets]
        read = pooled_histories([partial(read_history, store) for store in stores])
        known_us = max(_end_us(each, recipe) for each in markets)
        plan = Plan(known_us, known_us, limits=recipe.limits, seed=STARTER_SEEDS.start)
        features = _features(stores, partial(tells, markets, recipe))
        return as_starter(train_from(read, features, _settings(), plan, _tell))


def tells(markets: Sequence[Marketplace], recipe: Recipe, place: int, as_of_us: int) -> bool:
    """Whether it is the log's turn, its windows are filled, and all its labels of the moment have matured."""
    day = as_of_us // DAY_US
    begins = markets[place].first_day + WARM_UP_DAYS
    settled_us = max(
        int(label.maturity_us(np.array([as_of_us]), EXIT_GAP_DAYS * DAY_US)[0]) for label in LABELS.values()
    )
    return (day + place) % TURNS == 0 and begins <= day and settled_us <= _end_us(markets[place], recipe)


def _settings() -> Settings:
    return Settings(exit_gap_days_tutor=EXIT_GAP_DAYS, exit_gap_days_student=EXIT_GAP_DAYS)


def _features(stores: Sequence[EventStore], tells: Tells) -> Features:
    each = [features_of(store, _settings()) for store in stores]
    return replace(each[0], compute=pooled_frames([features.compute for features in each], tells), apart=None)


def _end_us(market: Marketplace, recipe: Recipe) -> int:
    return (market.first_day + recipe.days) * DAY_US


@contextmanager
def _simulated(market: Marketplace, recipe: Recipe, folder: Path) -> Iterator[EventStore]:
    print(f"seed {market.seed}: {market.tutors} tutors, {market.students} students", flush=True)
    world = market.world(recipe.days)
    with EventStore.open(Home.open(folder / str(market.seed), create=True)) as store:
        for batch in emit.batches(world, recipe.days):
            store.append(batch)
        yield store


def _tell(doing: str, done: int, of: int) -> None:
    print(f"{doing} {done}/{of}", flush=True)


def write_starter(recipe: Recipe, target: Path) -> Artifact:
    """Make the starter model and put it in the place of what is in `target`."""
    with tempfile.TemporaryDirectory() as folder:
        made = starter(recipe, Path(folder))
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    artifacts.write(made, target)
    return made


def main() -> None:
    """Write the starter model into the package, and say its figures on held-out time."""
    made = write_starter(Recipe(), STARTER_FOLDER)
    size = sum(path.stat().st_size for path in STARTER_FOLDER.iterdir())
    print(f"{made.version}: {size:,} bytes")
    for kind, part in made.manifest.kinds.items():
        for output, figure in part.metrics.items():
            if figure.auc is not None and figure.recency_auc is not None:
                print(
                    f"{kind} {output}: AUC {figure.auc:.3f}, recency {figure.recency_auc:.3f}, slope {figure.slope or 0:.2f}"
                )
            if figure.coverage is not None:
                print(
                    f"{kind} {output}: {figure.coverage:.1%} within intervals of 90 %, score {figure.interval_score:.2f}"
                )


if __name__ == "__main__":
    main()
