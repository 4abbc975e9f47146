"""The track record on the terminal."""

from collections.abc import Sequence
from itertools import groupby

from rich.console import Group
from rich.text import Text

from tutorpulse.cli import console, views
from tutorpulse.service.queries.shapes import TrackItem, TrackRecord
from tutorpulse.service.track.words import interval_words
from tutorpulse.training.track.shapes import Band, Flagged


def show_track_record(record: TrackRecord) -> None:
    """The lines, then a table for each kind and month; with one item alone its calibration and flags too."""
    for line in record.lines:
        console.print_line(line.sentence)
    if record.first_due:
        console.print_line(
            f"Nothing has matured yet. The first outcome is taken down on {record.first_due[:10]}."
        )
    elif not record.items:
        console.print_line(
            "Nothing to show. Run `tutorpulse refresh` regularly: its predictions are what is judged here."
        )
    for (shadow, month, kind), items in groupby(
        record.items, lambda item: (item.shadow, item.month, item.entity_type)
    ):
        console.out.print(_month_table(f"{kind}s, {month}{', in shadow' if shadow else ''}", list(items)))
    if len(record.items) == 1:
        _show_detail(record.items[0])


def _month_table(title: str, items: Sequence[TrackItem]) -> Group:
    table = views.plain_table(
        "prediction",
        "matured",
        "rate",
        "said",
        "AUC (90 %)",
        "silence",
        "Brier",
        "base",
        right=tuple(range(1, 8)),
    )
    for item in items:
        table.add_row(item.output, *_cells(item))
        if truth := _truth_cells(item):
            table.add_row("* truth", *truth)
    oracles = [item.figures.risk.oracle for item in items if item.figures.risk and item.figures.risk.oracle]
    beside = "; * the truth on the rows that it tells of, and the model there" if oracles else ""
    models = ", ".join(dict.fromkeys(item.model_version for item in items))
    flips = sum(item.figures.flipped for item in items)
    late = f"; {flips:,} outcomes would be others by what came in late" if flips else ""
    slopes = [
        f"{item.output} {item.figures.risk.slope:.2f} (error {item.figures.risk.ece:.3f})"
        for item in items
        if item.figures.risk is not None and item.figures.risk.slope is not None
    ]
    calibrated = f"\ncalibration slopes: {', '.join(slopes)}" if slopes else ""
    rates = [(item.figures.velocity, item.figures.rows) for item in items if item.figures.velocity]
    held = "".join(f"\n{interval_words(*told)}" for told in rates)
    return views.section(title, table, f"model {models}{late}{beside}{calibrated}{held}")


def _cells(item: TrackItem) -> list[str]:
    made = item.figures
    count = f"{made.matured:,} of {made.predicted:,}"
    if made.risk is not None:
        risk = made.risk
        return [
            count,
            f"{risk.rate.value:.3f}",
            f"{risk.said:.3f}",
            views.interval_text(risk.auc),
            views.figure_text(risk.recency_auc),
            f"{risk.brier.value:.3f}",
            f"{risk.brier_of_base_rate:.3f}",
        ]
    if made.velocity is not None:
        rate = made.velocity
        error = f"error {views.interval_text(rate.mae)}"
        return [
            count,
            f"{rate.rate.value:.3f}",
            f"{rate.said:.3f}",
            error,
            f"{rate.mae_of_recent:.3f}",
            "",
            f"{rate.mae_of_mean:.3f}",
        ]
    return [count, *[""] * 6]


def _truth_cells(item: TrackItem) -> list[str]:
    """What the truth reaches, where the marketplace is simulated and told, and what the model reaches on the same rows."""
    made = item.figures
    if made.risk is not None and (oracle := made.risk.oracle):
        auc = f"{views.figure_text(oracle.auc)}, model {views.figure_text(oracle.model_auc)}"
        naive, brier = (
            views.figure_text(oracle.recency_auc),
            f"{views.figure_text(oracle.brier)}, model {views.figure_text(oracle.model_brier)}",
        )
        return [f"{oracle.rows:,}", "", "", auc, naive, brier, ""]
    if made.velocity is not None and (oracle := made.velocity.oracle):
        return [
            f"{oracle.rows:,}",
            "",
            "",
            f"error {views.figure_text(oracle.mae)}, model {views.figure_text(oracle.model_mae)}",
            "",
            "",
            "",
        ]
    return []


def _show_detail(item: TrackItem) -> None:
    if item.figures.risk is None:
        return
    console.out.print(_calibration_table(item.figures.risk.calibration))
    console.out.print(_flags_table(item.figures.risk.flagged))


def _calibration_table(bands: Sequence[Band]) -> Group:
    table = views.plain_table("given", "predictions", "said", "came true (90 %)", right=(1, 2, 3))
    for band in bands:
        given = f"{band.low:.0%} to {band.high:.0%}"
        table.add_row(given, f"{band.rows:,}", f"{band.said:.3f}", views.interval_text(band.came_true))
    return Group(Text("What was given, and what came true", "bold"), table)


def _flags_table(flags: Sequence[Flagged]) -> Group:
    table = views.plain_table(
        "flagged", "predictions", "precision (90 %)", "recall (90 %)", "silence", right=(1, 2, 3, 4)
    )
    for flag in flags:
        name = flag.name if flag.bound is None else f"{flag.name} {flag.bound:.0%}"
        table.add_row(
            name,
            f"{flag.rows:,}",
            views.interval_text(flag.precision),
            views.interval_text(flag.recall),
            views.figure_text(flag.naive_precision),
        )
    return Group("", Text("What flags were worth", "bold"), table)
