"""What follows from predictions: recommendations, insights, alerts. It reads the state; `keep` then writes what changed.

Each of the three is told from what stands, not from what the last look saw: whatever was not written is found again by the next look.
"""

from dataclasses import dataclass, field

import msgspec

from tutorpulse.decisions.recommendations import EpisodeChange, Firing, episode_changes, firing
from tutorpulse.features.frame import EntityType
from tutorpulse.service import merging
from tutorpulse.service.alerting.entities import Scene, watch_entities
from tutorpulse.service.alerting.watching import Watched, apply
from tutorpulse.service.insights import News, Told, tell
from tutorpulse.service.predicting import Held, Predicted
from tutorpulse.service.proof.enrolling import Advised, enrol, without_held
from tutorpulse.service.root import Pulse
from tutorpulse.service.scoring import Scorer
from tutorpulse.store.state import RecommendationRow, State


@dataclass(frozen=True)
class Judged:
    """What is to become of recommendations, insights and alerts; nothing, where the model could not be reached."""

    entity_type: EntityType
    as_of_us: int
    advised: Advised = field(default_factory=Advised)
    news: News = field(default_factory=News)
    watched: Watched | None = None


def judge(pulse: Pulse, scorer: Scorer, predicted: Predicted) -> Judged:
    """Judge what was predicted.

    Of everybody, what runs of anybody else ends, and insights tell what moved since the earlier records too, which costs a query for
    each of their moments.
    """
    held, kind, as_of_us = predicted.held, predicted.frame.entity_type, predicted.frame.as_of_us
    if held is None:
        return Judged(kind, as_of_us)
    ids = None if held.whole else predicted.frame.entity_ids.tolist()
    fired = firing(scorer.rules, held.facts)
    running = pulse.state.recommendations.running(kind, ids)
    change = episode_changes(scorer.rules, held.facts, fired, running, as_of_us)
    advised = enrol(pulse.state, scorer.rules, change, held.facts)
    spoken = without_held(pulse.state, held.facts, fired, advised, as_of_us)
    scene = Scene(held.frame, held.facts, predicted.frame.entity_ids, predicted.status, held.whole)
    return Judged(
        kind,
        as_of_us,
        advised,
        tell(pulse, scorer, _told(held, spoken)),
        watch_entities(pulse, scorer, scene),
    )


def _told(held: Held, spoken: Firing) -> Told:
    confidence = merging.confidence_names(held.predictions.confidence)
    version = held.predictions.model_version
    return Told(held.frame, held.facts, spoken, confidence, version, held.population.peers, held.whole)


def keep(state: State, judged: Judged) -> None:
    """Write what changed, for the caller's transaction. Between `judge` and this nobody else may judge the same entities."""
    change = judged.advised.change
    state.recommendations.end(judged.entity_type, change.ended, judged.as_of_us)
    state.recommendations.add(_recommendation_rows(change))
    state.holdouts.add(judged.advised.enrolled)
    state.insights.add(judged.news.insights)
    state.insights.set_levels(judged.news.levels)
    if judged.watched is not None:
        apply(state, judged.watched)


def _recommendation_rows(change: EpisodeChange) -> list[RecommendationRow]:
    return [
        RecommendationRow(
            r.recommendation_id,
            r.entity_type,
            r.entity_id,
            r.rule,
            r.value,
            r.action,
            r.opened_us,
            msgspec.json.encode(r.facts).decode(),
            due_us=r.due_us,
            held_us=r.held_us,
        )
        for r in change.begun
    ]
