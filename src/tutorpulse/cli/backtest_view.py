"""A backtest on the terminal: the figures of all rows and of both cohorts, whom the risks treat apart, what became of the models."""

from collections.abc import Sequence

from rich.console import Group

from tutorpulse.cli import console, views
from tutorpulse.features.frame import ENTITY_TYPES, EntityType
from tutorpulse.training.backtest.shapes import Fairness, Figures, Report
from tutorpulse.training.track.shapes import Interval


def show_backtest(report: Report) -> None:
    """The summary of a report; all of it is in its JSON and its page."""
    console.print_line(
        f"{report.dates} dates from {report.scored_from[:10]} to {report.scored_to[:10]}, every {report.every_days} days, "
        f"judged by what the log shows until {report.known[:10]}; seed {report.seed}"
    )
    for kind in ENTITY_TYPES:
        figures = [f for f in report.figures if f.entity_type == kind and f.by in ("all", "cohort")]
        if figures:
            console.out.print(_table(kind, figures, report.predictions[kind]))
    for line in report.fairness:
        if line.apart:
            console.print_line(_apart(line))
    for turn in report.turns:
        what = f"{turn.version} {'in force' if turn.promoted else 'refused'}" if turn.version else "no model"
        console.print_line(f"{turn.at[:10]}  {what}: {turn.reason}")


def _table(kind: EntityType, figures: Sequence[Figures], said: int) -> Group:
    table = views.plain_table(
        "prediction",
        "of",
        "rows",
        "rate",
        "AUC (90 %)",
        "silence",
        "Brier",
        "base",
        "ECE",
        "slope",
        right=tuple(range(2, 10)),
    )
    for f in figures:
        name = f"{f.output} ({f.churn_label})" if f.churn_label else f.output
        table.add_row(name, f.group, f"{f.rows:,}", *_cells(f))
    return views.section(f"{kind}s", table, f"{said:,} predictions")


def _cells(f: Figures) -> list[str]:
    if f.velocity is not None:
        rate = f.velocity
        return [
            f"{rate.rate.value:.3f}",
            f"error {_interval(rate.mae)}",
            f"{rate.mae_of_recent:.3f}",
            "",
            f"{rate.mae_of_mean:.3f}",
            "",
            "",
        ]
    if f.risk is None:
        return [""] * 7
    risk = f.risk
    return [
        f"{risk.rate.value:.3f}",
        _interval(risk.auc),
        _number(risk.recency_auc),
        f"{risk.brier.value:.3f}",
        f"{risk.brier_of_base_rate:.3f}",
        _number(f.ece.value if f.ece else None),
        _number(f.slope.value if f.slope else None, 2),
    ]


def _apart(line: Fairness) -> str:
    figures: dict[str, Interval | None] = {
        "excess": line.excess,
        "recall": line.recall,
        "false_alarms": line.false_alarms,
    }
    told = ", ".join(f"{name.replace('_', ' ')} {_interval(figures[name])}" for name in line.apart)
    return f"apart: {line.entity_type}s, {line.by} {line.group}, {line.output}: {told}"


def _interval(figure: Interval | None) -> str:
    if figure is None:
        return "–"
    bounds = "" if figure.low is None else f" ({figure.low:.3f} to {figure.high:.3f})"
    return f"{figure.value:.3f}{bounds}"


def _number(value: float | None, digits: int = 3) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
