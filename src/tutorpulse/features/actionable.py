"""Which features somebody can act on, and what moves along when one of them moves: a table beside the catalog.

The catalog's hash does not cover it: it changes no feature. A lever moves one feature in its healthy direction, in whole steps (counts) or
to a share of the peers; its ties keep what is made of the same events consistent. What no tie can keep (a percentile among all
students, spreads of ratings) stays as it is, which understates a change rather than invents one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tutorpulse.features.frame import EntityType

How: TypeAlias = Literal["add", "in_proportion", "rest_in_proportion", "at_most", "where_missing"]
"""How a tied feature follows a lever that moved from `old` to `new`:

add: plus `factor` x (new - old) x `by` / `per`, both features; one that is missing leaves it as it is
in_proportion: x new / old; rest_in_proportion: x (1 - new) / (1 - old)
at_most: no more than `factor`; where_missing: `factor` if it is missing
"""


@dataclass(frozen=True)
class Tie:
    """One feature that follows, between `low` and `high`."""

    feature: str
    how: How = "add"
    factor: float = 1.0
    by: str | None = None
    per: str | None = None
    low: float = 0.0
    high: float = np.inf


@dataclass(frozen=True)
class Lever:
    """One feature that somebody can move `up` or `down`: in whole steps of `step`, or (None) to places among the peers.

    `least` and `most` bound it whatever the peers do.
    """

    feature: str
    direction: Literal["up", "down"]
    step: float | None = None
    ties: tuple[Tie, ...] = ()
    least: float = 0.0
    most: float = np.inf


_HELD_ALONG: Final = (
    Tie("completed_60d"),
    Tie("completed_90d"),
    Tie("completed_total"),
    Tie("active_days_90d", high=90.0),
    Tie("days_since_last_session", "at_most", 3.5),
    Tie("days_since_last_activity", "at_most", 3.5),
)
"""One more completed session, some day of the last week."""

_AHEAD: Final = Lever(
    "sessions_ahead",
    "up",
    1.0,
    (
        Tie("days_to_next_session", "where_missing", 7.0),
        Tie("booked_7d"),
        Tie("days_since_last_booking", "at_most", 0.0),
    ),
)

_TUTOR: Final = (
    _AHEAD,
    Lever(
        "sessions_completed_7d",
        "up",
        1.0,
        (
            *(Tie(f"sessions_{what}_{days}d") for what in ("taught", "completed") for days in (14, 30)),
            Tie("sessions_taught_7d"),
            Tie("session_frequency_7d", factor=1 / 7),
            Tie("session_frequency_14d", factor=1 / 14),
            Tie("sessions_per_subject_30d", per="distinct_subjects_30d"),
            Tie("total_earnings_30d", by="avg_earnings_per_session"),
            Tie(
                "utilization_rate",
                factor=1 / 60,
                by="avg_session_duration_min",
                per="available_hours_this_week",
                high=2.0,
            ),
            *_HELD_ALONG,
        ),
    ),
    Lever("available_hours_next_week", "up"),
    Lever("avg_response_time_hours", "down"),
    Lever("instant_book_enabled", "up", 1.0, most=1.0),
    Lever("cancellation_rate", "down", ties=(Tie("session_completion_rate", factor=-1.0, high=1.0),)),
    Lever("no_show_rate", "down", ties=(Tie("session_completion_rate", factor=-1.0, high=1.0),)),
)

_STUDENT: Final = (
    _AHEAD,
    Lever(
        "sessions_7d",
        "up",
        1.0,
        (
            Tie("sessions_14d"),
            Tie("sessions_30d"),
            *(Tie(f"session_freq_{days}d", factor=1 / days) for days in (7, 14, 30)),
            Tie("session_trend_7d_14d", low=-np.inf),
            Tie("session_trend_14d_30d", low=-np.inf),
            Tie("session_acceleration", factor=0.5, low=-np.inf),
            Tie("total_session_hours_30d", factor=1 / 60, by="avg_session_duration_min"),
            *_HELD_ALONG,
        ),
    ),
    Lever(
        "payment_success_rate_30d",
        "up",
        ties=(Tie("payment_failures_30d", "rest_in_proportion"),),
        most=1.0,
    ),
    Lever(
        "preferred_tutor_sessions_ratio",
        "up",
        ties=(
            Tie("preferred_tutor_ratio", high=1.0),
            Tie("tutor_consistency_score", high=1.0),
            Tie("tutor_changed_count_30d", "rest_in_proportion"),
        ),
        most=1.0,
    ),
    Lever("tutor_availability_score", "up", most=1.0),
    Lever("cancellation_rate_30d", "down", ties=(Tie("late_cancellations_30d", "in_proportion"),)),
    Lever("no_show_rate_30d", "down"),
    Lever("questions_asked_30d", "up", 1.0),
    Lever("materials_accessed_30d", "up", 1.0),
)

LEVERS: Final[Mapping[EntityType, tuple[Lever, ...]]] = {"tutor": _TUTOR, "student": _STUDENT}
"""What somebody can act on, by kind."""

Row: TypeAlias = NDArray[np.float64]


def moved(row: Row, names: Sequence[str], lever: Lever, new: float) -> Row:
    """The features of one entity, called `names`, had the lever's feature been `new`, and what is tied to it accordingly."""
    place = {name: i for i, name in enumerate(names)}
    old, changed = float(row[place[lever.feature]]), row.copy()
    changed[place[lever.feature]] = new
    for tie in lever.ties:
        at = place[tie.feature]
        value = _followed(row, place, tie, float(row[at]), old, new)
        if not np.isnan(value):
            changed[at] = value if tie.how == "where_missing" else min(max(value, tie.low), tie.high)
    return changed


def _followed(row: Row, place: Mapping[str, int], tie: Tie, value: float, old: float, new: float) -> float:
    match tie.how:
        case "add":
            by = 1.0 if tie.by is None else float(row[place[tie.by]])
            per = 1.0 if tie.per is None else float(row[place[tie.per]])
            return value + tie.factor * (new - old) * by / per if per else np.nan
        case "in_proportion":
            return value * new / old if old else np.nan
        case "rest_in_proportion":
            return value * (1 - new) / (1 - old) if old != 1 else np.nan
        case "at_most":
            return float(np.fmin(value, tie.factor))
        case "where_missing":
            return tie.factor if np.isnan(value) else value
