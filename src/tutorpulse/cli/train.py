"""`tutorpulse train`: a model from the home's history."""

import getpass
from collections.abc import Sequence
from typing import Annotated

import msgspec
import typer
from rich.table import Table

from tutorpulse.cli import console
from tutorpulse.cli.app import app
from tutorpulse.cli.audit import noted
from tutorpulse.cli.progress import progress_bar
from tutorpulse.clock import parse_time
from tutorpulse.features.frame import ENTITY_TYPES, EntityType
from tutorpulse.model.manifest import KindManifest, Manifest, Measures
from tutorpulse.model.predictor import OUTPUT_FIELDS
from tutorpulse.service.root import open_pulse
from tutorpulse.service.training import Trained, train_home
from tutorpulse.training.snapshots import DEFAULT_LIMITS, Limits
from tutorpulse.training.stages import Stages


@app.command()
def train(
    home: console.HomeOption = console.DEFAULT_HOME,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", help="Learn from what was known then. Default: now, or the newest event."),
    ] = None,
    entity: Annotated[
        EntityType | None,
        typer.Option(help="Learn about one kind only. Default: both, as far as the log has them."),
    ] = None,
    dates: Annotated[
        int, typer.Option(min=2, help="Dates in the history to learn from, at most.")
    ] = DEFAULT_LIMITS.dates,
    rows: Annotated[
        int, typer.Option(min=1000, help="Rows to learn from, of each kind, at most.")
    ] = DEFAULT_LIMITS.rows,
    as_json: console.JsonOption = False,
) -> None:
    """Train a model on the history and put it in force; shows how it does on the newest time, which it did not see.

    For a kind that the history does not suffice for, the starter model goes on; why is said.
    """
    limits = Limits(dates=dates, rows=rows)
    kinds: Sequence[EntityType] = ENTITY_TYPES if entity is None else (entity,)
    as_of_us = parse_time(as_of) if as_of else None
    with open_pulse(home) as pulse, progress_bar("Training") as tell:
        trained = train_home(pulse, Stages(kinds, tell), as_of_us, kinds, limits, getpass.getuser())
        noted(pulse.state, "train model", "model", trained.artifact.version)
    manifest = trained.artifact.manifest
    if as_json:
        console.print_json(trained_summary(trained))
        return
    console.print_line(f"Model {_version(trained)}, learnt from {manifest.data_from} to {manifest.data_to}")
    for part in manifest.kinds.values():
        _print_kind(part)
    for line in starter_lines(trained):
        console.print_line(line)


def starter_lines(trained: Trained) -> list[str]:
    """For which kinds the starter model goes on, why, and on how many outcomes it was levelled."""
    return [
        f"The starter model goes on for {kind}s: {why}.{_levelled(trained, kind)}"
        for kind, why in trained.lacking.items()
    ]


def _levelled(trained: Trained, kind: EntityType) -> str:
    levels = trained.starter.manifest.kinds[kind].levels if trained.starter else None
    return f" Its sizes are levelled on {levels.outcomes:,} outcomes of this log." if levels else ""


def trained_summary(trained: Trained) -> dict[str, object]:
    """What `--json` prints: the manifest, the version in force (None: nothing is), why the starter goes on for which kinds."""
    in_force = trained.in_force.version if trained.in_force else None
    summary = manifest_summary(trained.artifact.manifest)
    return {**summary, "model_version": in_force, "starter_goes_on": trained.lacking}


def _version(trained: Trained) -> str:
    return trained.in_force.version if trained.in_force else f"{trained.artifact.version} (not in force)"


def manifest_summary(manifest: Manifest) -> dict[str, object]:
    """The manifest without cohort tables, averages and fill values."""
    document: dict[str, object] = msgspec.to_builtins(manifest, str_keys=True)
    kinds = msgspec.convert(document["kinds"], dict[str, dict[str, object]])
    hidden = ("cohorts", "averages", "fill", "feature_names", "levels")
    shown = {kind: {k: v for k, v in part.items() if k not in hidden} for kind, part in kinds.items()}
    return {"model_version": document.pop("version"), **document, "kinds": shown}


def _print_kind(part: KindManifest) -> None:
    dates = f"{part.snapshot_count} dates from {part.first_snapshot[:10]} to {part.last_snapshot[:10]}"
    console.print_line(f"\n{part.entity_type}: {part.rows:,} rows of {part.entities:,} entities on {dates}")
    gap = "none" if part.exit_gap.days is None else f"{part.exit_gap.days} days"
    console.print_line(f"exit gap: {gap} ({part.exit_gap.reason})")
    for name, reason in part.absent.items():
        console.print_line(f"not predicted: {name} ({reason})")
    if part.metrics:
        console.print_line(f"held out: {part.held_out}")
        console.out.print(_table(part.metrics))
    else:
        console.print_line(f"no figures: {part.held_out}")


def _table(metrics: dict[str, Measures]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("prediction")
    for heading in ("rows", "rate", "AUC (90 %)", "recency", "Brier", "base", "ECE"):
        table.add_column(heading, justify="right")
    for name in (field for field in OUTPUT_FIELDS if field in metrics):
        table.add_row(name, *_cells(metrics[name]))
    return table


def _cells(m: Measures) -> list[str]:
    if m.mae is not None:
        return [
            f"{m.rows:,}",
            _number(m.base_rate),
            f"error {m.mae:.3f}",
            "",
            "" if m.coverage is None else f"{m.coverage:.1%} inside",
            f"{_number(m.mean_mae)} of the mean",
            "",
        ]
    auc = "" if m.auc is None else f"{m.auc:.3f} ({_number(m.auc_low)}-{_number(m.auc_high)})"
    rest = [_number(value) for value in (m.recency_auc, m.brier, m.base_brier, m.ece)]
    return [f"{m.rows:,}", _number(m.base_rate), auc, *rest]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
