"""`tutorpulse evaluate`: our figures by the protocols of published and reference ones."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
import typer
from numpy.typing import NDArray

from tutorpulse.cli import console
from tutorpulse.cli.app import app
from tutorpulse.cli.baseline_view import judge_baselines, show_baselines
from tutorpulse.cli.progress import progress_bar
from tutorpulse.cli.simulated_view import Asked, judge_simulated, print_simulated
from tutorpulse.clock import DAY_US, parse_time
from tutorpulse.errors import InputError
from tutorpulse.model.manifest import Measures
from tutorpulse.service.root import Pulse, newest_event_us, open_pulse
from tutorpulse.service.training import features_of
from tutorpulse.training.buyers import BuyerFigures, Interval, buyer_figures
from tutorpulse.training.hosts import HostFigures, host_figures
from tutorpulse.training.snapshots import Progress
from tutorpulse.training.train import DEFAULT_SEED, Plan


class Protocol(StrEnum):
    """Protocols that figures are known for."""

    BARCELONA = "barcelona"
    CDNOW = "cdnow"
    SIMULATED = "simulated"
    BASELINES = "baselines"


@app.command()
def evaluate(
    protocol: Annotated[
        Protocol,
        typer.Option(
            help="Which protocol: that of Barcelona's hosts, of CDNOW's customers, of simulated marketplaces, or all baselines on either log."
        ),
    ],
    home: console.HomeOption = console.DEFAULT_HOME,
    cut: Annotated[str, typer.Option(help="cdnow: the last day that the model knows.")] = "1997-09-30",
    sample: Annotated[
        Path | None, typer.Option(help="cdnow: a file of ids, one a line, to judge by. Default: everybody.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the model and of the bootstrap.")] = DEFAULT_SEED,
    seeds: Annotated[
        str, typer.Option(help="simulated: seeds of marketplaces that no model has seen.")
    ] = "201,202,203,204,205",
    tutors: Annotated[int, typer.Option(min=1, help="simulated: tutors of each.")] = 2000,
    students: Annotated[int, typer.Option(min=1, help="simulated: students of each.")] = 20_000,
    mornings: Annotated[int, typer.Option(min=1, help="simulated: mornings judged of each.")] = 4,
    continuations: Annotated[
        int, typer.Option(min=1, help="simulated: continuations from each morning that tell the truth.")
    ] = 40,
    oracle_marketplaces: Annotated[
        int,
        typer.Option(
            min=0, help="simulated: marketplaces that the events oracle learns from; 0: without it."
        ),
    ] = 12,
    own: Annotated[
        bool, typer.Option("--own", help="simulated: judge also models of each marketplace's own past.")
    ] = False,
    as_json: console.JsonOption = False,
) -> None:
    """Compare with published figures on the log that they are about, or with the truth of simulated marketplaces."""
    if protocol is Protocol.SIMULATED:
        judged = judge_simulated(
            Asked(seeds, tutors, students, mornings, continuations, oracle_marketplaces, own)
        )
        console.print_json(judged) if as_json else print_simulated(judged)
        return
    if protocol is Protocol.BASELINES:
        with open_pulse(home) as pulse, progress_bar("Evaluating") as tell:
            show_baselines(
                judge_baselines(
                    pulse, cut, _ids(sample) if sample else None, seed, lambda _what, d, n: tell(d, n)
                ),
                as_json,
            )
        return
    with open_pulse(home) as pulse, progress_bar("Evaluating") as tell:
        figures = _figures(pulse, protocol, cut, sample, seed, lambda _what, done, total: tell(done, total))
    if as_json:
        console.print_json(figures)
    elif isinstance(figures, HostFigures):
        _print_hosts(figures)
    else:
        _print_buyers(figures)


def _figures(
    pulse: Pulse, protocol: Protocol, cut: str, sample: Path | None, seed: int, progress: Progress
) -> HostFigures | BuyerFigures:
    features = features_of(pulse.store, pulse.settings)
    newest_us = newest_event_us(pulse)
    if protocol is Protocol.BARCELONA:
        return host_figures(pulse.store, newest_us, features, seed, progress)
    plan = Plan(parse_time(cut) + DAY_US - 1, pulse.clock.now_us(), seed=seed)
    ids = _ids(sample) if sample else None
    return buyer_figures(pulse.store, newest_us, features, pulse.settings, plan, ids, progress)


def _ids(path: Path) -> NDArray[np.object_]:
    try:
        lines = path.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"The file of ids {path} cannot be read: {error}. Give a text file with one id a line."
        ) from None
    return np.array(lines, dtype=object)


def _print_hosts(figures: HostFigures) -> None:
    console.print_line(
        f"{figures.rows:,} rows, {figures.test_rows:,} of them held out from {figures.test_from} on, seed {figures.seed}"
    )
    console.print_line(f"exit gap: {figures.exit_gap}")
    for words, measures in (("46 and context", figures.all_columns), ("the 46 alone", figures.the_46_alone)):
        for name, of_output in measures.items():
            console.print_line(f"{words:15} {name:13} {_auc(of_output)}")


def _auc(measures: Measures) -> str:
    fields = {k: v for k, v in msgspec.structs.asdict(measures).items() if isinstance(v, float)}
    return (
        f"AUC {fields['auc']:.3f} ({fields['auc_low']:.3f}-{fields['auc_high']:.3f}), "
        f"days since the last session alone {fields['recency_auc']:.3f}"
    )


def _print_buyers(figures: BuyerFigures) -> None:
    console.print_line(
        f"{figures.customers:,} customers, {figures.weeks} weeks, {figures.bought_again:.1%} bought again, seed {figures.seed}"
    )
    for words, interval in (
        ("correlation of repeat days", figures.correlation),
        ("mean absolute error, days", figures.mean_absolute_error),
        ("AUC, buys at all, by velocity", figures.auc),
        ("AUC, buys at all, by churn risk", figures.auc_of_churn_risk),
    ):
        console.print_line(f"{words:32} {_interval(interval)}")


def _interval(interval: Interval) -> str:
    return f"{interval.value:.3f} ({interval.low:.3f}-{interval.high:.3f})"
