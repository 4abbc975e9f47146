"""Who comes to the marketplace: their attributes drawn afresh, and the days on which they arrive."""

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from tutorpulse.simulate import state
from tutorpulse.simulate.calendar import season
from tutorpulse.simulate.parameters import Parameters
from tutorpulse.simulate.state import ABSENT, EMPTY, NEVER, NOBODY, SEATS, Ints, World

GRADES = tuple(str(grade) for grade in range(5, 14))
REGIONS = ("north", "south", "east", "west")
CHANNELS = ("referral", "search", "school", "advert", "partner")
METHODS = ("card", "transfer", "wallet")

SPARE_DAYS = 150
"""New entities are kept in reserve for continuations of this many days beyond the end."""

_SETTLING_DAYS = 14
_Draw: TypeAlias = Callable[[World, Ints, Generator], None]


def stream(seed: int, number: int, day: int, aside: int = 0) -> Generator:
    """The generator of one day of one stream of a seed; the log's own stream is 0.

    One `aside` is for what decides nothing, so that leaving it out changes nothing else.
    """
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence([seed, number, day, aside])))


def new_world(
    parameters: Parameters, tutors: int, students: int, start_day: int, days: int, seed: int
) -> World:
    """A world of one, on the morning of its first day, in which `tutors` and `students` arrive within `days`."""
    rng = stream(seed, 0, start_day - 1)
    growth = parameters.market.arrivals_per_year * days / 365
    per_day = tuple(
        count / (1 + growth) * parameters.market.arrivals_per_year / 365 for count in (tutors, students)
    )
    reserve = [math.ceil(1.3 * rate * SPARE_DAYS) + 10 for rate in per_day]
    world = World(
        parameters=parameters,
        seed=seed,
        stream=0,
        day=start_day,
        tutors=_blank(state.Tutors, tutors + reserve[0]),
        students=_blank(state.Students, students + reserve[1]),
        seats=_blank(state.Seats, SEATS * (students + reserve[1])),
        worlds=1,
        arrivals_per_day=(per_day[0], per_day[1]),
    )
    _draw_tutors(world, np.arange(len(world.tutors)), rng)
    _draw_students(world, np.arange(len(world.students)), rng)
    everybody: tuple[tuple[state.Tutors | state.Students, int], ...]
    everybody = ((world.tutors, tutors), (world.students, students))
    for people, count in everybody:
        people.arrival_day[:count] = _arrivals(world, count, days, growth, rng)
        waits = rng.exponential(days * (1 + growth) / (growth * count + 1e-9), len(people) - count)
        people.arrival_day[count:] = (
            start_day + days + np.minimum(np.cumsum(waits), NEVER // 2).astype(np.int64)
        )
    return world


def renew_the_future(world: World, rng: Generator) -> None:
    """Draw anew all who have not come yet, and when they will; for continuations, which must not know them."""
    tutors_per_day, students_per_day = world.arrivals_per_day
    everybody: tuple[tuple[state.Tutors | state.Students, _Draw, float], ...]
    everybody = (
        (world.tutors, _draw_tutors, tutors_per_day),
        (world.students, _draw_students, students_per_day),
    )
    for people, draw, per_day in everybody:
        index = np.flatnonzero(people.stage == ABSENT)
        if len(index) == 0:
            continue
        draw(world, index, rng)
        waits = rng.exponential(1 / max(per_day * _expected_season(world), 1e-9), len(index))
        people.arrival_day[index] = world.day + _cumulated(waits, world, index, len(people))


def _cumulated(waits: state.Floats, world: World, index: Ints, size: int) -> Ints:
    """Running sums of waits that begin anew with each world."""
    own = index // (size // world.worlds)
    totals = np.cumsum(waits)
    before = np.r_[0.0, totals][np.searchsorted(own, np.arange(world.worlds))]
    return np.asarray(np.minimum(totals - before[own], NEVER // 2), np.int64)


def _expected_season(world: World) -> float:
    """The mean season of the next two months: what arrivals follow."""
    return float(np.mean([season(world.day + d, world.parameters.calendar) for d in range(0, 60, 7)]))


def _blank(kind: type[Any], size: int) -> Any:
    types = {state.Ints: np.int64, state.Floats: np.float64, state.Flags: np.bool_}
    return kind(**{name: np.zeros(size, types[hint]) for name, hint in kind.__annotations__.items()})


def _arrivals(world: World, count: int, days: int, growth: float, rng: Generator) -> Ints:
    """Arrival days, in order: some in the first two weeks, the others by the season of each day."""
    first = round(count / (1 + growth))
    opening = world.day + rng.integers(0, min(_SETTLING_DAYS, days), first)
    weights = np.array([season(world.day + d, world.parameters.calendar) for d in range(days)])
    later = world.day + rng.choice(days, count - first, p=weights / weights.sum())
    return np.concatenate([np.sort(opening), np.sort(later)])


def _choice(rng: Generator, shares: tuple[float, ...], size: int) -> Ints:
    weights = np.cumsum(np.array(shares))
    return np.minimum(np.searchsorted(weights / weights[-1], rng.random(size), side="right"), len(shares) - 1)


def _draw_tutors(world: World, index: Ints, rng: Generator) -> None:
    p, market, n = world.parameters.tutors, world.parameters.market, len(index)
    main = _choice(rng, market.supply, n)
    experience = rng.gamma(1.6, 3.2, n)
    capacity = np.clip(rng.gamma(p.capacity_shape, p.capacity_hours / p.capacity_shape, n), 2, 45)
    quality = rng.normal(0, 1, n)
    values: dict[str, NDArray[Any]] = {
        "arrival_day": np.full(n, NEVER),
        "main_subject": main,
        "subjects": _subjects(main, len(market.subjects), rng),
        "zone": _choice(rng, world.parameters.calendar.zone_shares, n),
        "quality": quality,
        "appeal": np.exp(p.appeal_spread * rng.normal(0, 1, n) + 0.35 * quality),
        "capacity_hours": capacity,
        "comfort_hours": capacity * p.comfort * np.exp(p.comfort_spread * rng.normal(0, 1, n)),
        "response_hours": p.response_hours * np.exp(rng.normal(0, 0.6, n)),
        "hourly_rate": np.round(np.clip(22 + 1.1 * experience + 2 * quality + rng.normal(0, 4, n), 12, 90)),
        "experience_years": np.round(experience, 1),
        "certificates": rng.poisson(0.8 + 0.1 * experience),
        "advanced_topics": rng.poisson(1.5, n),
        "declares": rng.random(n) < p.declare_share,
        "instant_book": rng.random(n) < 0.4,
        "frailty": rng.gamma(p.frailty_shape, 1 / p.frailty_shape, n),
    }
    world.tutors.put(index, values | _unborn(n))


def _subjects(main: Ints, count: int, rng: Generator) -> Ints:
    """Bit masks of the subjects declared: the main one, and up to two of its neighbours in the list."""
    mask = 1 << main
    for step, share in ((1, 0.4), (3, 0.25)):
        other = (main + step) % count
        mask = np.where(rng.random(len(main)) < share, mask | (1 << other), mask)
    return mask


def _unborn(n: int) -> dict[str, NDArray[Any]]:
    never = np.full(n, NEVER)
    return {
        "leave_day": never,
        "paused_until": np.zeros(n),
        "shielded_until": np.zeros(n),
        "stage": np.full(n, ABSENT),
    }


def _draw_students(world: World, index: Ints, rng: Generator) -> None:
    p, n = world.parameters.students, len(index)
    c = world.parameters.contacts
    values: dict[str, NDArray[Any]] = {
        "arrival_day": np.full(n, NEVER),
        "grade": rng.integers(0, len(GRADES), n),
        "region": rng.integers(0, len(REGIONS), n),
        "channel": _choice(rng, (0.3, 0.25, 0.2, 0.15, 0.1), n),
        "tier": _choice(rng, world.parameters.market.tier_shares, n),
        "zone": _choice(rng, world.parameters.calendar.zone_shares, n),
        "payment_failure": np.minimum(rng.gamma(0.5, c.payment_failure / 0.5, n), 0.6),
        "methods": rng.integers(0, len(METHODS), n),
        "curiosity": p.activities_floor
        + rng.gamma(0.7, max(p.activities_per_week - p.activities_floor, 0.0) / 0.7, n),
        "response_hours": 4 * np.exp(rng.normal(0, 0.7, n)),
        "level": np.clip(rng.normal(62, 12, n), 20, 92),
        "health_feed": rng.random(n) < c.health_feed_share,
        "frailty": rng.gamma(p.frailty_shape, 1 / p.frailty_shape, n),
        "goal": np.maximum(rng.gamma(2.5, p.goal_sessions / 2.5, n), 4).astype(np.int64),
        "mood": rng.normal(0, 0.2, n),
    }
    world.students.put(index, values | _unborn(n))
    _draw_seats(world, index, rng)


def _draw_seats(world: World, student: Ints, rng: Generator) -> None:
    """The first seat of each student, and of some the second, in another subject and at a lower rate."""
    p, market, n = world.parameters.students, world.parameters.market, len(student)
    rate = np.maximum(rng.gamma(p.rate_shape, p.sessions_per_week / p.rate_shape, n), p.rate_floor)
    subject = _choice(rng, market.demand, n)
    second = rng.random(n) < p.second_subject_share
    other = (subject + 1 + rng.integers(0, len(market.subjects) - 1, n)) % len(market.subjects)
    _put_seats(world, SEATS * student, subject, rate, np.ones(n, np.bool_), rng)
    _put_seats(world, SEATS * student + 1, other, rate * p.second_subject_rate, second, rng)


def _put_seats(
    world: World, seat: Ints, subject: Ints, rate: state.Floats, wanted: state.Flags, rng: Generator
) -> None:
    n, standing = len(seat), world.parameters.students.standing
    values: dict[str, NDArray[Any]] = {
        "subject": np.where(wanted, subject, NOBODY),
        "rate_per_week": rate,
        "period_days": np.select([rate > 2.6, rate > 1.5, rate > 0.65], [2, 4, 7], 14),
        "standing": np.where(rate > 0.35, rng.beta(3 * standing, 3 * (1 - standing), n), 0.0),
        "weekday": rng.integers(0, 7, n),
        "minute": 60 * rng.integers(15, 20, n) + 15 * rng.integers(0, 4, n),
        "duration_minutes": np.array([45, 60, 60, 90])[rng.integers(0, 4, n)],
        "state": np.full(n, EMPTY),
        "tutor": np.full(n, NOBODY),
    }
    world.seats.put(seat, values)
