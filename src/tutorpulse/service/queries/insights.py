"""Insights: recent ones, counts over all, one, and those that came after."""

from collections.abc import Iterable

import msgspec

from tutorpulse.decisions.insights import CRITICAL_SCORE, Insight
from tutorpulse.errors import UnknownEntityError
from tutorpulse.features.frame import EntityType
from tutorpulse.service.page import as_insight
from tutorpulse.service.queries import cursors
from tutorpulse.service.queries.shapes import InsightCounts, InsightList
from tutorpulse.store.state import State
from tutorpulse.store.state.feed import InsightCount, Wanted


class InsightsAsked(msgspec.Struct, frozen=True):
    """Insights of a time or after it, about one kind of entity and of one type where these are given."""

    since_us: int = 0
    kind: EntityType | None = None
    prediction_type: str | None = None
    token: str | None = None
    limit: int = 50
    aggregations: bool = False

    @property
    def wanted(self) -> Wanted:
        """As the state asks it."""
        return Wanted(self.since_us, self.kind, self.prediction_type)


def recent(state: State, asked: InsightsAsked) -> InsightList:
    """A page, the last written first; the aggregations are over all pages.

    Raises:
        InputError: the token is none of this list.
    """
    before = cursors.decode(asked.token, int) if asked.token else None
    rows = state.feed.newest(asked.wanted, before, asked.limit + 1)
    shown = rows[: asked.limit]
    token = cursors.encode(shown[-1][0]) if len(rows) > asked.limit else None
    counted = counts(state, asked.wanted) if asked.aggregations else None
    return InsightList([as_insight(row) for _, row in shown], len(shown), token, counted)


def counts(state: State, wanted: Wanted) -> InsightCounts:
    """Counts over all that are wanted."""
    groups = state.feed.counts(wanted, CRITICAL_SCORE)
    total = sum(group.count for group in groups)
    score_sum = sum(group.score_sum for group in groups)
    return InsightCounts(
        total=total,
        critical=sum(group.critical for group in groups),
        average_risk_score=score_sum / total if total else None,
        highest_risk_score=max((group.score_max for group in groups), default=None),
        by_entity_type=_summed((group.entity_type, group) for group in groups),
        by_prediction_type=_summed((group.prediction_type, group) for group in groups),
    )


def _summed(named: Iterable[tuple[str, InsightCount]]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for name, group in named:
        sums[name] = sums.get(name, 0) + group.count
    return sums


def one(state: State, alert_id: str) -> Insight:
    """The insight of that id.

    Raises:
        UnknownEntityError: there is none.
    """
    row = state.feed.one(alert_id)
    if row is None:
        raise UnknownEntityError(f"There is no insight {alert_id!r}. /insights/recent lists those there are.")
    return as_insight(row)


def after(state: State, number: int, limit: int) -> list[tuple[int, Insight]]:
    """Those written after the one of that number, oldest first, each with its number."""
    return [(found, as_insight(row)) for found, row in state.feed.after(number, limit)]
