"""Tells the insights of a refresh: what changed materially, in a sentence."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import DAY_US, HOUR_US
from tutorpulse.decisions.facts import FactTable
from tutorpulse.decisions.ids import timed_id
from tutorpulse.decisions.insights import INSIGHT_TYPES, InsightType, Levels, Material, material
from tutorpulse.decisions.notable import Peers, notable
from tutorpulse.decisions.recommendations import Firing, fired_features
from tutorpulse.decisions.rules import Rule
from tutorpulse.decisions.sentences import Earlier, sentence
from tutorpulse.features.frame import EntityType, FeatureFrame
from tutorpulse.service.root import Pulse
from tutorpulse.service.scoring import Scorer, matrix
from tutorpulse.store.state import InsightRow, LevelRow, PredictionRows

_LOOKBACKS_US = ((30 * DAY_US, 13 * DAY_US // 2), (13 * DAY_US // 2, 12 * HOUR_US))
"""A week ago or somewhat longer, where there is a record of it; else the newest of at least half a day ago."""

_RULED_MAX = 1
"""Facts of rules that fire, told before the notable ones."""

_FRAMES_MAX = 3
"""Earlier moments at which features are computed for one refresh; each costs a query."""


@dataclass(frozen=True)
class Told:
    """What insights are written from: scored rows of one kind at one refresh, and the peers they are held against.

    `whole`: they are everybody, and what moved since earlier records is to be told too.
    """

    frame: FeatureFrame
    facts: FactTable
    fired: Firing
    confidence: NDArray[np.object_]
    model_version: str
    peers: Peers
    whole: bool


@dataclass(frozen=True)
class News:
    """Insights to write, and the levels to remember."""

    insights: tuple[InsightRow, ...] = ()
    levels: tuple[LevelRow, ...] = ()


@dataclass(frozen=True)
class _Past:
    """What was known of some entities at an earlier refresh: numbers on record, and features where computed."""

    as_of_us: dict[str, int]
    numbers: dict[str, dict[str, float]]
    features: dict[str, NDArray[np.float32]]


def tell(pulse: Pulse, scorer: Scorer, told: Told) -> News:
    """Find what changed materially since the last insights, and put it into words."""
    kind = told.frame.entity_type
    changes = [
        (material(t, told.facts, last, pulse.settings.insight_step_points), last)
        for t in INSIGHT_TYPES
        if kind in t.entity_types
        for last in [_levels(pulse, t, told)]
    ]
    rows = sorted({int(row) for change, _ in changes for row in change.written})
    past = _past(pulse, scorer, told, [str(told.frame.entity_ids[row]) for row in rows])
    writer = _Writer(scorer, told, past, pulse.settings.recommendations_max)
    return News(
        tuple(writer.insight(change, last, int(row)) for change, last in changes for row in change.written),
        tuple(level for change, last in changes for level in _level_rows(change, last, told.frame)),
    )


class _Writer:
    """Writes one insight after another about the same rows."""

    def __init__(self, scorer: Scorer, told: Told, past: _Past, recommendations_max: int) -> None:
        catalog = scorer.catalog[told.frame.entity_type]
        self._names = [feature.name for feature in catalog]
        self._features = matrix(told.frame)
        self._rules: Sequence[Rule] = [rule for rule in scorer.rules if rule.key in told.fired]
        self._told, self._past, self._max = told, past, recommendations_max

    def insight(self, change: Material, last: Levels, row: int) -> InsightRow:
        frame, score = self._told.frame, float(change.score[row])
        entity_id = str(frame.entity_ids[row])
        worse = not score < last.score[row]
        return InsightRow(
            alert_id=timed_id(frame.as_of_us, frame.entity_type, entity_id, change.type.name),
            entity_type=frame.entity_type,
            entity_id=entity_id,
            timestamp_us=frame.as_of_us,
            prediction_type=change.type.name,
            risk_score=score,
            explanation=self._sentence(change.type.fact, row, worse),
            recommendations=msgspec.json.encode(self._actions(row)).decode(),
            model_used=self._told.model_version,
            confidence=str(self._told.confidence[row]),
        )

    def _sentence(self, fact: str, row: int, worse: bool) -> str:
        entity_id, kind = str(self._told.frame.entity_ids[row]), self._told.frame.entity_type
        earlier = self._past.features.get(entity_id)
        moved = notable(self._features[row], earlier, self._told.peers, worse)
        ruled = fired_features(self._rules, self._told.fired, row, self._names) if worse else []
        names = dict.fromkeys([*ruled[:_RULED_MAX], *(self._names[i] for i in moved)])
        reasons = [(name, self._told.facts.at(name, row)) for name in names if name != fact]
        value = self._told.facts.at(fact, row)
        return sentence(fact, value, kind, self._earlier(entity_id, fact), reasons)

    def _earlier(self, entity_id: str, fact: str) -> Earlier | None:
        value = self._past.numbers.get(entity_id, {}).get(fact, np.nan)
        if np.isnan(value):
            return None
        days = round((self._told.frame.as_of_us - self._past.as_of_us[entity_id]) / DAY_US)
        return Earlier(value, max(days, 1))

    def _actions(self, row: int) -> list[str]:
        return [rule.action for rule in self._rules if self._told.fired[rule.key][row]][: self._max]


def _levels(pulse: Pulse, insight_type: InsightType, told: Told) -> Levels:
    kind, entity_ids = told.frame.entity_type, told.frame.entity_ids
    some = None if told.whole else entity_ids.tolist()
    found = pulse.state.insights.levels(kind, insight_type.name, some)
    pairs = [found.get(entity_id, (np.nan, False)) for entity_id in entity_ids]
    return Levels(
        np.array([score for score, _ in pairs], dtype=np.float64),
        np.array([over for _, over in pairs], dtype=np.bool_),
    )


def _level_rows(change: Material, last: Levels, frame: FeatureFrame) -> Iterable[LevelRow]:
    name, kind = change.type.name, frame.entity_type
    for row in change.written:
        yield LevelRow(kind, str(frame.entity_ids[row]), name, float(change.score[row]), True)
    for row in change.calmed:
        yield LevelRow(kind, str(frame.entity_ids[row]), name, float(last.score[row]), False)


def _past(pulse: Pulse, scorer: Scorer, told: Told, ids: Sequence[str]) -> _Past:
    kind, as_of_us = told.frame.entity_type, told.frame.as_of_us
    as_ofs: dict[str, int] = {}
    numbers: dict[str, dict[str, float]] = {}
    for oldest_us, newest_us in _LOOKBACKS_US:
        wanted = [entity_id for entity_id in ids if entity_id not in as_ofs]
        _note(
            pulse.state.predictions.recorded_between(
                kind, wanted, as_of_us - oldest_us, as_of_us - newest_us
            ),
            as_ofs,
            numbers,
        )
    return _Past(as_ofs, numbers, _earlier_features(scorer, kind, as_ofs) if told.whole else {})


def _note(rows: PredictionRows, as_ofs: dict[str, int], numbers: dict[str, dict[str, float]]) -> None:
    facts = {t.fact for t in INSIGHT_TYPES} & rows.columns.keys()
    for i, entity_id in enumerate(rows.entity_ids):
        as_ofs[entity_id] = int(rows.columns["as_of_us"][i])
        numbers[entity_id] = {fact: float(rows.columns[fact][i]) for fact in facts}


def _earlier_features(
    scorer: Scorer, kind: EntityType, as_ofs: dict[str, int]
) -> dict[str, NDArray[np.float32]]:
    """Features at the moments that most entities' records are of."""
    moments, counts = np.unique(list(as_ofs.values()), return_counts=True)
    features: dict[str, NDArray[np.float32]] = {}
    for moment in moments[np.argsort(-counts, kind="stable")][:_FRAMES_MAX]:
        ids = np.array([entity_id for entity_id, us in as_ofs.items() if us == moment], dtype=object)
        frame = scorer.compute(kind, int(moment), ids)
        features |= dict(zip(frame.entity_ids, matrix(frame), strict=True))
    return features
