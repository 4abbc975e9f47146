"""The fairness table: whom a risk flags, misses and overstates, by tenure, subject and region."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tutorpulse.model.outputs import Floats
from tutorpulse.training.backtest.grouping import Traits, by_members, by_tenure
from tutorpulse.training.backtest.lines import Lines
from tutorpulse.training.backtest.shapes import Fairness
from tutorpulse.training.timeline import Bools
from tutorpulse.training.track.figures import TOP_SHARE
from tutorpulse.training.track.resampling import Ranking, Ratio, draws, intervals, mean_of
from tutorpulse.training.track.shapes import Bound

OUTPUTS = ("churn_risk_14d", "churn_risk_30d")
MIN_ROWS = 200
APART_BY, APART_ERRORS = 0.02, 2.6
"""Figures differ that are so far from all others', in themselves and in standard errors: by chance one of a hundred."""


def fairness_of(lines: Lines, traits: Traits, bounds: tuple[Bound, ...], seed: int) -> Iterator[Fairness]:
    """The table of one risk; nothing for other outputs. Groups with too few labelled rows are left out."""
    if lines.output not in OUTPUTS:
        return
    known = lines.known()
    flag = _flag(known.value, bounds)
    ways = (
        ("tenure", by_tenure(known)),
        ("subject", by_members(known, traits.subjects)),
        ("region", by_members(known, traits.regions)),
    )
    for by, groups in ways:
        for group, mask in groups:
            if mask.sum() >= MIN_ROWS:
                yield _told(known, flag, mask, (by, group), seed)


@dataclass(frozen=True)
class _Flag:
    name: str
    bound: float | None
    rows: Bools


def _flag(value: Floats, bounds: tuple[Bound, ...]) -> _Flag:
    """Who is flagged: beyond the first bound, or, where there is none, the riskiest of all rows."""
    if bounds:
        return _Flag(bounds[0].name, bounds[0].at, value > bounds[0].at)
    rows = np.zeros(len(value), np.bool_)
    rows[np.argsort(-value, kind="stable")[: max(1, round(TOP_SHARE * len(value)))]] = True
    return _Flag(f"top {TOP_SHARE:.0%}", None, rows)


def _ratios(label: Floats, value: Floats, flagged: Floats) -> dict[str, Ratio]:
    return {
        "rate": mean_of(label),
        "excess": mean_of(value - label),
        "flagged": mean_of(flagged),
        "precision": Ratio(label * flagged, flagged),
        "recall": Ratio(label * flagged, label),
        "false_alarms": Ratio((1 - label) * flagged, 1 - label),
    }


def _told(known: Lines, flag: _Flag, mask: Bools, name: tuple[str, str], seed: int) -> Fairness:
    own, flagged = known.where(mask), flag.rows.astype(np.float64)
    ratios = _ratios(own.label, own.value, flagged[mask])
    found = intervals(ratios, Ranking(own.label, own.value), own.entity, seed)
    rate, excess, share = found["rate"], found["excess"], found["flagged"]
    assert rate is not None, "there are rows"
    assert excess is not None, "there are rows"
    assert share is not None, "there are rows"
    return Fairness(
        known.entity_type,
        known.output,
        known.churn_label,
        *name,
        len(own),
        len(np.unique(own.entity)),
        rate,
        float(own.value.mean()),
        excess,
        found["auc"],
        flag.name,
        flag.bound,
        share,
        found["precision"],
        found["recall"],
        found["false_alarms"],
        tuple(_apart(known, flagged, mask, seed)),
    )


def _apart(known: Lines, flagged: Floats, mask: Bools, seed: int) -> Iterator[str]:
    """The figures in which the group differs from all other rows; both are resampled together, for people may be in both."""
    if mask.all():
        return
    _, own = np.unique(known.entity, return_inverse=True)
    people = int(own.max()) + 1
    drawn = draws(people, len(own), seed).astype(np.float64)
    ratios = _ratios(known.label, known.value, flagged)
    for name in ("excess", "recall", "false_alarms"):
        ratio = ratios[name]
        inside, outside = (
            _resampled(Ratio(ratio.part * part, ratio.whole * part), own, people, drawn)
            for part in (mask, ~mask)
        )
        gap = inside - outside
        if abs(gap[0]) >= APART_BY and abs(gap[0]) > APART_ERRORS * float(np.nanstd(gap[1:])):
            yield name


def _resampled(ratio: Ratio, own: NDArray[np.intp], people: int, drawn: Floats) -> Floats:
    """The ratio itself, then of each resample."""
    part, whole = (np.bincount(own, values, people) for values in (ratio.part, ratio.whole))
    with np.errstate(invalid="ignore", divide="ignore"):
        again = (drawn @ part) / (drawn @ whole)
        return np.concatenate([[part.sum() / whole.sum()], again])
