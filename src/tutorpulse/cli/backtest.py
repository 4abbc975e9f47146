"""`tutorpulse backtest`: what the predictions would have been worth, had the product run all along."""

from pathlib import Path
from typing import Annotated

import typer

from tutorpulse.cli import console
from tutorpulse.cli.app import app
from tutorpulse.cli.backtest_view import show_backtest
from tutorpulse.cli.progress import progress_bar
from tutorpulse.clock import parse_time
from tutorpulse.errors import InputError
from tutorpulse.features.frame import ENTITY_TYPES, EntityType
from tutorpulse.service.backtesting.home import MOST_DATES, Asked, backtest
from tutorpulse.service.backtesting.page import report_page
from tutorpulse.service.root import open_pulse
from tutorpulse.training.snapshots import DEFAULT_LIMITS, Limits
from tutorpulse.training.train import DEFAULT_SEED


@app.command("backtest")
def backtest_verb(
    home: console.HomeOption = console.DEFAULT_HOME,
    from_: Annotated[
        str | None,
        typer.Option("--from", help="The first day scored.", show_default="30 days after the log began"),
    ] = None,
    to: Annotated[
        str | None, typer.Option(help="The last day scored, at most.", show_default="the log's end")
    ] = None,
    every: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Days between the dates scored.",
            show_default=f"so that there are {MOST_DATES} at most",
        ),
    ] = None,
    retrain_every: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="Days after which a new model is tried; 0: never, the starter serves.",
            show_default="the setting retrain_every_days",
        ),
    ] = None,
    entity: Annotated[EntityType | None, typer.Option(help="Only tutors or students. Default: both.")] = None,
    rows: Annotated[
        int, typer.Option(min=1000, help="Rows that each training learns from, of each kind, at most.")
    ] = DEFAULT_LIMITS.rows,
    seed: Annotated[int, typer.Option(help="Seed of models, draws and resamples.")] = DEFAULT_SEED,
    html: Annotated[
        Path | None,
        typer.Option(help="Write the report with plots to this file, one page that needs nothing else."),
    ] = None,
    as_json: console.JsonOption = False,
) -> None:
    """Replay the history as live would have been, with retraining, and show what the predictions were worth.

    On each date whoever was there is scored from what was known on that day, by the model that would have been in force: the starter,
    then own ones, retrained and promoted by the rules of a home. Figures are of outcomes after they matured, by cohort, period, subject and
    model; a fairness table tells whom the risks miss. Nothing of the home is changed.
    """
    if html is not None and not html.parent.is_dir():
        raise InputError(f"{html.parent} is no folder. Give --html a file in one that exists.")
    asked = Asked(
        parse_time(from_) if from_ else None,
        parse_time(to) if to else None,
        every,
        retrain_every,
        ENTITY_TYPES if entity is None else (entity,),
        Limits(dates=DEFAULT_LIMITS.dates, rows=rows),
        seed=seed,
    )
    with open_pulse(home) as pulse, progress_bar("Replaying") as tell:
        report = backtest(pulse, asked, tell)
    if html is not None:
        html.write_text(report_page(report), encoding="utf-8")
    if as_json:
        console.print_json(report)
        return
    show_backtest(report)
    if html is not None:
        console.print_line(f"The report with plots is in {html}.")
