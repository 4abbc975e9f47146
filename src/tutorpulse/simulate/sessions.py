"""The sessions of a day: who comes, how it goes, and what it does to both sides."""

from dataclasses import dataclass

import numpy as np

from tutorpulse.clock import HOUR_US, MINUTE_US, SECOND_US
from tutorpulse.simulate import demand, payments
from tutorpulse.simulate.changes import STUDENT, TUTOR, bookable, cancel, replace, tutor_strain
from tutorpulse.simulate.day import Day
from tutorpulse.simulate.journal import Log
from tutorpulse.simulate.people import fade_progress, fading, shift_mood, student_of, too_much
from tutorpulse.simulate.state import BOOKED, FADING, GONE, IDLE, Flags, Floats, Ints

CANCELLED_BY_STUDENT, CANCELLED_BY_TUTOR, NO_TUTOR, NO_STUDENT, UNSUCCESSFUL, COMPLETED = range(6)
NO_SHOW_REPORTED_MINUTES = 15
_NO_SHOW_MOOD = -0.7
_TUTOR_GAIN = 0.03
_RECURRING, _SINGLE, _FIRST = 0, 1, 2


@dataclass(frozen=True)
class Held:
    """Sessions that were held: seats, when they ended, how the student found them, and whether they went wrong."""

    seat: Ints
    ended_us: Ints
    experience: Floats
    wrong: Flags
    completed: Flags


def take_place(day: Day, log: Log) -> None:
    """Settle all sessions that start today."""
    seats = day.world.seats
    due = np.flatnonzero((seats.state == BOOKED) & (seats.start_day <= day.number))
    outcome = _outcomes(day, due)
    for code, by in ((CANCELLED_BY_STUDENT, STUDENT), (CANCELLED_BY_TUTOR, TUTOR)):
        late = due[outcome == code]
        cancel(day, log, late, by, _before_start(day, late))
    _missed(day, log, due[outcome == NO_TUTOR], TUTOR)
    _missed(day, log, due[outcome == NO_STUDENT], STUDENT)
    kept = outcome >= UNSUCCESSFUL
    held = _hold(day, log, due[kept], outcome[kept] == COMPLETED)
    payments.settle(day, log, held.seat[held.completed], held.ended_us[held.completed])
    payments.complain(day, log, held.seat[held.wrong], held.ended_us[held.wrong])
    _consequences(day, held)
    _stand(day, log, held)


def _outcomes(day: Day, seat: Ints) -> Ints:
    """One of the six outcomes for each; whoever has left does not come, or says so on the day."""
    world, p = day.world, day.world.parameters.sessions
    student, tutor = student_of(seat), world.seats.tutor[seat]
    mine = np.exp(-0.35 * world.students.mood[student]) * p.fading_factor ** fading(world.students, student)
    theirs = tutor_strain(day, tutor)
    lost, left = world.tutors.stage[tutor] == GONE, world.students.stage[student] == GONE
    shares = (
        np.where(left, 0.4, p.late_student_cancel * mine),
        np.where(lost, 0.3, p.late_tutor_cancel * theirs),
        np.where(lost, 1.0, p.tutor_no_show * theirs),
        np.where(left, 1.0, p.student_no_show * mine),
        p.unsuccessful + p.first_unsuccessful * (world.seats.held[seat] == 0),
    )
    bounds = np.cumsum(np.minimum(np.stack(shares), 1.0), axis=0)
    outcomes: Ints = np.sum(day.rng.random(len(seat)) >= bounds, axis=0)
    return outcomes


