"""Signs between lessons: learning, declared hours, messages, calls, tickets, grades, and another system's scores."""

import numpy as np

from tutorpulse.clock import DAY_US
from tutorpulse.simulate.day import Day
from tutorpulse.simulate.journal import Log
from tutorpulse.simulate.people import fading, offered_hours, present, too_much
from tutorpulse.simulate.state import SEATS, SEEKING, Floats, Ints, Students, Tutors

_MONDAY, _WEDNESDAY = 0, 2
_PROFILES_PER_YEAR = 0.8


def keep_in_touch(day: Day, log: Log) -> None:
    """All of a day's contacts. All but learning are signs only: they decide nothing and have dice of their own."""
    _learn(day, log)
    if not log.wants("message_responded"):
        return
    aside = day.aside()
    for signs in (_declare, _update_profiles, _messages, _calls, _tickets, _grades, _feeds):
        signs(aside, log)


def _learn(day: Day, log: Log) -> None:
    """Learning between lessons: as often as the student is curious, in term and in good mood."""
    students = day.world.students
    here = np.flatnonzero(present(students, day.number) & students.met_first)
    rate = students.curiosity[here] * day.demand * np.exp(0.3 * students.mood[here])
    rate *= 1 - (1 - day.world.parameters.students.fade_rate) * fading(students, here)
    chosen = here[day.happens(1 - np.exp(-rate / 7))]
    log.add(
        "learning_activity",
        day.times(len(chosen), 7, 20),
        student_id=chosen,
        questions_asked=day.rng.poisson(1.2, len(chosen)),
        materials_accessed=1 + day.rng.poisson(1.5, len(chosen)),
    )


def _declare(day: Day, log: Log) -> None:
    """Every Monday most tutors declare their hours; the next week's follow how they see it today."""
    if day.weekday != _MONDAY:
        return
    tutors = day.world.tutors
    offered = offered_hours(day)
    index = np.flatnonzero(tutors.declares & present(tutors, day.number))
    hours = np.round(offered[index] * np.exp(day.rng.normal(0, 0.12, len(index))))
    rating = np.where(tutors.rating_count > 0, tutors.rating_sum / np.maximum(tutors.rating_count, 1), np.nan)
    log.add(
        "tutor_availability_updated",
        day.times(len(index), 5, 9),
        tutor_id=index,
        subjects=tutors.subjects[index],
        available_slots_this_week=hours,
        available_hours_this_week=hours,
        available_hours_next_week=np.round(hours * np.exp(day.rng.normal(0, 0.1, len(index)))),
        instant_book_enabled=tutors.instant_book[index],
        avg_rating=rating[index],
        total_sessions_completed=tutors.completed[index],
    )


def _update_profiles(day: Day, log: Log) -> None:
    """Tutors put another certificate or a new rate into their profile now and then."""
    tutors = day.world.tutors
    here = np.flatnonzero(present(tutors, day.number))
    chosen = here[day.some(len(here), _PROFILES_PER_YEAR / 365)]
    log.add(
        "tutor_profile_updated",
        day.times(len(chosen)),
        tutor_id=chosen,
        certification_count=tutors.certificates[chosen] + 1.0,
        hourly_rate=tutors.hourly_rate[chosen] + 1.0,
    )
    tutors.certificates[chosen] += 1
    tutors.hourly_rate[chosen] += 1.0


def _messages(day: Day, log: Log) -> None:
    """Answers come later from the tired and from those about to leave."""
    world, rate = day.world, day.world.parameters.contacts.messages_per_week / 7
    for name, people in (("tutor", world.tutors), ("student", world.students)):
        here = np.flatnonzero(present(people, day.number))
        chosen = here[day.some(len(here), rate * day.season)]
        strain = world.parameters.contacts.fading_delay * fading(people, chosen)
        if isinstance(people, Tutors):
            strain = strain + 0.5 * too_much(world, chosen)
        hours = people.response_hours[chosen] * np.exp(strain + 0.8 * day.rng.normal(0, 1, len(chosen)))
        log.add(
            "message_responded", day.times(len(chosen)), response_time_hours=hours, **{f"{name}_id": chosen}
        )


