"""Who needs someone today, and why."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from tutorpulse.clock import DAY_US, format_time
from tutorpulse.decisions.attention import Need, most_in_need
from tutorpulse.decisions.segments import SEGMENTS
from tutorpulse.decisions.sentences import Earlier, sentence
from tutorpulse.errors import HistoryError
from tutorpulse.features.catalog import Feature
from tutorpulse.features.frame import ENTITY_TYPES, EntityType
from tutorpulse.model.explain import Driver, Explanation
from tutorpulse.service.root import Pulse
from tutorpulse.service.scoring import Scorer
from tutorpulse.service.stake import Stakes, stakes
from tutorpulse.service.worklist.apart import set_apart
from tutorpulse.store.state import PredictionRows

RISK = "churn_risk_14d"
DRIVERS_LOOKED_AT = 12
"""Of these the reasons are taken."""
_REASONS = 2
CONTEXT_GROUP = "context"
_RECENCY = "days_since_last_"
"""Features that start so tell one story and count as one group."""
_WEEK_AGO_US = (30 * DAY_US, 13 * DAY_US // 2)


class InNeed(msgspec.Struct, frozen=True):
    """One entity that needs someone: its risk (0-1), what 30 days of it are worth, the two multiplied, and the reason.

    `override_owner` answers for the segment where it was set by hand.
    """

    entity_id: str
    entity_type: EntityType
    segment: str | None
    risk: float
    worth: float
    expected_loss: float
    unit: str
    reason: str
    override_owner: str | None = None


@dataclass(frozen=True)
class _Candidates:
    """The scored entities of one kind in the two worst segments, with what is at stake, and who set segments by hand."""

    rows: PredictionRows
    stakes: Stakes
    owners: Mapping[str, str]


def last_as_of_us(pulse: Pulse) -> int:
    """The as-of of the last refresh.

    Raises:
        HistoryError: there was none.
    """
    run = pulse.state.runs.last()
    if run is None:
        raise HistoryError("Nothing was predicted yet. Run `tutorpulse refresh` first.")
    return run.as_of_us


def needs_someone(
    pulse: Pulse, scorer: Scorer, kinds: Iterable[EntityType] = ENTITY_TYPES, limit: int = 10
) -> list[InNeed]:
    """The `limit` tutors or students of the two worst segments with the largest risk × value at stake.

    As of the last refresh. Whoever is healthy or better needs nobody today, however much there is to lose; nor does
    anybody whom an operator set apart (paused, on leave, at their goal).

    Raises:
        HistoryError: there was no refresh yet.
    """
    as_of_us = last_as_of_us(pulse)
    found: list[InNeed] = []
    for kind in kinds:
        candidates = _candidates(pulse, kind, as_of_us)
        needs = most_in_need(
            candidates.rows.columns[RISK], candidates.stakes.of(candidates.rows.entity_ids), limit
        )
        found += _with_reasons(pulse, scorer, candidates, needs, as_of_us)
    return sorted(found, key=lambda need: (-need.expected_loss, need.entity_id))[:limit]


def _candidates(pulse: Pulse, kind: EntityType, as_of_us: int) -> _Candidates:
    rows = pulse.state.predictions.all(kind)
    apart = set_apart(pulse.state, kind, as_of_us)
    overrides = pulse.state.overrides.in_force(as_of_us, kind)
    by_hand = {row.entity_id: row.segment for row in overrides}
    shown = [
        by_hand.get(i, segment) for i, segment in zip(rows.entity_ids, rows.columns["segment"], strict=True)
    ]
    rows.columns["segment"] = np.array(shown, dtype=object)
    here = np.array([entity_id not in apart for entity_id in rows.entity_ids], dtype=np.bool_)
    rows = rows.take(here & ~rows.columns["frozen"] & np.isin(rows.columns["segment"], SEGMENTS[kind][:2]))
    staked = stakes(pulse.store, kind, as_of_us, max(as_of_us, pulse.clock.now_us()))
    return _Candidates(rows, staked, {row.entity_id: row.owner for row in overrides})


def _with_reasons(
    pulse: Pulse, scorer: Scorer, candidates: _Candidates, needs: Sequence[Need], as_of_us: int
) -> list[InNeed]:
    rows = candidates.rows.take(np.array([need.row for need in needs], dtype=np.int64))
    if not needs:
        return []
    kind: EntityType = "tutor" if rows.entity_type == "tutor" else "student"
    frame = scorer.compute(kind, as_of_us, rows.entity_ids)
    explained = dict(zip(frame.entity_ids, scorer.model.explain(frame, RISK, DRIVERS_LOOKED_AT), strict=True))
    earlier = week_ago(pulse, kind, rows.entity_ids.tolist(), as_of_us)
    return [
        InNeed(
            entity_id=(entity_id := str(rows.entity_ids[i])),
            entity_type=kind,
            segment=rows.columns["segment"][i],
            risk=need.risk,
            worth=need.value,
            expected_loss=need.expected_loss,
            unit=candidates.stakes.unit,
            reason=reason(
                kind, need.risk, earlier.get(entity_id), explained[entity_id], scorer.catalog[kind]
            ),
            override_owner=candidates.owners.get(entity_id),
        )
        for i, need in enumerate(needs)
    ]


def week_ago(
    pulse: Pulse, kind: EntityType, entity_ids: Sequence[str], as_of_us: int, output: str = RISK
) -> dict[str, Earlier]:
    """By entity id, an output as it was on record a week ago or somewhat longer; whoever has no such record is left out."""
    oldest_us, newest_us = _WEEK_AGO_US
    past = pulse.state.predictions.recorded_between(
        kind, list(entity_ids), as_of_us - oldest_us, as_of_us - newest_us
    )
    days = np.round((as_of_us - past.columns["as_of_us"]) / DAY_US)
    return {
        str(entity_id): Earlier(float(value), int(n))
        for entity_id, value, n in zip(past.entity_ids, past.columns[output], days, strict=True)
        if not np.isnan(value)
    }


def reason(
    kind: EntityType,
    risk: float,
    earlier: Earlier | None,
    explanation: Explanation,
    catalog: Sequence[Feature],
) -> str:
    """The risk in one sentence, with the drivers that raise it most."""
    reasons = telling(explanation, catalog)
    told = sentence(RISK, risk, kind, earlier, reasons)
    return told if reasons or not explanation.note else f"{told} ({explanation.note})"


def telling(
    explanation: Explanation, catalog: Sequence[Feature], raising: bool = True
) -> list[tuple[str, float]]:
    """The drivers that raise (or lower) an output most, with their values: one a group of features, none that is missing.

    Context that is neither healthy nor unhealthy, such as the season, is nothing that somebody could see to.
    """
    groups = {
        f.name: _RECENCY if f.name.startswith(_RECENCY) else f.group
        for f in catalog
        if f.group != CONTEXT_GROUP or f.healthy != "none"
    }
    sign = 1 if raising else -1
    pushing = [
        d
        for d in explanation.drivers
        if sign * d.contribution > 0 and not np.isnan(d.value) and d.feature in groups
    ]
    first_of_group: dict[str, Driver] = {}
    for driver in pushing:
        first_of_group.setdefault(groups[driver.feature], driver)
    return [(d.feature, d.value) for d in list(first_of_group.values())[:_REASONS]]


def as_of_text(pulse: Pulse) -> str:
    """The as-of of the last refresh, for people."""
    return format_time(last_as_of_us(pulse))
