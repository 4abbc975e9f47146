"""What acting is worth: risk × value at stake × how much such an action has helped.

The list is sorted by it in SQL (`store.state.tasks`), since it may be long; this is the same for one, and says what is known.
"""

from collections.abc import Iterable

import msgspec


class Measured(msgspec.Struct, frozen=True):
    """What a trial says of a playbook: the share of exits that it avoids, with the variance of that estimate.

    `decided`: an interval that holds at any look excludes no effect.
    """

    rule: str
    share_avoided: float
    variance: float
    decided: bool


def worth_of_acting(risk: float, value: float, helped: float) -> float:
    """What is likely saved: the loss within 30 days that is expected, times the share of it that the action avoids."""
    return max(0.0, risk * helped) * value


def helped_by(measured: Iterable[Measured]) -> tuple[dict[str, float], float]:
    """By rule the share of exits that its action avoids, 0 to 1, and the share taken for every other rule.

    A playbook whose effect is decided counts as measured; the others as the mean of all that were measured, each weighted by
    the inverse of its variance. Where none was measured everything counts 1: the order is then that of what is at stake.
    """
    known = [m for m in measured if m.variance > 0]
    if not known:
        return {}, 1.0
    weights = [1 / m.variance for m in known]
    mean = sum(w * m.share_avoided for w, m in zip(weights, known, strict=True)) / sum(weights)
    return {m.rule: _share(m.share_avoided) for m in known if m.decided}, _share(mean)


def _share(value: float) -> float:
    return min(max(value, 0.0), 1.0)
