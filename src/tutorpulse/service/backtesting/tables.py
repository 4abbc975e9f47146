"""The tables of the report."""

from collections.abc import Sequence

from tutorpulse.service.backtesting.words import (
    DASH,
    between,
    count,
    number,
    statement,
    table,
    text,
    turn_word,
    turn_words,
)
from tutorpulse.training.backtest.shapes import Fairness, Figures, Report
from tutorpulse.training.track.shapes import RateFigures

_HEADER = (
    "rows",
    "people",
    "rate",
    "said",
    "AUC",
    "recency",
    "average precision",
    "recency",
    "Brier",
    "base rate",
    "calibration error",
    "slope",
)

FAIRNESS_NOTE = (
    '<p class="note">Excess is what was said above what came true; recall the share of those it befell who were flagged; false alarms the '
    "share of the others who were. Marked figures differ from those of all other rows by .02 or more and beyond noise (2.6 standard errors). "
    "One in a hundred is marked by chance.</p>"
)


def overall(whole: Sequence[Figures]) -> str:
    """Every prediction over all rows."""
    rows = [(statement(f.output, f.churn_label), *_cells(f)) for f in whole]
    return table(("prediction", *_HEADER), rows)


def grouped(figures: Sequence[Figures], by: str) -> str:
    """Every prediction in every group; the group stands under the prediction, so that the table is no wider than a page."""
    rows = [
        (f"{statement(f.output, f.churn_label)}<small>{text(f.group)}</small>", *_cells(f)) for f in figures
    ]
    return table((f"prediction, {by}", *_HEADER), rows)


def _cells(f: Figures) -> tuple[str, ...]:
    counts = (count(f.rows), count(f.entities))
    if f.velocity is not None:
        rate = f.velocity
        error = f"error {between(rate.mae)}"
        naive = (
            f"{number(rate.mae_of_recent)}<small>as before</small>",
            f"{number(rate.mae_of_mean)}<small>the mean</small>",
        )
        return (*counts, between(rate.rate), number(rate.said), error, *naive, *_interval_cells(rate))
    if f.risk is None:
        return (*counts, *[DASH] * 10)
    risk = f.risk
    return (
        *counts,
        between(risk.rate),
        number(risk.said),
        between(risk.auc),
        number(risk.recency_auc),
        between(risk.average_precision),
        number(risk.recency_average_precision),
        between(risk.brier),
        number(risk.brier_of_base_rate),
        f"{between(f.ece)}<small>chance {number(f.ece_by_chance)}</small>",
        between(f.slope, 2),
    )


def _interval_cells(rate: RateFigures) -> tuple[str, ...]:
    """Coverage, interval score and width of the intervals of a velocity, or that there is none."""
    if rate.covered is None:
        return ("no interval", *[""] * 4)
    return (
        f"{between(rate.covered)}<small>inside 90 %</small>",
        f"{number(rate.interval_score)}<small>interval score</small>",
        f"{number(rate.interval_score_of_these)}<small>outcomes' own</small>",
        f"{number(rate.interval_width)}<small>wide</small>",
        f"{count(rate.interval_rows)}<small>intervals</small>",
    )


def fairness(lines: Sequence[Fairness]) -> str:
    """The fairness table."""
    header = (
        "prediction, group",
        "rows",
        "people",
        "rate",
        "excess",
        "AUC",
        "flagged",
        "precision",
        "recall",
        "false alarms",
    )
    rows = [
        (
            f"{statement(line.output, line.churn_label)}<small>{line.by}: {text(line.group)}</small>",
            count(line.rows),
            count(line.entities),
            between(line.rate),
            _marked(line, "excess", between(line.excess, signed=True)),
            between(line.auc),
            between(line.flagged),
            between(line.precision),
            _marked(line, "recall", between(line.recall)),
            _marked(line, "false_alarms", between(line.false_alarms)),
        )
        for line in lines
    ]
    return table(header, rows)


def _marked(line: Fairness, name: str, cell: str) -> str:
    return f'<span class="apart">{cell}</span>' if name in line.apart else cell


def turns(report: Report) -> str:
    """What became of the models."""
    rows = [
        (
            turn.at[:10],
            turn_word(turn),
            text(turn.version or DASH),
            text(turn_words(turn)),
        )
        for turn in report.turns
    ]
    return table(("day", "what", "model", "why"), rows, words=(3,))
