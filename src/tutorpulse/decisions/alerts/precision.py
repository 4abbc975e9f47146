"""How often a rule is right, from what operators said of its alerts."""

from dataclasses import dataclass

JUDGED_MIN = 5
"""Alerts that must have been judged before a rule is called anything."""

CONFIDENCE = 0.9


@dataclass(frozen=True)
class Precision:
    """The share of judged alerts that were right, with its 90 % interval (Wilson); NaN-free: None where none was judged."""

    judged: int
    share: float | None
    low: float | None
    high: float | None

    @property
    def cries_wolf(self) -> bool:
        """Whether most of its alerts are wrong, beyond what chance allows."""
        return self.judged >= JUDGED_MIN and self.high is not None and self.high < 0.5


def precision(confirmed: int, wrong: int) -> Precision:
    """Of counts of confirmed and wrong alerts."""
    judged = confirmed + wrong
    if not judged:
        return Precision(0, None, None, None)
    from scipy.stats import binomtest

    interval = binomtest(confirmed, judged).proportion_ci(CONFIDENCE, method="wilson")
    return Precision(judged, confirmed / judged, float(interval.low), float(interval.high))
