"""`tutorpulse evaluate --protocol baselines`: what the model must beat, on the log of hosts or of customers."""

import numpy as np
from numpy.typing import NDArray

from tutorpulse.cli import console, views
from tutorpulse.clock import DAY_US, parse_time
from tutorpulse.service.root import Pulse, newest_event_us
from tutorpulse.service.training import features_of
from tutorpulse.training.baselines.buyers import BuyingFigures, buying_figures
from tutorpulse.training.baselines.hosts import BaselineFigures, host_baselines
from tutorpulse.training.buyers import Interval as Plain
from tutorpulse.training.snapshots import Progress
from tutorpulse.training.track.shapes import Interval
from tutorpulse.training.train import Plan


def judge_baselines(
    pulse: Pulse, cut: str, sample: NDArray[np.object_] | None, seed: int, progress: Progress
) -> BaselineFigures | BuyingFigures:
    """The protocol of hosts where the log names tutors, else that of customers."""
    features, newest_us = features_of(pulse.store, pulse.settings), newest_event_us(pulse)
    if len(pulse.store.entity_ids("tutor")):
        return host_baselines(pulse.store, newest_us, features, seed, progress)
    plan = Plan(parse_time(cut) + DAY_US - 1, pulse.clock.now_us(), ("student",), seed=seed)
    return buying_figures(pulse.store, newest_us, features, pulse.settings, plan, sample, progress)


def show_baselines(figures: BaselineFigures | BuyingFigures, as_json: bool) -> None:
    """Print them."""
    if as_json:
        console.print_json(figures)
    elif isinstance(figures, BaselineFigures):
        _show_hosts(figures)
    else:
        _show_buyers(figures)


def _show_hosts(figures: BaselineFigures) -> None:
    console.print_line(
        f"{figures.rows:,} rows, {figures.test_rows:,} of them held out from {figures.test_from} on, seed {figures.seed}"
    )
    for label, found in figures.labels.items():
        words = "mean absolute error" if label == "session_velocity" else "AUC"
        table = views.plain_table(label, f"{words} (90 %)", "the model is ahead by", right=(1, 2))
        for name, beside in found.items():
            table.add_row(name, _bounds(beside.figure), "" if beside.ahead is None else _bounds(beside.ahead))
        console.out.print(table)


def _show_buyers(figures: BuyingFigures) -> None:
    console.print_line(f"{figures.customers:,} customers, seed {figures.seed}")
    for name, parameters in figures.parameters.items():
        console.print_line(f"{name}: " + ", ".join(f"{key} {value:.3f}" for key, value in parameters.items()))
    table = views.plain_table(
        "weeks", "model", "correlation", "mean absolute error", "AUC, buys at all", right=(2, 3, 4)
    )
    for name, told in figures.foretold.items():
        for f in told:
            cells = (f.correlation, f.mean_absolute_error, f.auc)
            table.add_row(str(f.weeks), name, *(_bounds(cell) for cell in cells))
    console.out.print(table)


def _bounds(interval: Interval | Plain) -> str:
    bounds = "" if interval.low is None else f" ({interval.low:.3f} to {interval.high:.3f})"
    return f"{interval.value:.3f}{bounds}"
