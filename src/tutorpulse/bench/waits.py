"""How long entities waited for their predictions, as a service counts it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from tutorpulse.errors import TutorpulseError

Sample = tuple[str, Mapping[str, str], float]
"""A figure of a service: name, labels, value."""

_HISTOGRAM = "tutorpulse_freshness_seconds"


@dataclass(frozen=True)
class Waits:
    """Waits from an event's receipt to the prediction that can be read, of each entity that events touched, since the first of them.

    `reached`: by bound in seconds how many waited at most so long; `count` in all; `sum_s` of all.
    """

    reached: Mapping[float, float] = field(default_factory=dict)
    count: float = 0.0
    sum_s: float = 0.0

    def plus(self, other: "Waits") -> "Waits":
        """Both."""
        return self._with(other, 1)

    def minus(self, before: "Waits") -> "Waits":
        """What came since an earlier look."""
        return self._with(before, -1)

    def _with(self, other: "Waits", sign: int) -> "Waits":
        bounds = {*self.reached, *other.reached}
        reached = {
            bound: self.reached.get(bound, 0.0) + sign * other.reached.get(bound, 0.0) for bound in bounds
        }
        return Waits(reached, self.count + sign * other.count, self.sum_s + sign * other.sum_s)

    def quantile_s(self, share: float) -> float:
        """The time within which that share was fresh: interpolated within its bucket; the last bound where it lies beyond that.

        Raises:
            TutorpulseError: nothing was scored.
        """
        self._check()
        wanted, low, below = share * self.count, 0.0, 0.0
        for bound, reached in sorted(self.reached.items()):
            if reached >= wanted:
                within = (wanted - below) / (reached - below) if reached > below else 1.0
                return low + within * (bound - low) if np.isfinite(bound) else low
            low, below = bound, reached
        return low

    def share_within(self, bound_s: float) -> float | None:
        """The share that waited at most so long, exactly; None where that is no bound of the histogram.

        Raises:
            TutorpulseError: nothing was scored.
        """
        self._check()
        return self.reached[bound_s] / self.count if bound_s in self.reached else None

    def mean_s(self) -> float:
        """The mean wait.

        Raises:
            TutorpulseError: nothing was scored.
        """
        self._check()
        return self.sum_s / self.count

    def _check(self) -> None:
        if not self.count:
            raise TutorpulseError("Nothing was scored while events came in.")


def waits_of(samples: Sequence[Sample]) -> dict[str, Waits]:
    """The histograms among a service's figures, by kind."""
    found: dict[str, Waits] = {}
    for name, labels, value in samples:
        if not name.startswith(_HISTOGRAM):
            continue
        one = {
            "_bucket": Waits({float(labels.get("le", "inf")): value}),
            "_count": Waits(count=value),
            "_sum": Waits(sum_s=value),
        }.get(name.removeprefix(_HISTOGRAM), Waits())
        found[labels["kind"]] = found.get(labels["kind"], Waits()).plus(one)
    return found


def together(waits: Mapping[str, Waits]) -> Waits:
    """All kinds as one."""
    whole = Waits()
    for one in waits.values():
        whole = whole.plus(one)
    return whole


def waiting_of(samples: Sequence[Sample]) -> float:
    """How much waits, entities that events touched and events that the database has yet to take."""
    marked = (
        value
        for name, of, value in samples
        if name == "tutorpulse_refresh_waiting" and of["reason"] == "events"
    )
    journaled = (value for name, _, value in samples if name == "tutorpulse_journal_events")
    return sum(marked) + sum(journaled)
