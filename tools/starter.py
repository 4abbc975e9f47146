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

import msgspec
import numpy as np

from tutorpulse.clock import DAY_US, parse_time
from tutorpulse.model import artifact as artifacts
from tutorpulse.model.artifact import Artifact
from tutorpulse.model.registry import STARTER_FOLDER, as_starter
from tutorpulse.service.training import features_of
from tutorpulse.settings import Settings
from tutorpulse.simulate import emit, population
from tutorpulse.simulate.parameters import Parameters
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore
from tutorpulse.training.pool import pooled_frames, pooled_histories
from tutorpulse.training.reading import read_history
from tutorpulse.training.snapshots import Limits
from tutorpulse.training.train import Features, Plan, train_from

FIRST_SEED = 100
EXIT_GAP_DAYS = 30
"""What counts as leaving in the starter model: the shortest candidate, which a marketplace of regular lessons bears."""

RANGES: dict[str, dict[str, tuple[float, float]]] = {
    "market": {"arrivals_per_year": (0.6, 1.5), "unsuited": (0.02, 0.12)},
    "tutors": {
        "capacity_hours": (10, 20),
        "comfort": (0.5, 0.75),
        "frailty_shape": (3, 8),
        "fatigue_days": (10, 24),
        "exit_hazard": (0.0007, 0.0018),
        "fade_days": (14, 32),
        "announced_share": (0.05, 0.3),
        "declare_share": (0.6, 0.97),
        "response_hours": (1.5, 6),
    },
    "students": {
        "sessions_per_week": (0.9, 1.7),
        "standing": (0.4, 0.75),
        "frailty_shape": (3, 8),
        "exit_hazard": (0.0017, 0.004),
        "newcomer_effect": (0.7, 2),
        "fade_days": (14, 35),
        "fade_rate": (0.2, 0.5),
        "announced_share": (0.03, 0.2),
        "activities_per_week": (0.4, 1.5),
    },
    "sessions": {
        "student_cancel": (0.006, 0.018),
        "tutor_cancel": (0.003, 0.010),
        "reschedule": (0.008, 0.03),
        "tutor_no_show": (0.004, 0.016),
        "rated_share": (0.2, 0.8),
        "fading_factor": (3, 6),
    },
    "contacts": {
        "payment_failure": (0.015, 0.06),
        "calls_per_week": (0.01, 0.07),
        "tickets_per_week": (0.01, 0.05),
        "messages_per_week": (0.2, 1),
        "grades_per_week": (0.0, 0.1),
        "health_feed_share": (0.0, 0.3),
    },
}
"""What differs between the marketplaces, by section: drawn evenly from these bounds, around the simulator's defaults."""


@dataclass(frozen=True)
class Recipe:
    """How many marketplaces, how large (bounds, drawn evenly), over which days, and how much of it is learnt from."""

    marketplaces: int = 6
    tutors: tuple[int, int] = (300, 500)
    students: tuple[int, int] = (3000, 5000)
    first_day: str = "2024-07-01"
    days: int = 365
    limits: Limits = field(default_factory=lambda: Limits(dates=24, rows=100_000))


@dataclass(frozen=True)
class Marketplace:
    """One marketplace to simulate."""

    seed: int
    tutors: int
    students: int
    parameters: Parameters


def marketplaces(recipe: Recipe) -> list[Marketplace]:
    """The marketplaces of a recipe, each drawn from its own seed."""
    return [_drawn(FIRST_SEED + number, recipe) for number in range(recipe.marketplaces)]


def _drawn(seed: int, recipe: Recipe) -> Marketplace:
    rng = np.random.default_rng(seed)
    tutors, students = (
        int(rng.integers(*bounds, endpoint=True)) for bounds in (recipe.tutors, recipe.students)
    )
    drawn = {
        section: {name: float(rng.uniform(low, high)) for name, (low, high) in ranges.items()}
        for section, ranges in RANGES.items()
    }
    return Marketplace(seed, tutors, students, msgspec.convert(drawn, Parameters))


def starter(recipe: Recipe, folder: Path) -> Artifact:
    """The starter model; its marketplaces are simulated into `folder`."""
    with ExitStack() as stack:
        stores = [stack.enter_context(_simulated(each, recipe, folder)) for each in marketplaces(recipe)]
        read = pooled_histories([partial(read_history, store) for store in stores])
        known_us = _first_us(recipe) + recipe.days * DAY_US
        plan = Plan(known_us, known_us, limits=recipe.limits, seed=FIRST_SEED)
        return as_starter(train_from(read, _features(stores), _settings(), plan, _tell))


def _settings() -> Settings:
    return Settings(exit_gap_days_tutor=EXIT_GAP_DAYS, exit_gap_days_student=EXIT_GAP_DAYS)


def _features(stores: Sequence[EventStore]) -> Features:
    each = [features_of(store, _settings()) for store in stores]
    return replace(each[0], compute=pooled_frames([features.compute for features in each]))


def _first_us(recipe: Recipe) -> int:
    return parse_time(recipe.first_day)


@contextmanager
def _simulated(market: Marketplace, recipe: Recipe, folder: Path) -> Iterator[EventStore]:
    print(f"seed {market.seed}: {market.tutors} tutors, {market.students} students", flush=True)
    first_day = _first_us(recipe) // DAY_US
    world = population.new_world(
        market.parameters, market.tutors, market.students, first_day, recipe.days, market.seed
    )
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


if __name__ == "__main__":
    main()
