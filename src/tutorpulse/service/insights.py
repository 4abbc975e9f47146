"""Tells the insights of a refresh: what changed materially, in a sentence."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isnan, nan

import msgspec
import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import DAY_US, HOUR_US
from tutorpulse.decisions.facts import FactTable
from tutorpulse.decisions.ids import timed_id
from tutorpulse.decisions.insights import INSIGHT_TYPES, InsightType, Levels, Material, material
from tutorpulse.decisions.notable import Peers, notable
from tutorpulse.decisions.recommendations import Firing, fired_features
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
    rows = np.unique(np.concatenate([change.written for change, _ in changes]))
    past = _past(pulse, scorer, told, told.frame.entity_ids[rows].tolist())
    writer = _Writer(scorer, told, past, pulse.settings.recommendations_max)
    return News(
        tuple(insight for change, last in changes for insight in writer.insights(change, last)),
        tuple(level for change, last in changes for level in _level_rows(change, last, told.frame)),
    )


class _Writer:
    """Writes insights of one type after another about the same rows."""

    def __init__(self, scorer: Scorer, told: Told, past: _Past, recommendations_max: int) -> None:
        catalog = scorer.catalog[told.frame.entity_type]
        self._names = [feature.name for feature in catalog]
        self._features = matrix(told.frame)
        self._rules = [rule for rule in scorer.rules if rule.key in told.fired]
        fired = [told.fired[rule.key] for rule in self._rules]
        self._fired = np.array(fired, np.bool_).reshape(len(fired), len(told.frame)).T
        self._told, self._past, self._max = told, past, recommendations_max
        self._advice: dict[bytes, _Advice] = {}

    def insights(self, change: Material, last: Levels) -> Iterable[InsightRow]:
        """An insight of each row that is to get one, in order."""
        rows = change.written
        worse = ~(change.score[rows] < last.score[rows])
        moved = notable(self._features[rows], self._earlier_features(rows), self._told.peers, worse)
        for row, is_worse, columns in zip(rows.tolist(), worse.tolist(), moved, strict=True):
            advice, names = self._advice_of(row), [self._names[column] for column in columns]
            reasons = [*advice.ruled, *names] if is_worse else names
            yield self._insight(change, row, reasons, advice.actions)

    def _insight(self, change: Material, row: int, reasons: Iterable[str], actions: str) -> InsightRow:
        told, kind = self._told, self._told.frame.entity_type
        entity_id, at_us = str(told.frame.entity_ids[row]), told.frame.as_of_us
        return InsightRow(
            alert_id=timed_id(at_us, kind, entity_id, change.type.name),
            entity_type=kind,
            entity_id=entity_id,
            timestamp_us=at_us,
            prediction_type=change.type.name,
            risk_score=float(change.score[row]),
            explanation=self._sentence(change.type.fact, row, entity_id, reasons),
            recommendations=actions,
            model_used=told.model_version,
            confidence=str(told.confidence[row]),
        )

    def _sentence(self, fact: str, row: int, entity_id: str, names: Iterable[str]) -> str:
        facts = self._told.facts
        reasons = [(name, facts.at(name, row)) for name in dict.fromkeys(names) if name != fact]
        earlier = self._earlier(entity_id, fact)
        return sentence(fact, facts.at(fact, row), facts.entity_type, earlier, reasons)

    def _earlier(self, entity_id: str, fact: str) -> Earlier | None:
        numbers = self._past.numbers.get(entity_id)
        if numbers is None or isnan(value := numbers.get(fact, nan)):
            return None
        days = round((self._told.frame.as_of_us - self._past.as_of_us[entity_id]) / DAY_US)
        return Earlier(value, max(days, 1))

    def _earlier_features(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        earlier = np.full((len(rows), self._features.shape[1]), np.nan, np.float32)
        if self._past.features:
            for place, entity_id in enumerate(self._told.frame.entity_ids[rows].tolist()):
                earlier[place] = self._past.features.get(entity_id, np.nan)
        return earlier

    def _advice_of(self, row: int) -> "_Advice":
        fired = self._fired[row]
        key = fired.tobytes()
        if key not in self._advice:
            rules = [rule for rule, fires in zip(self._rules, fired.tolist(), strict=True) if fires]
            actions = msgspec.json.encode([rule.action for rule in rules[: self._max]]).decode()
            self._advice[key] = _Advice(tuple(fired_features(rules, self._names)[:_RULED_MAX]), actions)
        return self._advice[key]


@dataclass(frozen=True)
class _Advice:
    """What follows from the same rules that fire: the facts of theirs that are told, and their actions as a JSON array."""

    ruled: tuple[str, ...]
    actions: str


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
