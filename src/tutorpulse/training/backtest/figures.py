"""The figures of a backtest: those of the track record, for every way of grouping the rows."""

from collections.abc import Iterator

import numpy as np

from tutorpulse.training.backtest.doubt import calibration_doubt
from tutorpulse.training.backtest.grouping import Traits, by_cohort, by_members, by_model, by_period
from tutorpulse.training.backtest.lines import Lines
from tutorpulse.training.backtest.shapes import Figures
from tutorpulse.training.skill import perfect_error
from tutorpulse.training.timeline import Bools
from tutorpulse.training.track.figures import rate_figures, risk_figures
from tutorpulse.training.track.shapes import Bound

MIN_ROWS = 100
"""Labelled rows below which a group other than all has no figures."""


def figures_of(lines: Lines, traits: Traits, bounds: tuple[Bound, ...], seed: int) -> Iterator[Figures]:
    """The figures of one statement: of all rows, then by cohort, model, period and subject."""
    known = lines.known()
    for by, group, mask, said in _groups(lines, traits):
        rows = known.where(mask)
        if len(rows) >= (1 if by == "all" else MIN_ROWS):
            yield _figures(rows, by, group, said, bounds, seed)


def _groups(lines: Lines, traits: Traits) -> Iterator[tuple[str, str, Bools, int]]:
    """What rows are grouped by, the group, its rows among those with a label, and how many were said."""
    yield "all", "all", np.ones(int((~np.isnan(lines.label)).sum()), np.bool_), len(lines)
    ways = (
        ("cohort", by_cohort(lines)),
        ("model", by_model(lines)),
        ("period", by_period(lines)),
        ("subject", by_members(lines, traits.subjects)),
    )
    matured = ~np.isnan(lines.label)
    for by, groups in ways:
        for group, mask in groups:
            yield by, group, mask[matured], int(mask.sum())


def _figures(rows: Lines, by: str, group: str, said: int, bounds: tuple[Bound, ...], seed: int) -> Figures:
    judged = rows.judged()
    bare = (rows.entity_type, rows.output, rows.churn_label, by, group, said, len(rows))
    people = len(np.unique(rows.entity))
    if rows.output == "session_velocity":
        return Figures(*bare, people, velocity=rate_figures(judged, rows.recent, seed))
    doubt = calibration_doubt(rows.label, rows.value, rows.entity, seed)
    return Figures(
        *bare,
        people,
        risk=risk_figures(judged, bounds, seed),
        ece=doubt.ece,
        ece_by_chance=perfect_error(rows.value, seed),
        slope=doubt.slope,
    )
