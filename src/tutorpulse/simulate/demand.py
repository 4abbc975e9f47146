"""Students ask for lessons: with their own tutor, or with one whom the market finds; requests may find nobody."""

import numpy as np

from tutorpulse.clock import DAY_US, HOUR_US, MINUTE_US, SECOND_US
from tutorpulse.simulate.day import Day
from tutorpulse.simulate.journal import Log
from tutorpulse.simulate.market import choose_tutors
from tutorpulse.simulate.people import fading, present, shift_mood, student_of, too_much
from tutorpulse.simulate.state import BOOKED, IDLE, NOBODY, SEATS, SEEKING, Flags, Floats, Ints

_ASKED_SHARE = 0.4
_SEEK_PER_DAY = 0.5
_UNSERVED_MOOD = -0.15
_DECLINED_MOOD = -0.06


def seek(day: Day, log: Log) -> None:
    """Seats without a tutor ask the market; where nobody is free the request stays unanswered and is repeated."""
    seats = day.world.seats
    here = np.repeat(present(day.world.students, day.number), SEATS)
    seeking = np.flatnonzero(here & (seats.state == SEEKING))
    seeking = seeking[day.some(len(seeking), _SEEK_PER_DAY * min(1.0, day.season))]
    tutor = choose_tutors(day, seeking)
    system = (seats.asked[seeking] > 0) & day.some(len(seeking), 0.5)
    seats.asked[seeking] += 1
    found = tutor >= 0
    unserved = seeking[~found]
    _request(day, log, unserved, np.full(len(unserved), NOBODY), system[~found])
    shift_mood(day.world.students, student_of(unserved), _UNSERVED_MOOD)
    day.world.tally["unserved"] += len(unserved)
    _ask(day, log, seeking[found], tutor[found], system[found])


def book_again(day: Day, log: Log) -> None:
    """Students with a tutor book their next session, directly or by a request to that tutor."""
    world, seats = day.world, day.world.seats
    here = np.repeat(present(world.students, day.number), SEATS)
    idle = np.flatnonzero(here & (seats.state == IDLE))
    idle = idle[present(world.tutors, day.number)[seats.tutor[idle]]]
    student = student_of(idle)
    wanted = seats.rate_per_week[idle] * day.demand * np.exp(0.25 * world.students.mood[student])
    wanted *= 1 - (1 - world.parameters.students.fade_rate) * fading(world.students, student)
    chosen = idle[day.happens(1 - np.exp(-wanted / 7))]
    asks = ~world.tutors.instant_book[seats.tutor[chosen]] & day.some(len(chosen), _ASKED_SHARE)
    _ask(day, log, chosen[asks], seats.tutor[chosen[asks]], np.zeros(int(asks.sum()), np.bool_))
    direct = chosen[~asks]
    agree(day, log, direct, day.times(len(direct)), world.tutors.instant_book[seats.tutor[direct]])


def _request(day: Day, log: Log, seat: Ints, tutor: Ints, system: Flags) -> tuple[Ints, Ints]:
    """Requests go out; their numbers and times."""
    seats, number, ts = (
        day.world.seats,
        day.world.numbered("requests", len(seat)),
        day.times(len(seat), 6, 18),
    )
    log.add(
        "booking_requested",
        ts,
        request_id=number,
        student_id=student_of(seat),
        subject=seats.subject[seat],
        tutor_id=tutor,
        desired_start=_starts(day, seat, ts),
        duration_minutes=seats.duration_minutes[seat],
        system_generated=system,
    )
    return number, ts


def _ask(day: Day, log: Log, seat: Ints, tutor: Ints, system: Flags) -> None:
    """Requests to tutors who answer in their time, say no, or do not answer."""
    world, p, n = day.world, day.world.parameters.tutors, len(seat)
    own = world.seats.tutor[seat] == tutor
    number, ts = _request(day, log, seat, np.where(own, tutor, NOBODY), system)
    strain = too_much(world, tutor) + 2.5 * fading(world.tutors, tutor)
    answered = ~day.happens(np.minimum(p.unanswered * (1 + 3 * strain), 0.9))
    accepted = ~day.happens(np.minimum(p.decline * (1 + 1.2 * strain), 0.9))
    hours = world.tutors.response_hours[tutor] * np.exp(0.45 * strain + 0.7 * day.rng.normal(0, 1, n))
    replied = ts + (np.clip(hours, 0.05, 96) * 3600).astype(np.int64) * SECOND_US
    log.add(
        "booking_responded",
        replied[answered],
        request_id=number[answered],
        tutor_id=tutor[answered],
        accepted=accepted[answered],
    )
    agreed = answered & accepted
    shift_mood(world.students, student_of(seat[~agreed]), _DECLINED_MOOD)
    _take(day, seat[agreed], tutor[agreed])
    agree(day, log, seat[agreed], replied[agreed] + MINUTE_US, np.zeros(int(agreed.sum()), np.bool_))


def _take(day: Day, seat: Ints, tutor: Ints) -> None:
    """A tutor takes a seat; how well the two match is drawn when they are new to each other."""
    seats = day.world.seats
    new = seats.tutor[seat] != tutor
    fresh = seat[new]
    seats.tutor[fresh], seats.held[fresh], seats.asked[fresh] = tutor[new], 0, 0
    seats.match[fresh] = day.rng.normal(0, 1, len(fresh))


def _starts(day: Day, seat: Ints, ts_us: Ints) -> Ints:
    """A start for each: on the usual weekday, or within a few days."""
    world, n = day.world, len(seat)
    earliest = ts_us // DAY_US + 1
    usual = earliest + (world.seats.weekday[seat] - (earliest + 3)) % 7
    soon = earliest + np.minimum(day.rng.geometric(0.4, n) - 1, 9)
    start_day = np.where(day.some(n, 0.5), usual, soon)
    return day.local_starts(start_day, world.seats.minute[seat], world.students.zone[student_of(seat)])


def agree(day: Day, log: Log, seat: Ints, ts_us: Ints, instant: Flags, start_us: Ints | None = None) -> None:
    """Sessions are booked at `ts_us`, at least the day before they start."""
    world, seats, market = day.world, day.world.seats, day.world.parameters.market
    start = _starts(day, seat, ts_us) if start_us is None else start_us
    student, tutor = student_of(seat), seats.tutor[seat]
    tier = world.students.tier[student]
    discounted = day.some(len(seat), market.discount_share)
    price = world.tutors.hourly_rate[tutor] * np.array(market.tier_prices)[tier]
    price = np.round(price * seats.duration_minutes[seat] / 60 * (1 - market.discount * discounted), 2)
    seats.put(
        seat,
        {
            "state": np.full(len(seat), BOOKED),
            "session": world.numbered("sessions", len(seat)),
            "booked_day": ts_us // DAY_US,
            "start_us": start,
            "start_day": start // DAY_US,
            "price": price,
            "discounted": discounted,
        },
    )
    log.add(
        "session_booked",
        ts_us,
        session_id=seats.session[seat],
        student_id=student,
        tutor_id=tutor,
        starts_at=start,
        subject=seats.subject[seat],
        duration_minutes=seats.duration_minutes[seat],
        price=price,
        tier=tier,
        discounted=discounted,
        instant_book=instant,
    )


def notice_hours(start_us: Ints, ts_us: Ints) -> Floats:
    """Hours from `ts_us` to the start, at least 0."""
    return np.maximum((start_us - ts_us) / HOUR_US, 0.0)
