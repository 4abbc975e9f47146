"""Drivers: what each feature adds to a prediction, in the prediction's own unit.

A head's exact tree SHAP values phi_j add up to its margin z minus the margin z0 they start from. They are carried into the
output p(z) along the straight path from z0 to z (Aumann and Shapley 1974; the integrated gradients of Sundararajan, Taly
and Yan 2017): A_j = sum over heads k of phi_kj x integral over t in [0, 1] of dp/dz_k at z0 + t (z - z0), and the A_j add up to
p(z) - p(z0). From each A_j its mean over a sample of entities is taken, so that the drivers add up to the prediction
minus the average prediction of that sample: a driver is what sets this entity apart from the average one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tutorpulse.model.heads import Head
from tutorpulse.model.manifest import Average
from tutorpulse.model.outputs import Floats, OutputSpec

_NODES = 64
_QUADRATURE = np.polynomial.legendre.leggauss(_NODES)
"""Worked out once: it took half the time of explaining one entity."""


@dataclass(frozen=True)
class Driver:
    """One feature's share: its value (NaN: missing) and its contribution in the output's unit."""

    feature: str
    value: float
    contribution: float


@dataclass(frozen=True)
class Explanation:
    """Why a prediction differs from the average one: `average` + all drivers + `rest` = `prediction`.

    `unit` is that of all figures. `drivers` is empty, and `note` says why, where a prediction has none.
    """

    output: str
    unit: str
    prediction: float
    average: float
    drivers: tuple[Driver, ...]
    rest: float
    note: str = ""


def path_contributions(
    spec: OutputSpec, heads: Mapping[str, Head], rows: NDArray[np.float32]
) -> tuple[Floats, Floats]:
    """A_j of (n, k) rows, as (n, k), and the outputs, length n; both in the unit that people are shown."""
    parts = [heads[name].contributions(rows) for name in spec.heads]
    starts = [np.full(len(rows), start) for _, start in parts]
    steps = [phi.sum(axis=1) for phi, _ in parts]
    slopes = _mean_slopes(spec, starts, steps)
    total = sum(slope[:, None] * phi for slope, (phi, _) in zip(slopes, parts, strict=True))
    values = spec.value([start + step for start, step in zip(starts, steps, strict=True)])
    return np.asarray(total * spec.shown_scale, np.float64), values * spec.shown_scale


def _mean_slopes(spec: OutputSpec, starts: Sequence[Floats], steps: Sequence[Floats]) -> list[Floats]:
    """The output's derivative by each margin, averaged along the path, by Gauss-Legendre quadrature."""
    nodes, weights = _QUADRATURE
    along = ((nodes + 1) / 2)[:, None]
    slopes = spec.gradient([start + along * step for start, step in zip(starts, steps, strict=True)])
    return [weights / 2 @ slope for slope in slopes]


def average_of(spec: OutputSpec, heads: Mapping[str, Head], sample: NDArray[np.float32]) -> Average:
    """The average prediction and contributions over a sample of rows."""
    contributions, values = path_contributions(spec, heads, sample)
    return Average(float(values.mean()), contributions.mean(axis=0).tolist())


def explain_rows(
    spec: OutputSpec,
    heads: Mapping[str, Head],
    average: Average,
    names: Sequence[str],
    rows: NDArray[np.float32],
    top: int,
) -> list[Explanation]:
    """The `top` drivers by size of each of (n, k) rows."""
    contributions, values = path_contributions(spec, heads, rows)
    apart = contributions - np.array(average.contributions)
    return [
        _explanation(spec, average, names, row, own, float(value), top)
        for row, own, value in zip(rows, apart, values, strict=True)
    ]


def _explanation(
    spec: OutputSpec,
    average: Average,
    names: Sequence[str],
    row: NDArray[np.float32],
    apart: Floats,
    value: float,
    top: int,
) -> Explanation:
    order = np.argsort(-np.abs(apart), kind="stable")[:top]
    drivers = tuple(Driver(names[i], float(row[i]), float(apart[i])) for i in order)
    rest = float(apart.sum() - apart[order].sum())
    return Explanation(spec.name, spec.unit, value, average.prediction, drivers, rest)
