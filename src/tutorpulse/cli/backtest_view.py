"""A backtest on the terminal: the figures of all rows and of both cohorts, whom the risks treat apart, what became of the models."""

from collections.abc import Sequence

from rich.console import Group

from tutorpulse.cli import console, views
from tutorpulse.features.frame import ENTITY_TYPES
from tutorpulse.service.backtesting.words import turn_word, turn_words
from tutorpulse.service.track.words import interval_words
from tutorpulse.training.backtest.shapes import Fairness, Figures, Report
from tutorpulse.training.track.shapes import Interval


def show_backtest(report: Report) -> None:
    """The summary of a report; all of it is in its JSON and its page."""
    said = ", ".join(f"{count:,} predictions of {kind}s" for kind, count in report.predictions.items())
    console.print_line(
        f"{said} on {report.dates} dates from {report.scored_from[:10]} to {report.scored_to[:10]}, every {report.every_days} days, "
        f"judged by what the log shows until {report.known[:10]}; seed {report.seed}"
    )
    for kind in ENTITY_TYPES:
        for group in ("all", "new", "established"):
            figures = [f for f in report.figures if f.entity_type == kind and _is(f, group)]
            if figures:
                console.out.print(_table(f"{kind}s, {group}", figures))
    for line in report.fairness:
        if line.apart:
            console.print_line(_apart(line))
    for turn in report.turns:
        what = f"{turn.version} {turn_word(turn)}" if turn.version else turn_word(turn)
        console.print_line(f"{turn.at[:10]}  {what}: {turn_words(turn)}")


def _is(f: Figures, group: str) -> bool:
    return f.by in ("all", "cohort") and f.group == group


def _table(title: str, figures: Sequence[Figures]) -> Group:
    table = views.plain_table(
        "prediction", "rows", "rate", "AUC", "silence", "Brier", "ECE", right=tuple(range(1, 7)), fixed=(0, 3)
    )
    for f in figures:
        table.add_row(_name(f.output, f.churn_label), f"{f.rows:,}", *_cells(f))
    starred = "* here churn is inactivity. " if any(f.churn_label == "inactive" for f in figures) else ""
    told = (interval_words(f.velocity, f.rows) for f in figures if f.velocity is not None)
    return views.section(title, table, "\n".join([starred + _VELOCITY, *told]))


_VELOCITY = "± half of the 90 % interval. Of velocity: the mean error, and that of going on as before."


def _name(output: str, churn_label: str) -> str:
    return f"{output}*" if churn_label == "inactive" else output


def _cells(f: Figures) -> list[str]:
    if f.velocity is not None:
        rate = f.velocity
        return [f"{rate.rate.value:.3f}", _about(rate.mae), f"{rate.mae_of_recent:.3f}", "", ""]
    if f.risk is None:
        return [""] * 5
    risk = f.risk
    return [
        f"{risk.rate.value:.3f}",
        _about(risk.auc),
        views.figure_text(risk.recency_auc),
        f"{risk.brier.value:.3f}",
        views.figure_text(f.ece.value if f.ece else None),
    ]


def _about(figure: Interval | None) -> str:
    """A figure, and half the width of its 90 % interval."""
    if figure is None:
        return "–"
    if figure.low is None or figure.high is None:
        return f"{figure.value:.3f}"
    return f"{figure.value:.3f} ± {(figure.high - figure.low) / 2:.3f}"


def _apart(line: Fairness) -> str:
    figures: dict[str, Interval | None] = {
        "excess": line.excess,
        "recall": line.recall,
        "false_alarms": line.false_alarms,
    }
    told = ", ".join(
        f"{name.replace('_', ' ')} {views.interval_text(figures[name], ' to ')}" for name in line.apart
    )
    return (
        f"apart: {line.entity_type}s, {line.by} {line.group}, {_name(line.output, line.churn_label)}: {told}"
    )
