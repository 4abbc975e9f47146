"""From lives in plain Python to the arrays that labels are read from."""

from collections.abc import Iterable, Sequence

import numpy as np

from tests.training.oracle import Life, pause_end
from tutorpulse.training.history import FirstSessions, History
from tutorpulse.training.pauses import FAR_US, Pauses, pauses_of
from tutorpulse.training.timeline import Timeline


def timeline(moments: Sequence[Iterable[int]]) -> Timeline:
    pairs = [(code, us) for code, own in enumerate(moments) for us in own]
    table = np.array(pairs, np.int64).reshape(-1, 2)
    return Timeline.of(table[:, 0], table[:, 1])


def _pauses(lives: Sequence[Life], known_us: int) -> Pauses:
    rows = [
        (code, start, FAR_US if until is None else until, pause_end(life, start, until)[0])
        for code, life in enumerate(lives)
        for start, until in life.pauses
    ]
    table = np.array([(*row[:3], FAR_US if row[3] is None else row[3]) for row in rows], np.int64).reshape(
        -1, 4
    )
    resumed = timeline([life.resumed for life in lives])
    return pauses_of(table[:, 0], table[:, 1], table[:, 2], table[:, 3], resumed, known_us)


def history_of(lives: Sequence[Life], known_us: int) -> History:
    """The history of lives, whose ids are their places; what lies after `known_us` is cut off by the caller."""
    pairs = [(code, *pair) for code, life in enumerate(lives) for pair in sorted(life.pairs)]
    success = [
        float(second is not None and second - first <= 30 * 86_400_000_000 and not (rating or 5) < 4)
        for _, first, second, rating in pairs
    ]
    return History(
        entity_type="student",
        entity_ids=np.array([f"{code:03d}" for code in range(len(lives))], dtype=object),
        known_us=known_us,
        activity=timeline([life.activity for life in lives]),
        registered_us=np.array([FAR_US if life.registered is None else life.registered for life in lives]),
        first_session_us=np.array([min(life.completed, default=FAR_US) for life in lives]),
        completed=timeline([life.completed for life in lives]),
        departures=timeline([life.departures for life in lives]),
        goals=timeline([life.goals for life in lives]),
        pauses=_pauses(lives, known_us),
        first_sessions=FirstSessions(
            timeline([[p[0] for p in life.pairs] for life in lives]), np.array(success)
        ),
    )
