"""Exits: the first activity that no activity follows within the exit gap, or an explicit departure if earlier.

Seen from `as_of` the search begins with the last activity at or before it (with the registration, for an entity that was
never active). Stated pauses do not count as silence. A silence in which, or at whose beginning, a goal was reached
is an exit of its own kind, and so is a departure after a goal reached since the last activity.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from tutorpulse.training.history import History
from tutorpulse.training.pauses import FAR_US
from tutorpulse.training.timeline import Bools, Ints, Timeline


class Stop(IntEnum):
    """What ends the search at an activity; `UNKNOWN` is the end of what is known, or a pause of unknown end."""

    CONTINUES = 0
    EXIT = 1
    GOAL = 2
    UNKNOWN = 3


@dataclass(frozen=True)
class Silences:
    """The silence after each point of a timeline: unpaused length, and whether activity ended it."""

    length_us: Ints
    next_us: Ints
    returned: Bools


@dataclass(frozen=True)
class Found:
    """The exit seen from m rows: when (`x_us`) and of which kind.

    Where the kind is `UNKNOWN` the exit is not before `x_us`; `FAR_US` with `UNKNOWN` never occurs, a row without any
    activity or registration at or before its moment has `x_us` = -`FAR_US`.
    """

    x_us: Ints
    kind: NDArray[np.int8]


def silences(history: History, points: Timeline) -> Silences:
    """The silence after each of `points`, up to `history.known_us` where nothing ended it."""
    returned = np.append(points.entity[1:] == points.entity[:-1], False)[: len(points)]
    next_us = np.where(returned, np.append(points.us[1:], 0)[: len(points)], history.known_us)
    paused_us = history.pauses.between_us(points.entity, points.us, next_us)
    return Silences(next_us - points.us - paused_us, next_us, returned)


class ExitSearch:
    """The exits of a history under one exit gap, ready to be asked for any rows."""

    def __init__(self, history: History, gap_us: int) -> None:
        self._history = history
        self._gap_us = gap_us
        self._points = history.clock()
        self._silences = silences(history, self._points)
        self._kinds = self._point_kinds()
        self._stops = _next_stop(self._kinds)

    def _point_kinds(self) -> NDArray[np.int8]:
        silence, gap_us = self._silences, self._gap_us
        over = np.where(silence.returned, silence.length_us > gap_us, silence.length_us >= gap_us)
        kinds = np.where(silence.returned, Stop.CONTINUES, Stop.UNKNOWN)
        kinds = np.where(over, np.where(self._goal_in_silence(), Stop.GOAL, Stop.EXIT), kinds)
        return np.where(self._open_pause_in_silence(), Stop.UNKNOWN, kinds).astype(np.int8)

    def _goal_in_silence(self) -> Bools:
        return self._happens_within(self._history.goals, self._gap_us)

    def _open_pause_in_silence(self) -> Bools:
        return self._happens_within(self._history.pauses.open_starts, self._gap_us - 1)

    def _happens_within(self, moments: Timeline, limit_us: int) -> Bools:
        """Whether one of `moments` comes in each point's silence, before more than `limit_us` of it have passed."""
        points, pauses = self._points, self._history.pauses
        us = moments.us_at(moments.first_from(points.entity, points.us), FAR_US)
        inside = us < np.where(self._silences.returned, self._silences.next_us, self._silences.next_us + 1)
        until_us = np.where(inside, us, points.us)
        unpaused_us = until_us - points.us - pauses.between_us(points.entity, points.us, until_us)
        return inside & (unpaused_us <= limit_us)

    def find(self, entity: Ints, as_of_us: Ints) -> Found:
        """The exit of each entity seen from its moment; arrays of length m."""
        last = self._points.last_through(entity, as_of_us)
        if not len(self._points):
            return Found(np.full(len(last), -FAR_US), np.full(len(last), Stop.UNKNOWN, np.int8))
        stop = self._stops[last]
        x_us, kind = self._points.us[stop], self._kinds[stop]
        departed = self._history.departures.first_from(entity, self._points.us[last])
        departed_us = self._history.departures.us_at(departed, FAR_US)
        limit_us = np.where(kind == Stop.UNKNOWN, self._silences.next_us[stop], x_us)
        departs = departed_us < limit_us
        x_us = np.where(departs, departed_us, x_us)
        kind = np.where(departs, self._departure_kinds(entity, departed_us), kind)
        known = last >= 0
        return Found(np.where(known, x_us, -FAR_US), np.where(known, kind, Stop.UNKNOWN).astype(np.int8))

    def _departure_kinds(self, entity: Ints, departed_us: Ints) -> NDArray[np.int8]:
        before = self._points.last_through(entity, departed_us)
        since_us = self._points.us_at(before, -FAR_US)
        goals = self._history.goals.count_between(entity, since_us - 1, departed_us)
        return np.where(goals > 0, Stop.GOAL, Stop.EXIT).astype(np.int8)


def _next_stop(kinds: NDArray[np.int8]) -> Ints:
    """For each point the first one from it on that is not `CONTINUES`; an entity's last point never is."""
    place = np.arange(len(kinds))
    stops = np.where(kinds == Stop.CONTINUES, len(kinds), place)
    return np.minimum.accumulate(stops[::-1])[::-1].astype(np.int64)
