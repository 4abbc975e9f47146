"""The smallest realistic changes that would lower a risk, as the model sees it: only of features that somebody can act on.

Every lever (`features.actionable`) is tried at levels that its peers reach, alone, in pairs, and where no pair suffices by threes. It says
what the model expects of somebody with such facts; that changing them changes what happens is not promised.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product
from typing import Final

import numpy as np

from tutorpulse.decisions.phrases import PHRASES
from tutorpulse.decisions.sentences import shown_name, what_if_sentence
from tutorpulse.features.actionable import LEVERS, Lever, Row, moved
from tutorpulse.features.frame import FEATURE_COUNT, EntityType, FeatureFrame
from tutorpulse.model.outputs import Floats
from tutorpulse.service.page import find, moment_of
from tutorpulse.service.population import from_json
from tutorpulse.service.queries.what_if_shapes import WhatIf, WhatIfChange
from tutorpulse.service.root import Pulse
from tutorpulse.service.scoring import Scorer, matrix
from tutorpulse.service.track.bounds import bounds_of

OUTPUT: Final = "churn_risk_14d"
MOST_CHANGES, MOST_STEPS = 3, 4
LEAST_RISK: Final = 0.05
"""Below it there is nothing to lower."""

LEAST_DROP: Final = 0.01
_LEVERS_BY_THREE = 6


def what_if(pulse: Pulse, scorer: Scorer, entity_id: str, kind: EntityType | None = None) -> WhatIf:
    """What would lower the risk of one entity.

    Raises:
        UnknownEntityError: there is no such entity. InputError: both kinds have that id. ModelError: no model serves it.
    """
    row = find(pulse, entity_id, kind)
    found: EntityType = "tutor" if row.entity_type == "tutor" else "student"
    if row.columns["frozen"][0] or np.isnan(row.columns["as_of_us"][0]):
        return _nothing(entity_id, found, None, None, "no longer scored, so nothing is expected")
    frame = scorer.compute(found, moment_of(pulse, row), row.entity_ids)
    predicted = scorer.model.predict(frame)
    value = float(predicted.churn_risk_14d[0])
    if why := _why_not(value, bool(predicted.from_cohort[0])):
        return _nothing(entity_id, found, value, None, why)
    target = _target(value, [bound.at for bound in bounds_of(pulse.settings, found, OUTPUT)])
    usual = _usual(pulse, scorer, found)
    if not usual:
        return _nothing(
            entity_id, found, value, target, "what is usual is not known before the next refresh of all"
        )
    best = _Search(scorer, frame, scorer.feature_names(found), usual, target).best()
    if best is None or value - best.risk < LEAST_DROP:
        return _nothing(
            entity_id, found, value, target, "nothing within what is usual lowers it by a point or more"
        )
    return _told(entity_id, found, value, target, best)


def _why_not(value: float, from_cohort: bool) -> str:
    """Why there is nothing to lower; empty where there is."""
    if np.isnan(value):
        return "the risk is not predicted"
    if from_cohort:
        return "too little history: the value is the cohort's, whatever is done"
    return "the risk is low as it is" if value < LEAST_RISK else ""


def _usual(pulse: Pulse, scorer: Scorer, kind: EntityType) -> dict[str, tuple[float, float, float]]:
    """The peers' 10th, 50th and 90th percentile by feature, as of the last refresh of all; empty before one that kept them."""
    text = pulse.state.populations.kept(kind)
    if text is None:
        return {}
    peers = from_json(text, scorer, kind).peers
    triples = zip(peers.low.tolist(), peers.median.tolist(), peers.high.tolist(), strict=True)
    return {} if np.isnan(peers.low).all() else dict(zip(scorer.feature_names(kind), triples, strict=True))


def _target(value: float, bounds: Sequence[float]) -> float:
    return max((bound for bound in bounds if bound < value), default=value / 2)


@dataclass(frozen=True)
class _Change:
    """A lever at a level, and how far that is, in halves of what is usual."""

    lever: Lever
    value_from: float
    value_to: float
    cost: float


@dataclass(frozen=True)
class _Found:
    changes: tuple[_Change, ...]
    risk: float

    @property
    def size(self) -> tuple[int, float]:
        return len(self.changes), sum(change.cost for change in self.changes)