def _trouble(day: Day, people: Tutors | Students, index: Ints, per_week: float) -> Ints:
    """Those of `index` who turn to somebody today: the more, the worse their mood."""
    c = day.world.parameters.contacts
    rate = per_week / 7 * np.exp(c.fading_effect * fading(people, index) - c.mood_effect * people.mood[index])
    return index[day.happens(1 - np.exp(-rate))]


def _calls(day: Day, log: Log) -> None:
    world, students = day.world, day.world.students
    here = np.flatnonzero(present(students, day.number))
    caller = _trouble(day, students, here, world.parameters.contacts.calls_per_week)
    n = len(caller)
    sentiment: Floats = np.tanh(
        0.6 * students.mood[caller] - 0.5 * fading(students, caller) + day.rng.normal(0, 0.5, n)
    )
    log.add(
        "ib_call_logged",
        day.times(n, 7, 18),
        student_id=caller,
        call_id=world.numbered("calls", n),
        reason=day.rng.integers(0, 4, n),
        sentiment=sentiment,
        duration_seconds=np.round(60 + day.rng.gamma(2, 150, n)),
        resolved=day.some(n, 0.8),
    )


def _tickets(day: Day, log: Log) -> None:
    world, per_week = day.world, day.world.parameters.contacts.tickets_per_week
    for name, people, rate in (("student", world.students, per_week), ("tutor", world.tutors, per_week / 3)):
        asker = _trouble(day, people, np.flatnonzero(present(people, day.number)), rate)
        complains = day.happens(1 / (1 + np.exp(0.8 + people.mood[asker])))
        log.add(
            "support_ticket_opened",
            day.times(len(asker)),
            category=day.rng.integers(0, 4, len(asker)),
            is_complaint=complains,
            **{f"{name}_id": asker},
        )


def _grades(day: Day, log: Log) -> None:
    """Grades rise with lessons and with how well they go."""
    students = day.world.students
    here = np.flatnonzero(present(students, day.number) & (students.completed >= 4))
    chosen = here[day.some(len(here), day.world.parameters.contacts.grades_per_week / 7 * day.season)]
    before = students.level[chosen]
    after = np.clip(before + 2 + 3 * students.mood[chosen] + day.rng.normal(0, 5, len(chosen)), 0, 100)
    students.level[chosen] = after
    seat = SEATS * chosen
    log.add(
        "grade_reported",
        day.times(len(chosen), 8, 16),
        student_id=chosen,
        grade_before=np.round(before),
        grade_after=np.round(after),
        tutor_id=day.world.seats.tutor[seat],
        subject=day.world.seats.subject[seat],
    )


def _feeds(day: Day, log: Log) -> None:
    """Once a week another system's opinion of some students, and its count of each subject's market."""
    if day.weekday != _WEDNESDAY:
        return
    world, students = day.world, day.world.students
    known = np.flatnonzero(students.health_feed & present(students, day.number))
    score = np.clip(70 + 12 * students.mood[known] + day.rng.normal(0, 12, len(known)), 0, 100)
    log.add(
        "customer_health_update",
        day.times(len(known), 2, 3),
        student_id=known,
        health_score=np.round(score),
        churn_risk_14d=np.round((100 - score) / 250, 3),
    )
    subject = np.arange(len(world.parameters.market.subjects))
    free = present(world.tutors, day.number)
    able = [(world.tutors.subjects[free] >> int(k) & 1).sum() for k in subject]
    pending = [((world.seats.state == SEEKING) & (world.seats.subject == k)).sum() for k in subject]
    log.add(
        "supply_demand_update",
        np.full(len(subject), day.start_us + DAY_US // 8),
        subject=subject,
        available_tutors=np.array(able, dtype=np.float64),
        pending_requests=np.array(pending, dtype=np.float64),
    )