def _before_start(day: Day, seat: Ints) -> Ints:
    """Times between 04:00 UTC and half an hour before the start."""
    opened = day.start_us + 4 * HOUR_US
    room = np.maximum(day.world.seats.start_us[seat] - 30 * MINUTE_US - opened, SECOND_US)
    return opened + (day.rng.random(len(seat)) * room // SECOND_US).astype(np.int64) * SECOND_US


def _missed(day: Day, log: Log, seat: Ints, by: int) -> None:
    """One side did not come; reported shortly after the start."""
    world, seats = day.world, day.world.seats
    n = len(seat)
    log.add(
        "session_completed",
        seats.start_us[seat] + NO_SHOW_REPORTED_MINUTES * MINUTE_US,
        session_id=seats.session[seat],
        student_id=student_of(seat),
        tutor_id=seats.tutor[seat],
        subject=seats.subject[seat],
        tier=world.students.tier[student_of(seat)],
        no_show=np.ones(n, np.bool_),
        no_show_by=np.full(n, by),
        completed_successfully=np.zeros(n, np.bool_),
    )
    seats.state[seat] = IDLE
    if by == TUTOR:
        shift_mood(world.students, student_of(seat), _NO_SHOW_MOOD)
        _first_impression(day, seat, np.ones(n, np.bool_))
        replace(day, seat, world.parameters.sessions.replace_after_no_show, "no_show")


def _hold(day: Day, log: Log, seat: Ints, completed: Flags) -> Held:
    """Hold sessions: both sides came."""
    world, n = day.world, len(seat)
    experience = _experience(day, seat) - 1.5 * ~completed
    wrong = ~completed | (experience < world.parameters.sessions.wrong_below)
    started = world.seats.start_us[seat] + SECOND_US * day.rng.integers(0, 300, n)
    minutes: Floats = np.round(
        world.seats.duration_minutes[seat] * np.where(completed, day.rng.normal(1, 0.06, n), 0.3)
    )
    ended = started + minutes.astype(np.int64) * MINUTE_US
    _report(day, log, seat, started, ended, experience, completed, minutes)
    world.tutors.hours_today += np.bincount(
        world.seats.tutor[seat], minutes / 60, minlength=len(world.tutors)
    )
    return Held(seat, ended, experience, wrong, completed)


def _experience(day: Day, seat: Ints) -> Floats:
    """How a session is found: mean 0.3, spread about 1; the tutor's quality and fatigue, the match, and chance."""
    world, p = day.world, day.world.parameters.sessions
    tutor = world.seats.tutor[seat]
    lasting = p.quality_weight * world.tutors.quality[tutor] + p.match_weight * world.seats.match[seat]
    tired = p.fatigue_weight * too_much(world, tutor)
    return 0.3 + lasting - tired + p.chance_weight * day.rng.normal(0, 1, len(seat))


def _report(
    day: Day,
    log: Log,
    seat: Ints,
    started: Ints,
    ended: Ints,
    experience: Floats,
    completed: Flags,
    minutes: Floats,
) -> None:
    world, seats, n = day.world, day.world.seats, len(seat)
    ids = {"session_id": seats.session[seat], "student_id": student_of(seat), "tutor_id": seats.tutor[seat]}
    tier = world.students.tier[student_of(seat)]
    kind = np.where(seats.held[seat] == 0, _FIRST, np.where(seats.standing[seat] > 0.5, _RECURRING, _SINGLE))
    log.add(
        "session_started",
        started,
        **ids,
        subject=seats.subject[seat],
        tier=tier,
        scheduled_duration_minutes=seats.duration_minutes[seat],
        session_type=kind,
    )
    rating, later = _ratings(day, log, seat, experience, completed, ended)
    log.add(
        "session_completed",
        ended,
        **ids,
        subject=seats.subject[seat],
        tier=tier,
        duration_minutes=minutes,
        rating=np.where(later, np.nan, rating),
        completed_successfully=completed,
        ended_at=ended,
        price=np.where(completed, seats.price[seat], np.nan),
        tutor_earnings=np.where(
            completed, seats.price[seat] * (1 - world.parameters.market.platform_share), np.nan
        ),
        discounted=seats.discounted[seat],
        no_show=np.zeros(n, np.bool_),
    )


def _ratings(
    day: Day, log: Log, seat: Ints, experience: Floats, completed: Flags, ended: Ints
) -> tuple[Floats, Flags]:
    """Stars of each session (NaN: none), and which of them come later as reviews; tutors' averages follow."""
    world, n = day.world, len(seat)
    felt = 4.5 + 1.2 * (experience - 0.3) + 0.3 * day.rng.normal(0, 1, n)
    strong = np.clip(world.parameters.sessions.rated_share + 0.15 * (np.abs(experience - 0.3) > 1), 0, 1)
    rating = np.where(completed & day.happens(strong), np.clip(np.round(felt), 1, 5), np.nan)
    given = np.isfinite(rating)
    tutor = world.seats.tutor[seat][given]
    np.add.at(world.tutors.rating_sum, tutor, rating[given])
    np.add.at(world.tutors.rating_count, tutor, 1.0)
    later = given & day.some(n, 0.4)
    wait = np.clip(day.rng.exponential(9, int(later.sum())), 0.1, 120) * HOUR_US
    log.add(
        "review_submitted",
        ended[later] + wait.astype(np.int64) // SECOND_US * SECOND_US,
        session_id=world.seats.session[seat][later],
        student_id=student_of(seat)[later],
        tutor_id=world.seats.tutor[seat][later],
        rating=rating[later],
    )
    return rating, later


def _consequences(day: Day, held: Held) -> None:
    """Moods, counts, goals, and the search for a better match."""
    world, p = day.world, day.world.parameters.sessions
    student, tutor = student_of(held.seat), world.seats.tutor[held.seat]
    world.seats.state[held.seat] = IDLE
    world.seats.held[held.seat] += 1
    shift_mood(world.students, student, p.mood_gain * held.experience)
    shift_mood(world.tutors, tutor, _TUTOR_GAIN * (held.experience - 0.3))
    np.add.at(world.students.completed, student[held.completed], 1)
    np.add.at(world.tutors.completed, tutor[held.completed], 1)
    _first_impression(day, held.seat, held.wrong)
    replace(day, held.seat[held.wrong], p.replace_poor_match, "match")


def _first_impression(day: Day, seat: Ints, wrong: Flags) -> None:
    """Students whose first session of all went wrong may leave at once."""
    students, student = day.world.students, student_of(seat)
    first = ~students.met_first[student]
    students.met_first[student] = True
    lost = student[first & wrong & day.some(len(seat), day.world.parameters.students.first_wrong_leave)]
    lost = np.unique(lost[students.stage[lost] != GONE])
    students.stage[lost], students.leave_day[lost] = FADING, day.number
    students.first_failed[lost] = True


def _stand(day: Day, log: Log, held: Held) -> None:
    """Standing appointments: the next session is booked when one has ended."""
    world, seats = day.world, day.world.seats
    able = bookable(day)[held.seat] & (seats.state[held.seat] == IDLE)
    seat, ended = held.seat[able], held.ended_us[able]
    share = seats.standing[seat] * np.minimum(day.season_after(seats.period_days[seat]), 1.0)
    share *= 1 + 0.15 * np.tanh(world.students.mood[student_of(seat)])
    share *= 1 - (1 - world.parameters.students.fade_rate) * fading(world.students, student_of(seat))
    share *= 1 - 0.6 * fade_progress(day)[seats.tutor[seat]]
    chosen = day.happens(share)
    seat, ended = seat[chosen], ended[chosen]
    start = day.local_starts(
        day.number + seats.period_days[seat], seats.minute[seat], world.students.zone[student_of(seat)]
    )
    demand.agree(day, log, seat, ended + 2 * MINUTE_US, np.zeros(len(seat), np.bool_), start)
