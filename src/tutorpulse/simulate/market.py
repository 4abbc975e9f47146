"""Finding a tutor: among those who teach the subject and have hours left, the popular ones more often."""

import numpy as np

from tutorpulse.simulate.day import Day
from tutorpulse.simulate.people import committed_hours, offered_hours, student_of
from tutorpulse.simulate.state import FADING, NOBODY, Floats, Ints

_FREE_HOURS = 0.5


def choose_tutors(day: Day, seat: Ints) -> Ints:
    """A tutor for each seat, or NOBODY where the subject has none whose hours suit; each world has its own market."""
    committed = committed_hours(day)
    tutor, pool = _open_places(day, np.flatnonzero(offered_hours(day) - committed > _FREE_HOURS))
    weights = np.r_[0.0, np.cumsum(_appeal(day, committed)[tutor])]
    world = day.world
    wanted = world.seats.subject[seat] * world.worlds + student_of(seat) // world.students_per_world
    first, last = (np.searchsorted(pool, wanted, side=side) for side in ("left", "right"))
    low, high = weights[first], weights[last]
    drawn = low + day.rng.random(len(seat)) * (high - low)
    place = np.clip(np.searchsorted(weights, drawn, side="right") - 1, first, np.maximum(last - 1, first))
    suited = (last > first) & ~day.happens(_unsuited(day)[world.seats.subject[seat]])
    return np.where(suited, np.r_[tutor, NOBODY][place], NOBODY)


def _unsuited(day: Day) -> Floats:
    """Share of each subject's requests that suit nobody's hours."""
    market = day.world.parameters.market
    scarcity: Floats = np.array(market.demand) / np.maximum(np.array(market.supply), 1e-9)
    return np.minimum(market.unsuited * scarcity**2, 0.9)


def _open_places(day: Day, free: Ints) -> tuple[Ints, Ints]:
    """The free tutors, once for each subject they teach, and the pool of each entry, ascending."""
    world = day.world
    entries, pools = [], []
    for subject in range(len(world.parameters.market.subjects)):
        able = free[(world.tutors.subjects[free] >> subject & 1) == 1]
        entries.append(able)
        pools.append(subject * world.worlds + able // world.tutors_per_world)
    return np.concatenate(entries), np.concatenate(pools)


def _appeal(day: Day, committed: Floats) -> Floats:
    """How likely each tutor is to be chosen: popularity, rating, few students yet; far less on the way out."""
    tutors, p = day.world.tutors, day.world.parameters.tutors
    rating = (tutors.rating_sum + 4.4 * 5) / (tutors.rating_count + 5)
    idle = 1 + p.idle_boost * np.clip(1 - committed / p.enough_hours, 0, 1)
    return tutors.appeal * idle * np.exp(0.8 * (rating - 4.4)) * np.where(tutors.stage == FADING, 0.3, 1.0)
