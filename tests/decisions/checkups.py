"""The facts of a fit home, from which the tests of a checkup take away."""

from dataclasses import replace
from typing import Any

import numpy as np

from tutorpulse.clock import DAY_US
from tutorpulse.decisions.checkup.facts import (
    ClockFacts,
    DayCounts,
    Facts,
    FeatureFill,
    GapFacts,
    HomeFacts,
    KindFacts,
    LogFacts,
    ModelFacts,
    RunFacts,
    ScoredFacts,
    Skill,
)
from tutorpulse.events.contract import EVENT_TYPES, TABLES, table_columns
from tutorpulse.features.frame import EntityType
from tutorpulse.settings import Settings

TODAY = 20_000
NOW_US = TODAY * DAY_US + DAY_US // 2


def day_counts(counts: list[int], first: int = TODAY - 399) -> DayCounts:
    """Events on consecutive days from `first`; days with 0 are left out."""
    per_day = np.array(counts, np.int64)
    day = np.flatnonzero(per_day)
    return DayCounts(day + first, per_day[day])


def feature(name: str, **changes: Any) -> FeatureFill:
    """A feature that nobody misses."""
    nothing = FeatureFill(name, 0.0, False, frozenset(), frozenset(), False)
    return replace(nothing, **changes)


def fit_log() -> LogFacts:
    return LogFacts(
        events=40_000,
        types=dict.fromkeys(EVENT_TYPES, 1_000),
        days=day_counts([100] * 400),
        clocks=ClockFacts(early=0, late=0, newest_us=NOW_US - DAY_US // 4, same_time_of_day=0.01),
        rejects={},
        filled={(table, column): 1_000 for table in TABLES for column in table_columns(table)},
        placeholder={"tutor": 0.0, "student": 0.0},
    )


def fit_kind(kind: EntityType) -> KindFacts:
    segments = {
        "tutor": {"star": 50, "healthy": 100, "at_risk": 40, "churning": 10},
        "student": {"thriving": 50, "healthy": 100, "at_risk": 40, "churned": 10},
    }
    return KindFacts(
        entity_type=kind,
        entities=400,
        sessions_median=12.0,
        history_days=400.0,
        label_days=120.0,
        can_hold_out=True,
        exit_gap=GapFacts(60, "12% of longer silences ended in a return", guessed=False),
        features=(feature("avg_rating"), feature("sessions_7d")),
        scored=ScoredFacts({"new": 20, "active": 180, "inactive": 200}, segments[kind], 10, 0, 0.3, 55.0),
    )


def fit_model() -> ModelFacts:
    skill = Skill(auc=0.82, recency_auc=0.74, slope=1.05)
    return ModelFacts(
        version="m1",
        starter=False,
        unusable=None,
        newest_data_us=NOW_US - 2 * DAY_US,
        absent={"tutor": {}, "student": {}},
        skill={"tutor": skill, "student": skill},
    )


def fit() -> Facts:
    """A home of which there is nothing to say."""
    return Facts(
        now_us=NOW_US,
        settings=Settings(),
        home=HomeFacts((), free_bytes=50_000_000_000, log_bytes=2_000_000),
        log=fit_log(),
        kinds={"tutor": fit_kind("tutor"), "student": fit_kind("student")},
        model=fit_model(),
        run=RunFacts(NOW_US, "m1"),
    )


def with_log(**changes: Any) -> Facts:
    return replace(fit(), log=replace(fit_log(), **changes))


def with_clocks(**changes: Any) -> Facts:
    return with_log(clocks=replace(fit_log().clocks, **changes))


def with_tutors(**changes: Any) -> Facts:
    kinds = fit().kinds
    return replace(fit(), kinds={**kinds, "tutor": replace(kinds["tutor"], **changes)})


def with_scored(**changes: Any) -> Facts:
    scored = fit_kind("tutor").scored
    assert scored is not None
    return with_tutors(scored=replace(scored, **changes))


def with_model(**changes: Any) -> Facts:
    return replace(fit(), model=replace(fit_model(), **changes))
