"""First sessions of pairs of a tutor and a student, and whether they led to a second."""

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import DAY_US
from tutorpulse.simulate.state import NOBODY, Columns, Flags, Floats, Ints

_SECOND_WITHIN_US = 30 * DAY_US
_GOOD_RATING = 4
_MERGED_AT = 5_000


@dataclass
class Firsts(Columns):
    """The first new pair that each entity came into after the mark: when, with whom, in which session, what became of it."""

    at_us: Floats
    partner: Ints
    session: Ints
    poor: Flags
    second: Flags


class Pairs:
    """Which pairs have met; after a mark, each entity's next first session and its outcome."""

    def __init__(self, tutors: int, students: int) -> None:
        self._base = (tutors, students)
        self._sizes = (tutors, students)
        self._known = np.empty(0, np.int64)
        self._new = np.empty(0, np.int64)
        self.firsts: dict[str, Firsts] = {}

    def marked(self, copies: int) -> "Pairs":
        """A copy that follows `copies` continuations from now on."""
        other = copy.copy(self)
        other._known = np.union1d(self._known, self._new)
        other._new = np.empty(0, np.int64)
        other._sizes = (self._base[0] * copies, self._base[1] * copies)
        other.firsts = {"tutor": _blank(other._sizes[0]), "student": _blank(other._sizes[1])}
        return other

    def meet(self, ts_us: Ints, tutor: Ints, student: Ints, session: Ints) -> None:
        """Sessions that reached their start."""
        order = np.argsort(ts_us, kind="stable")
        ts_us, tutor, student, session = (values[order] for values in (ts_us, tutor, student, session))
        key = student * self._sizes[0] + tutor
        base = (student % self._base[1]) * self._base[0] + tutor % self._base[0]
        new = ~_within(base, self._known) & ~_within(key, self._new)
        if self.firsts:
            self._follow(ts_us, tutor, student)
            for kind, own, partner in (("tutor", tutor, student), ("student", student, tutor)):
                _begin(self.firsts[kind], own[new], ts_us[new], partner[new], session[new])
        self._new = np.union1d(self._new, key[new])
        if not self.firsts and len(self._new) > _MERGED_AT:
            self._known, self._new = np.union1d(self._known, self._new), np.empty(0, np.int64)

    def rate(self, tutor: Ints, student: Ints, session: Ints, rating: NDArray[Any]) -> None:
        """Ratings of sessions; NaN is none."""
        if not self.firsts:
            return
        poor = rating < _GOOD_RATING
        for kind, own in (("tutor", tutor), ("student", student)):
            firsts = self.firsts[kind]
            firsts.poor[own[poor & (firsts.session[own] == session)]] = True

    def _follow(self, ts_us: Ints, tutor: Ints, student: Ints) -> None:
        for kind, own, partner in (("tutor", tutor, student), ("student", student, tutor)):
            firsts = self.firsts[kind]
            in_time = (ts_us > firsts.at_us[own]) & (ts_us <= firsts.at_us[own] + _SECOND_WITHIN_US)
            firsts.second[own[in_time & (firsts.partner[own] == partner)]] = True


def _blank(size: int) -> Firsts:
    none, no = np.full(size, NOBODY), np.zeros(size, np.bool_)
    return Firsts(np.full(size, np.nan), none, none.copy(), no, no.copy())


def _begin(firsts: Firsts, own: Ints, ts_us: Ints, partner: Ints, session: Ints) -> None:
    """Note the earliest new pair of each who has none yet; the arrays are in time order."""
    fresh = np.isnan(firsts.at_us[own])
    index, place = np.unique(own[fresh], return_index=True)
    for column, values in ((firsts.at_us, ts_us), (firsts.partner, partner), (firsts.session, session)):
        column[index] = values[fresh][place]


def _within(keys: Ints, known: Ints) -> Flags:
    """Which keys are among the known ones, which ascend."""
    if len(known) == 0:
        return np.zeros(len(keys), np.bool_)
    place = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.equal(known[place], keys)
