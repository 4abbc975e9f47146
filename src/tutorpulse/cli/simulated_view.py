"""Judging models on simulated marketplaces, and what is printed of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.table import Table

from tutorpulse.cli import console
from tutorpulse.cli.progress import progress_bar
from tutorpulse.errors import InputError, ModelError
from tutorpulse.features.compile import feature_set_hash
from tutorpulse.features.frame import EntityType
from tutorpulse.model import registry
from tutorpulse.service.served import CATALOG
from tutorpulse.service.training import features_of
from tutorpulse.settings import Settings
from tutorpulse.training.months import MonthSlope
from tutorpulse.training.practice import EXIT_GAP_DAYS, Drill, Scorer
from tutorpulse.training.scorers import fixed_scorer, levelled_scorer, own_scorer
from tutorpulse.training.simulated import (
    RISKS,
    Judging,
    Sample,
    SimulatedFigures,
    Spread,
    simulated_figures,
)

_COLUMNS = {
    "AUC": "auc",
    "recency": "recency_auc",
    "events oracle": "observable_auc",
    "full oracle": "oracle_auc",
    "skill": "skill",
    "slope": "slope",
    "ECE excess": "ece_excess",
    "Brier skill": "brier_skill",
}
"""What is printed of a risk, by the name of its figure."""

STARTER, LEVELLED, OWN = "starter", "levelled starter", "own"


@dataclass(frozen=True)
class Asked:
    """The options of the command, as given."""

    seeds: str
    tutors: int
    students: int
    mornings: int
    continuations: int
    oracle_marketplaces: int
    own: bool


def judge_simulated(asked: Asked) -> SimulatedFigures:
    """Judge the starter model, as it is and levelled on each marketplace's past, and if asked for an own one, on the marketplaces of the seeds.

    Raises:
        InputError: the seeds cannot be read, or cannot judge. ModelError: the starter was made for other features.
    """
    judging = Judging(
        parse_seeds(asked.seeds),
        asked.tutors,
        asked.students,
        Drill(mornings=asked.mornings, continuations=asked.continuations),
        Sample(marketplaces=asked.oracle_marketplaces),
    )
    settings = Settings(exit_gap_days_tutor=EXIT_GAP_DAYS, exit_gap_days_student=EXIT_GAP_DAYS)
    names = {kind: [feature.name for feature in shown] for kind, shown in CATALOG.items()}
    with progress_bar("Simulating") as tell:
        return simulated_figures(
            judging,
            lambda store: features_of(store, settings).compute,
            _scorers(settings, asked.own),
            names,
            lambda _what, done, total: tell(done, total),
        )


def parse_seeds(text: str) -> Sequence[int]:
    """Whole numbers between commas.

    Raises:
        InputError: there is something else.
    """
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise InputError(f"{text!r} are no seeds. Give whole numbers such as 201,202,203.") from None


def _scorers(settings: Settings, own: bool) -> dict[str, Scorer]:
    starter = registry.starter(feature_set_hash())
    if starter is None:
        raise ModelError("The starter model was made for other features. Make it anew with `make starter`.")
    scorers = {
        STARTER: fixed_scorer(starter),
        LEVELLED: levelled_scorer(lambda store: features_of(store, settings), starter),
    }
    if own:
        scorers[OWN] = own_scorer(lambda store: features_of(store, settings), settings)
    return scorers


def print_simulated(figures: SimulatedFigures) -> None:
    """One table for each scorer and kind: means over the seeds, least and largest in brackets."""
    seeds = ", ".join(str(each.seed) for each in figures.seeds)
    console.print_line(
        f"{figures.tutors:,} tutors and {figures.students:,} students, {figures.days} days, {figures.mornings} mornings, "
        f"{figures.continuations} continuations, seeds {seeds}"
    )
    for scorer, kinds in figures.spread.items():
        for kind, outputs in kinds.items():
            console.out.print(_table(scorer, kind, outputs))
            months = figures.months[scorer][kind]
            console.print_line(f"slopes by month, all seeds together: {_slopes(months)}")
            console.print_line(f"slopes of single mornings: {_single_slopes(months)}")
            _print_velocity(outputs.get("session_velocity", {}))
    for each in figures.seeds:
        for why in each.not_judged:
            console.print_line(f"seed {each.seed} does not judge {why}")


def _table(scorer: str, kind: EntityType, outputs: dict[str, dict[str, Spread]]) -> Table:
    table = Table(title=f"{scorer} model, {kind}s", title_justify="left", box=None, pad_edge=False)
    for heading in ("output", *_COLUMNS):
        table.add_column(heading, justify="left" if heading == "output" else "right")
    for output in RISKS:
        if output in outputs:
            table.add_row(output, *(_spread(outputs[output].get(name)) for name in _COLUMNS.values()))
    return table


def _slopes(outputs: Mapping[str, Sequence[MonthSlope]]) -> str:
    """The slope of each month, by output."""
    return "; ".join(
        f"{output} {', '.join(f'{month.slope:.2f}' for month in months)}"
        for output, months in outputs.items()
    )


def _single_slopes(outputs: Mapping[str, Sequence[MonthSlope]]) -> str:
    """The flattest and the steepest of any morning of any seed, and how many stray no more from 1 than those of true probabilities."""
    told = (
        f"{output} {min(single):.2f} to {max(single):.2f}, "
        f"{sum(month.within_chance for month in months)} of {len(single)} within chance"
        for output, months in outputs.items()
        if (single := [slope for month in months for slope in month.single])
    )
    return "; ".join(told)


def _spread(spread: Spread | None) -> str:
    if spread is None:
        return "-"
    return f"{spread.mean:.3f}\n({spread.least:.3f}-{spread.largest:.3f})"


def _print_velocity(spread: dict[str, Spread]) -> None:
    if not spread:
        return
    seen = spread.get("observable_mae")
    console.print_line(
        f"session_velocity: mean absolute error {spread['mae'].mean:.3f} sessions a week; "
        f"always the mean {spread['mean_mae'].mean:.3f}, "
        + (f"events oracle {seen.mean:.3f} ({_over(spread)}), " if seen else "")
        + f"full oracle {spread['oracle_mae'].mean:.3f}"
    )
    if "coverage" not in spread:
        console.print_line("its interval: the model has none")
        return
    inside = spread["coverage"]
    console.print_line(
        f"its interval of 90 %: {inside.mean:.1%} inside ({inside.least:.1%}-{inside.largest:.1%} by seed), "
        f"{spread['interval_width'].mean:.2f} wide; interval score {spread['interval_score'].mean:.3f}, "
        f"always the same interval {spread['constant_interval_score'].mean:.3f}"
    )


def _over(spread: dict[str, Spread]) -> str:
    over = spread["error_over_observable"]
    return f"{over.mean:+.1%} above it, {over.least:+.1%} to {over.largest:+.1%} by seed"
