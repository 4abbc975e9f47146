"""What a checkup is told of each kind of entity: its history, its exit gap, its features now, its last scores."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import DAY_US
from tutorpulse.decisions.checkup.facts import FeatureFill, GapFacts, KindFacts, ScoredFacts
from tutorpulse.decisions.status import is_scored, statuses
from tutorpulse.features.compile import CATALOGS
from tutorpulse.features.compute import compute
from tutorpulse.features.frame import ENTITY_TYPES, EntityType
from tutorpulse.features.lineage import Reads, reads_of
from tutorpulse.service.moment import refresh_moment
from tutorpulse.settings import ExitGap, Settings
from tutorpulse.store.log import EventStore
from tutorpulse.store.state import State
from tutorpulse.training.gaps import MAX_RETURN_SHARE, ExitGapChoice, choose_gap
from tutorpulse.training.history import History
from tutorpulse.training.kind import held_out_from_us
from tutorpulse.training.labels import LABELS
from tutorpulse.training.reading import read_history
from tutorpulse.training.snapshots import WARM_UP_DAYS
from tutorpulse.training.train import exit_gap_setting

QUARTER = 0.25


def gather_kinds(
    store: EventStore, state: State | None, settings: Settings, now_us: int, progress: Callable[[str], None]
) -> dict[EntityType, KindFacts]:
    """The kinds of which somebody was registered or active, as a training or refresh now would see them."""
    newest_us = store.newest_us()
    as_of_us = refresh_moment(now_us if newest_us is None else newest_us, now_us, None)[0]
    found: dict[EntityType, KindFacts] = {}
    for kind in ENTITY_TYPES:
        progress(f"{kind}s")
        history = read_history(store, kind, as_of_us)
        if len(history.entity_ids):
            setting = exit_gap_setting(settings, kind)
            gap = choose_gap(history, setting)
            found[kind] = replace(
                _history(history, gap, setting),
                features=_features(store, settings, history, gap, now_us),
                scored=_scored(state, kind) if state else None,
            )
    return found


def _history(history: History, gap: ExitGapChoice, setting: ExitGap) -> KindFacts:
    """What the history alone tells."""
    completed = np.bincount(history.completed.entity)
    active_us = history.activity.us
    return KindFacts(
        entity_type=history.entity_type,
        entities=len(history.entity_ids),
        sessions_median=float(np.median(completed[completed > 0])) if len(completed) else 0.0,
        history_days=(history.known_us - int(active_us.min())) / DAY_US if len(active_us) else 0.0,
        label_days=_label_days(gap),
        can_hold_out=held_out_from_us(history, gap.us) is not None,
        exit_gap=_gap_facts(gap, setting),
    )


def _label_days(gap: ExitGapChoice) -> float:
    """Days of history after which the first row's labels have all matured."""
    at_start = np.zeros(1, np.int64)
    return (
        WARM_UP_DAYS + max(int(label.maturity_us(at_start, gap.us)[0]) for label in LABELS.values()) / DAY_US
    )


def _gap_facts(gap: ExitGapChoice, setting: ExitGap) -> GapFacts:
    """A gap found by `auto` is a guess unless the share of returns after it was measured and small."""
    measured = gap.days is not None and gap.return_shares.get(gap.days, 1.0) <= MAX_RETURN_SHARE
    return GapFacts(gap.days, gap.reason, setting == "auto" and gap.days is not None and not measured)


def _features(
    store: EventStore, settings: Settings, history: History, gap: ExitGapChoice, now_us: int
) -> tuple[FeatureFill, ...]:
    """How the 46 are filled over those who would be scored now; empty where nobody would."""
    kind = history.entity_type
    frame = compute(store, kind, history.known_us, max(history.known_us, now_us), None, settings)
    scored = is_scored(statuses(frame.facts, frame.as_of_us, gap.days))
    if not scored.any():
        return ()
    reads = reads_of(kind)
    columns = frame.features[scored].T
    catalog = CATALOGS[kind].features
    return tuple(_fill(f.name, column, reads[f.name]) for f, column in zip(catalog, columns, strict=True))


def _fill(name: str, column: NDArray[np.float32], reads: Reads) -> FeatureFill:
    known = column[~np.isnan(column)]
    return FeatureFill(
        name=name,
        missing=1 - len(known) / len(column),
        constant=len(known) > 0 and bool((known == known[0]).all()),
        columns=reads.columns - reads.optional,
        event_types=reads.event_types,
        other_side=reads.other_side,
    )


def _scored(state: State, kind: EntityType) -> ScoredFacts | None:
    rows = state.predictions.all(kind)
    if not len(rows):
        return None
    live = is_scored(rows.columns["status"])
    segments = Counter(s for s in rows.columns["segment"][live].tolist() if s is not None)
    return ScoredFacts(
        statuses=dict(Counter(rows.columns["status"].tolist())),
        segments=dict(segments),
        from_cohort=int((rows.columns["from_cohort"] & live).sum()),
        stale=int((rows.columns["stale"] & live).sum()),
        upper_risk=_quantile(rows.columns["churn_risk_14d"][live], 1 - QUARTER),
        lower_health=_quantile(rows.columns["health_score"][live], QUARTER),
    )


def _quantile(values: NDArray[np.float64], share: float) -> float:
    known = values[~np.isnan(values)]
    return float(np.quantile(known, share)) if len(known) else float("nan")
