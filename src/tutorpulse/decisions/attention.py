"""Who needs someone today: those with the most to lose, risk times value at stake."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Need:
    """Row of an entity, its expected loss over 30 days in the unit of the value, and the two that make it."""

    row: int
    expected_loss: float
    risk: float
    value: float


def most_in_need(risk: NDArray[np.float64], value: NDArray[np.float64], limit: int) -> list[Need]:
    """The `limit` rows of n with the largest risk × value, largest first, ties in row order.

    `risk` is a probability, `value` what 30 days of the entity are worth. Rows with either missing, or with nothing to
    lose, are left out.
    """
    loss = np.nan_to_num(risk * value, nan=0.0)
    order = np.argsort(-loss, kind="stable")[:limit]
    return [Need(int(i), float(loss[i]), float(risk[i]), float(value[i])) for i in order if loss[i] > 0]
