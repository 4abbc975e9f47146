"""A multi-task neural network: shared layers, a head for each label; rows may lack some of the labels.

Small enough for NumPy: two hidden layers (He and others 2015 for the start, Adam by Kingma and Ba 2015 for the steps), and the epoch that did best on
the newest tenth of the rows is kept.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tutorpulse.model.outputs import Floats, sigmoid

HIDDEN = (64, 32)
EPOCHS, BATCH, RATE = 30, 256, 1e-3
_FIRST, _SECOND, _TINY = 0.9, 0.999, 1e-8
_Layers = list[NDArray[np.float64]]


@dataclass(frozen=True)
class Network:
    """Weights and biases in turn, layer by layer; `rates` marks the labels that are rates, not events."""

    layers: _Layers
    rates: NDArray[np.bool_]

    def predict(self, rows: Floats) -> Floats:
        """(n, labels): probabilities, and rates not below 0."""
        return _answers(_forward(self.layers, rows)[-1], self.rates)


def fit_network(rows: Floats, labels: Floats, rates: NDArray[np.bool_], seed: int) -> Network:
    """Fit to (n, k) standardised rows in order of time and (n, labels), NaN where a row lacks one."""
    rng = np.random.default_rng(seed)
    cut = len(rows) * 9 // 10
    layers = _start(rng, [rows.shape[1], *HIDDEN, labels.shape[1]], labels[:cut], rates)
    best, lowest = [layer.copy() for layer in layers], np.inf
    adam = _Adam(layers)
    for _ in range(EPOCHS):
        order = rng.permutation(cut)
        for begin in range(0, cut, BATCH):
            some = order[begin : begin + BATCH]
            adam.step(_gradient(layers, rows[some], labels[some], rates))
        loss = _loss(Network(layers, rates).predict(rows[cut:]), labels[cut:], rates)
        if loss < lowest:
            best, lowest = [layer.copy() for layer in layers], loss
    return Network(best, rates)


def _start(rng: np.random.Generator, sizes: list[int], labels: Floats, rates: NDArray[np.bool_]) -> _Layers:
    layers: _Layers = []
    for size, after in pairwise(sizes):
        layers += [rng.normal(0, np.sqrt(2 / size), (size, after)), np.zeros(after)]
    mean = np.clip(np.nanmean(labels, axis=0), 1e-3, None)
    layers[-1] = np.where(rates, mean, np.log(mean) - np.log1p(-np.minimum(mean, 1 - 1e-3)))
    return layers


def _forward(layers: _Layers, rows: Floats) -> list[Floats]:
    """What each layer gives, the rows first."""
    given = [rows]
    for place in range(0, len(layers), 2):
        out = given[-1] @ layers[place] + layers[place + 1]
        given.append(out if place == len(layers) - 2 else np.maximum(out, 0))
    return given


def _answers(out: Floats, rates: NDArray[np.bool_]) -> Floats:
    return np.where(rates, np.maximum(out, 0), sigmoid(out))


def _gradient(layers: _Layers, rows: Floats, labels: Floats, rates: NDArray[np.bool_]) -> _Layers:
    """Of the mean squared error of rates and cross-entropy of events: both have (said - true) at the last layer."""
    given = _forward(layers, rows)
    said = np.where(rates, given[-1], sigmoid(given[-1]))
    known = ~np.isnan(labels)
    error = np.where(known, said - labels, 0) / np.maximum(known.sum(axis=0), 1)
    gradient: _Layers = []
    for place in range(len(layers) - 2, -1, -2):
        before = given[place // 2]
        gradient = [before.T @ error, error.sum(axis=0), *gradient]
        error = (error @ layers[place].T) * (before > 0)
    return gradient


def _loss(said: Floats, labels: Floats, rates: NDArray[np.bool_]) -> float:
    inside = np.clip(said, 1e-6, 1 - 1e-6)
    entropy = -(labels * np.log(inside) + (1 - labels) * np.log1p(-inside))
    return float(np.nansum(np.nanmean(np.where(rates, (said - labels) ** 2, entropy), axis=0)))


class _Adam:
    def __init__(self, layers: _Layers) -> None:
        self._layers, self._count = layers, 0
        self._mean = [np.zeros_like(layer) for layer in layers]
        self._square = [np.zeros_like(layer) for layer in layers]

    def step(self, gradient: _Layers) -> None:
        self._count += 1
        scale = RATE * np.sqrt(1 - _SECOND**self._count) / (1 - _FIRST**self._count)
        for layer, mean, square, slope in zip(self._layers, self._mean, self._square, gradient, strict=True):
            mean += (1 - _FIRST) * (slope - mean)
            square += (1 - _SECOND) * (slope**2 - square)
            layer -= scale * mean / (np.sqrt(square) + _TINY)
