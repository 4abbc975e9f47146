"""Figures of one output over predictions whose outcomes are known, beside naive answers on the same rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from tutorpulse.model.outputs import Floats
from tutorpulse.training.calibrate import log_odds, logistic_line
from tutorpulse.training.evaluate import calibration_error, interval_figures
from tutorpulse.training.metrics import roc_auc
from tutorpulse.training.timeline import Bools, Ints
from tutorpulse.training.track.resampling import Ranking, Ratio, intervals, mean_of
from tutorpulse.training.track.shapes import (
    Band,
    Bound,
    Flagged,
    Interval,
    OracleFigures,
    RateFigures,
    RiskFigures,
)

BANDS = 10
TOP_SHARE = 0.05

KEEPING = ("health_score", "first_session_success")
"""Outputs that say how likely all stays well."""


@dataclass(frozen=True)
class Judged:
    """n labelled rows of one output: what came true, what was said (0 to 1, or a rate), whose row, days since the last session.

    `keeps`: the output is the probability that nothing bad happens. `truth` is the true probability, or rate, where it is known
    (NaN elsewhere); `low` and `high` bound a rate where there is an interval (NaN elsewhere).
    """

    label: Floats
    value: Floats
    entity: Ints
    recency_days: Floats
    keeps: bool = False
    truth: Floats | None = None
    low: Floats | None = None
    high: Floats | None = None


def risk_figures(judged: Judged, bounds: Sequence[Bound], seed: int) -> RiskFigures:
    """Figures of at least one row."""
    label, value = judged.label, judged.value
    event, score = (1 - label, 1 - value) if judged.keeps else (label, value)
    naive_auc, naive_precision = Ranking(event, judged.recency_days).plain()
    picks = _picks(score, bounds, judged.keeps)
    bands = np.clip((value * BANDS).astype(np.int64), 0, BANDS - 1)
    ratios = {
        "rate": mean_of(label),
        "brier": mean_of((label - value) ** 2),
        **_band_ratios(label, bands),
        **_pick_ratios(event, picks),
    }
    found = intervals(ratios, Ranking(event, score), judged.entity, seed)
    base = float(label.mean())
    oracle = _oracle_of_risk(judged)
    return RiskFigures(
        rate=_certain(found, "rate"),
        said=float(value.mean()),
        auc=found["auc"],
        average_precision=found["average_precision"],
        recency_auc=_known(naive_auc),
        recency_average_precision=_known(naive_precision),
        oracle_auc=oracle.auc if oracle else None,
        brier=_certain(found, "brier"),
        brier_of_base_rate=base * (1 - base),
        ece=calibration_error(label, value),
        slope=logistic_line(log_odds(value), label)[0] if 0 < base < 1 else None,
        calibration=_calibration(value, bands, found),
        flagged=[_flagged(name, at, pick, event, judged.recency_days, found) for name, at, pick in picks],
        oracle=oracle,
    )


def rate_figures(judged: Judged, recent: Floats, seed: int) -> RateFigures:
    """Figures of at least one row; `recent` is the rate of the 28 days before."""
    label, value = judged.label, judged.value
    error = np.abs(label - value)
    found = intervals({"rate": mean_of(label), "mae": mean_of(error)}, None, judged.entity, seed)
    oracle = _oracle_of_rate(judged)
    plain = RateFigures(
        rate=_certain(found, "rate"),
        said=float(value.mean()),
        mae=_certain(found, "mae"),
        mae_of_mean=float(np.abs(label - label.mean()).mean()),
        mae_of_recent=float(np.abs(label - recent).mean()),
        oracle_mae=oracle.mae if oracle else None,
        oracle=oracle,
    )
    return _with_interval(plain, judged, seed)


def _with_interval(plain: RateFigures, judged: Judged, seed: int) -> RateFigures:
    if judged.low is None or judged.high is None or np.isnan(judged.low).all():
        return plain
    given = ~np.isnan(judged.low)
    label, low, high = judged.label[given], judged.low[given], judged.high[given]
    inside = ((label >= low) & (label <= high)).astype(np.float64)
    told = interval_figures(label, low, high)
    return msgspec.structs.replace(
        plain,
        interval_rows=len(label),
        covered=intervals({"covered": mean_of(inside)}, None, judged.entity[given], seed)["covered"],
        interval_width=told.width,
        interval_score=told.score,
        interval_score_of_these=told.constant_score,
    )


def _band_ratios(label: Floats, bands: Ints) -> dict[str, Ratio]:
    inside = {band: (bands == band).astype(np.float64) for band in range(BANDS)}
    return {f"band {band}": Ratio(label * own, own) for band, own in inside.items()}


def _pick_ratios(event: Floats, picks: "list[_Pick]") -> dict[str, Ratio]:
    precision = {f"precision {name}": Ratio(event * pick, pick.astype(np.float64)) for name, _, pick in picks}
    return precision | {f"recall {name}": Ratio(event * pick, event) for name, _, pick in picks}


_Pick = tuple[str, float | None, Bools]


def _picks(score: Floats, bounds: Sequence[Bound], keeps: bool) -> list[_Pick]:
    top = np.zeros(len(score), np.bool_)
    top[np.argsort(-score, kind="stable")[: max(1, round(TOP_SHARE * len(score)))]] = True
    beyond: list[_Pick] = [(b.name, b.at, score > (1 - b.at if keeps else b.at)) for b in bounds]
    return [("top 5 %", None, top), *beyond]


def _flagged(
    name: str,
    at: float | None,
    pick: Bools,
    event: Floats,
    recency_days: Floats,
    found: dict[str, Interval | None],
) -> Flagged:
    count = int(pick.sum())
    silent = np.argsort(-recency_days, kind="stable")[:count]
    return Flagged(
        name,
        at,
        count,
        found[f"precision {name}"],
        found[f"recall {name}"],
        float(event[silent].mean()) if count else None,
    )


def _calibration(value: Floats, bands: Ints, found: dict[str, Interval | None]) -> list[Band]:
    told = []
    for band in range(BANDS):
        came_true, inside = found[f"band {band}"], bands == band
        if came_true is not None:
            said = float(value[inside].mean())
            told.append(Band(band / BANDS, (band + 1) / BANDS, int(inside.sum()), said, came_true))
    return told


def _certain(found: dict[str, Interval | None], name: str) -> Interval:
    interval = found[name]
    assert interval is not None, "a mean of at least one row is defined"
    return interval


def _oracle_of_risk(judged: Judged) -> OracleFigures | None:
    if judged.truth is None or np.isnan(judged.truth).all():
        return None
    known = ~np.isnan(judged.truth)
    label, value, truth = judged.label[known], judged.value[known], judged.truth[known]
    recency = judged.recency_days[known] * (-1 if judged.keeps else 1)
    both = len(np.unique(label)) == 2
    auc, own, naive = (roc_auc(label, score) if both else None for score in (truth, value, recency))
    return OracleFigures(
        rows=len(label),
        auc=auc,
        model_auc=own,
        recency_auc=naive,
        brier=float(((label - truth) ** 2).mean()),
        model_brier=float(((label - value) ** 2).mean()),
    )


def _oracle_of_rate(judged: Judged) -> OracleFigures | None:
    if judged.truth is None or np.isnan(judged.truth).all():
        return None
    known = ~np.isnan(judged.truth)
    label = judged.label[known]
    return OracleFigures(
        rows=len(label),
        mae=float(np.abs(label - judged.truth[known]).mean()),
        model_mae=float(np.abs(label - judged.value[known]).mean()),
    )


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value