@dataclass(frozen=True)
class _Search:
    """Tries changes of one row on the model."""

    scorer: Scorer
    frame: FeatureFrame
    names: Sequence[str]
    usual: dict[str, tuple[float, float, float]]
    target: float

    def best(self) -> _Found | None:
        """The fewest and smallest changes that reach the target; else the fewest that come within a point of the lowest risk."""
        singles = list(self._singles())
        found = self._tried([(change,) for change in singles])
        found += self._tried([pair for pair in combinations(singles, 2) if pair[0].lever != pair[1].lever])
        if not self._reaching(found) and found:
            found += self._tried(self._threes(singles, found))
        if not found:
            return None
        lowest = min(each.risk for each in found)
        enough = self._reaching(found) or [each for each in found if each.risk <= lowest + LEAST_DROP]
        return min(enough, key=lambda each: each.size)

    def _reaching(self, found: Sequence[_Found]) -> list[_Found]:
        return [each for each in found if each.risk <= self.target]

    def _singles(self) -> Iterator[_Change]:
        row = matrix(self.frame)[0]
        for lever in LEVERS[self.frame.entity_type]:
            if lever.feature in self.names:
                yield from _levels(
                    lever, float(row[self.names.index(lever.feature)]), self.usual[lever.feature]
                )

    def _threes(self, singles: Sequence[_Change], found: Sequence[_Found]) -> list[tuple[_Change, ...]]:
        """Of the levers that do most alone."""
        alone: dict[Lever, float] = {}
        for each in found:
            if len(each.changes) == 1:
                lever = each.changes[0].lever
                alone[lever] = min(alone.get(lever, 1.0), each.risk)
        levels = {lever: [change for change in singles if change.lever == lever] for lever in alone}
        chosen = sorted(alone, key=lambda lever: alone[lever])[:_LEVERS_BY_THREE]
        return [
            some
            for three in combinations(chosen, MOST_CHANGES)
            for some in product(*(levels[lever] for lever in three))
        ]

    def _tried(self, tries: Sequence[tuple[_Change, ...]]) -> list[_Found]:
        if not tries:
            return []
        risks = self._risks([self._row(changes) for changes in tries])
        return [_Found(changes, float(risk)) for changes, risk in zip(tries, risks, strict=True)]

    def _row(self, changes: Sequence[_Change]) -> Row:
        row: Row = matrix(self.frame)[0].astype(np.float64)
        for change in changes:
            row = moved(row, self.names, change.lever, change.value_to)
        return row

    def _risks(self, rows: Sequence[Row]) -> Floats:
        table = np.array(rows, np.float32)
        many = self.frame.take(np.zeros(len(rows), np.int64))
        frame = replace(many, features=table[:, :FEATURE_COUNT], context=table[:, FEATURE_COUNT:])
        return np.asarray(self.scorer.model.predict(frame).churn_risk_14d, np.float64)


def _levels(lever: Lever, value: float, usual: tuple[float, float, float]) -> Iterator[_Change]:
    """The levels within what is usual among the peers (10th to 90th percentile) that lie in the lever's direction, nearest first."""
    low, median, high = usual
    sign = 1.0 if lever.direction == "up" else -1.0
    bound = min(high, lever.most) if lever.direction == "up" else max(low, lever.least)
    if np.isnan(value) or np.isnan(bound):
        return
    scale = (high - low) / 2 or 1.0
    steps = (
        [value + sign * lever.step * k for k in range(1, MOST_STEPS + 1)] if lever.step else [median, bound]
    )
    number = PHRASES[lever.feature].number
    for level in dict.fromkeys(steps):
        within = sign * (level - bound) <= 1e-6
        if within and sign * (level - value) > 0 and number(level) != number(value):
            yield _Change(lever, value, level, abs(level - value) / scale)


def _told(entity_id: str, kind: EntityType, value: float, target: float, best: _Found) -> WhatIf:
    changes = [(c.lever.feature, c.value_from, c.value_to) for c in best.changes]
    return WhatIf(
        entity_id,
        kind,
        shown_name(OUTPUT, kind),
        value,
        target,
        best.risk,
        best.risk <= target,
        tuple(WhatIfChange(*change) for change in changes),
        what_if_sentence(OUTPUT, kind, value, best.risk, changes),
        ""
        if best.risk <= target
        else "no such change reaches the target; this is about the lowest that the model sees",
    )


def _nothing(entity_id: str, kind: EntityType, value: float | None, target: float | None, why: str) -> WhatIf:
    known = None if value is None or np.isnan(value) else value
    return WhatIf(entity_id, kind, shown_name(OUTPUT, kind), known, target, None, False, (), "", why)
