"""Every feature once more, from raw events in plain Python, written from the specification's text.

Slow and naive on purpose; shares no code with the package. An event is a dict: event_type, event_id, ts_us, received_us
and the payload's fields. None is missing.
"""

import math
import statistics
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

Event = dict[str, Any]
DAY = 86_400_000_000
HOUR = 3_600_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def mean(values: list[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def ratio(part: float | None, whole: float | None) -> float | None:
    return None if part is None or not whole else part / whole


def order(event: Event) -> tuple[int, int, str]:
    return event["ts_us"], event["received_us"], event["event_id"]


class Session:
    """A session as its events tell it, oldest first."""

    OWN = ("session_booked", "session_started", "session_completed", "session_cancelled", "session_rescheduled")

    def __init__(self, session_id: str, events: list[Event]) -> None:
        self.id, self.events = session_id, events
        own = [e for e in events if e["event_type"] in self.OWN]
        self.tutor, self.student = self._party("tutor_id"), self._party("student_id")
        self.subject, self.tier = self._newest("subject"), self._newest("tier")
        self.price, self.earnings = self._newest("price"), self._newest("tutor_earnings")
        self.discounted = self._newest("discounted")
        rated = [e for e in events if e.get("rating") is not None]
        self.rating = rated[-1]["rating"] if rated else None
        self.rated = rated[-1]["ts_us"] if rated else None
        self.received = max(e["received_us"] for e in events)
        self.minutes = self._newest("duration_minutes", "session_completed")
        planned = [
            e.get("duration_minutes") if e["event_type"] == "session_booked" else e.get("scheduled_duration_minutes")
            for e in own
            if e["event_type"] in ("session_booked", "session_started")
        ]
        self.planned_minutes = next((m for m in reversed(planned) if m is not None), None)
        terminal = [e for e in own if e["event_type"] in ("session_completed", "session_cancelled")]
        self.end = terminal[-1] if terminal else None
        self.outcome = self._outcome()
        starts = [e["ts_us"] for e in own if e["event_type"] == "session_started"]
        planned_starts = [e.get("starts_at") or e.get("new_starts_at") for e in own]
        planned_starts = [s for s in planned_starts if s is not None]
        self.start = starts[-1] if starts else planned_starts[-1] if planned_starts else None
        self.reported = self.end["ts_us"] if self.end else None
        self.time = self._time()

    def _newest(self, field: str, event_type: str | None = None) -> Any:
        for event in reversed(self.events):
            if event.get(field) is not None and event_type in (None, event["event_type"]):
                return event[field]
        return None

    def _party(self, field: str) -> str | None:
        named = [e for e in self.events if e.get(field) not in (None, "-")]
        own = [e for e in named if e["event_type"] in self.OWN]
        return (own or named)[-1][field] if named else None

    def _outcome(self) -> str | None:
        if self.end is None:
            return None
        if self.end["event_type"] == "session_cancelled" or self.end.get("was_cancelled"):
            return "cancelled"
        if self.end.get("no_show"):
            return "no_show"
        return "unsuccessful" if self.end.get("completed_successfully") is False else "completed"

    def _time(self) -> int | None:
        if self.outcome is None:
            return self.start
        if self.outcome != "cancelled" and self.start is not None and self.start <= self.reported:
            return self.start
        return self.reported

    @property
    def completed(self) -> bool:
        return self.outcome == "completed"

    @property
    def reached(self) -> bool:
        return self.outcome in ("completed", "unsuccessful", "no_show")

    @property
    def place(self) -> tuple[int, int, str]:
        return self.time, self.received, self.id

    def by(self, outcome: str, side: str) -> bool:
        """Ended so by that side, or by an unknown one."""
        field = {"cancelled": "cancelled_by", "no_show": "no_show_by"}[outcome]
        return self.outcome == outcome and self._newest(field) in (None, side)


class World:
    """All that had happened by `as_of` and was known at `known_at`."""

    def __init__(
        self, events: list[Event], as_of: int, known_at: int, zone: str = "UTC", premium: tuple[str, ...] = ()
    ) -> None:
        self.everything, self.as_of, self.known_at = events, as_of, known_at
        self.zone, self.premium = zone, premium
        self.events = sorted(
            (e for e in events if e["ts_us"] <= as_of and e["received_us"] <= known_at), key=order
        )
        by_session = defaultdict(list)
        for event in self.events:
            if event["event_type"] in (*Session.OWN, "review_submitted"):
                by_session[event["session_id"]].append(event)
        self.sessions = [Session(*item) for item in by_session.items()]
        self.session = {s.id: s for s in self.sessions}

    def midnight(self) -> "World":
        last = self.as_of // DAY * DAY
        return World(self.everything, last, min(self.known_at, last), self.zone, self.premium)

    def of_type(self, *event_types: str) -> list[Event]:
        return [e for e in self.events if e["event_type"] in event_types]

    def within(self, ts: int | None, days: float) -> bool:
        return ts is not None and self.as_of - days * DAY < ts <= self.as_of

    def days_since(self, ts: int | None) -> float | None:
        return None if ts is None else (self.as_of - ts) / DAY

    def local(self, ts: int, zone: str) -> datetime:
        """The naive local time."""
        return (EPOCH + timedelta(microseconds=ts)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)

    def ids(self, kind: str) -> list[str]:
        named = {e.get(f"{kind}_id") for e in self.events}
        named |= {e["entity_id"] for e in self.of_type("action_taken") if e["entity_type"] == kind}
        return sorted(named - {None, "-"})


class Entity:
    """What both kinds share."""

    kind = ""

    def __init__(self, world: World, entity_id: str) -> None:
        self.w, self.id = world, entity_id
        self.sessions = [s for s in world.sessions if self.mine(s) == entity_id]
        self.recent = sorted(
            (
                s
                for s in self.sessions
                if world.within(s.time, 90) and (s.outcome or s.time > world.as_of - 7 * DAY)
            ),
            key=lambda s: s.place,
        )
        self.log = [e for e in world.events if e.get(f"{self.kind}_id") == entity_id]
        self.profile = [
            e
            for e in self.log
            if e["event_type"]
            in ("tutor_registered", "tutor_profile_updated", "tutor_availability_updated", "student_registered")
        ]

    def mine(self, s: Session) -> str | None:
        raise NotImplementedError

    def other(self, s: Session) -> str | None:
        raise NotImplementedError

    def declared(self, field: str) -> Any:
        values = [e[field] for e in self.profile if e.get(field) is not None]
        return values[-1] if values else None

    def zone(self) -> str:
        zone = self.declared("timezone")
        try:
            return ZoneInfo(zone).key if zone else self.w.zone
        except (KeyError, ValueError):
            return self.w.zone

    def held(self, days: float, outcomes: tuple[str, ...] = ("completed",)) -> list[Session]:
        return [s for s in self.recent if s.outcome in outcomes and self.w.within(s.time, days)]

    def taught(self, days: float) -> list[Session]:
        return self.held(days, ("completed", "unsuccessful", "no_show"))

    def resolved(self, days: float) -> list[Session]:
        return self.held(days, ("completed", "unsuccessful", "no_show", "cancelled"))

    def ratings(self, days: float) -> list[Session]:
        return [s for s in self.sessions if self.w.within(s.rated, days)]

    def avg_rating(self) -> float | None:
        fresh = [s.rating for s in self.ratings(30)]
        rated = sorted(
            (s for s in self.sessions if s.rating is not None), key=lambda s: (s.rated, s.received, s.id)
        )
        return mean(fresh) if fresh else mean([s.rating for s in rated[-20:]])

    def rating_trend(self) -> float | None:
        points = [(-((self.w.as_of - s.rated) // 60_000_000), Fraction(s.rating)) for s in self.ratings(30)]
        if len(points) < 3:
            return None
        x_mean = Fraction(sum(x for x, _ in points), len(points))
        y_mean = sum(y for _, y in points) / len(points)
        spread = sum((x - x_mean) ** 2 for x, _ in points)
        if not spread:
            return None
        return float(sum((x - x_mean) * (y - y_mean) for x, y in points) / spread * 7 * 24 * 60)

    def rating_volatility(self) -> float | None:
        stars = [s.rating for s in self.ratings(30)]
        return statistics.stdev(stars) if len(stars) >= 3 else None

    def ever(self, values: list[Any], total: float) -> float | None:
        """The sum, missing where no event ever carried the field."""
        return total if any(v is not None for v in values) else None

    def others_known(self) -> bool:
        return not self.sessions or any(self.other(s) for s in self.sessions)

    def activity(self) -> list[int]:
        return [s.time for s in self.sessions if s.reached]

    def facts(self) -> dict[str, float | None]:
        acts = self.activity()
        last = max(acts, default=-math.inf)
        times = {
            what: [e["ts_us"] for e in self.log if e["event_type"] == f"{self.kind}_{what}"]
            for what in ("registered", "departed", "resumed", "goal_reached")
        }
        pauses = [e for e in self.log if e["event_type"] == f"{self.kind}_paused"]
        since, until = None, None
        if pauses:
            pause = pauses[-1]
            start, end = pause["ts_us"], pause.get("until")
            over = last > start or max(times["resumed"], default=-math.inf) > start
            if not over and (end is None or end > self.w.as_of):
                since, until = start, math.inf if end is None else end
        departed = max(times["departed"], default=None)
        return {
            "registered_us": min(times["registered"], default=None),
            "first_activity_us": min(acts, default=None),
            "last_activity_us": max(acts, default=None),
            "departed_us": None if departed is None or last > departed else departed,
            "paused_since_us": since,
            "paused_until_us": until,
            "goal_reached_us": max(times["goal_reached"], default=None),
            "activity_count": len(acts),
            "completed_total": sum(s.completed for s in self.sessions),
            "resolved_total": sum(s.outcome is not None for s in self.sessions),
            "reached_total": sum(s.reached for s in self.sessions),
            "first_session_us": min((s.time for s in self.sessions if s.reached), default=None),
        }

    def context(self) -> dict[str, float | None]:
        facts, w = self.facts(), self.w
        begins = [t for t in (facts["registered_us"], facts["first_activity_us"]) if t is not None]
        angle = 2 * math.pi * ((EPOCH + timedelta(microseconds=w.as_of)).timetuple().tm_yday - 1) / 365.25
        return {
            "tenure_days": w.days_since(min(begins, default=None)),
            "days_since_registration": w.days_since(facts["registered_us"]),
            "days_since_last_activity": w.days_since(facts["last_activity_us"]),
            "active_days_90d": len({t // DAY for t in self.activity() if w.within(t, 90)}),
            "completed_60d": len(self.held(60)),
            "completed_90d": len(self.held(90)),
            "completed_total": facts["completed_total"],
            "distinct_subjects_30d": len({s.subject for s in self.held(30)} - {None}),
            "season_sine": math.sin(angle),
            "season_cosine": math.cos(angle),
        }


class Tutor(Entity):
    kind = "tutor"

    def mine(self, s: Session) -> str | None:
        return s.tutor

    def other(self, s: Session) -> str | None:
        return s.student

    def subjects(self) -> list[str] | None:
        found: list[str] | None = self.declared("subjects")
        return found

    def by_subject(self, days: float) -> dict[str, int]:
        counts: dict[str, int] = defaultdict(int)
        for s in self.held(days):
            if s.subject is not None:
                counts[s.subject] += 1
        return counts

    def main_subject(self) -> str | None:
        counts = self.by_subject(90)
        if counts:
            newest = {s.subject: s.place for s in self.held(90)}
            return max(counts, key=lambda subject: (counts[subject], newest[subject]))
        return next(iter(self.subjects() or []), None) or None

    def charge(self) -> float | None:
        declared = self.declared("hourly_rate")
        if declared is None:
            priced = [s for s in self.held(90) if s.price is not None and s.minutes]
            declared = ratio(
                math.fsum(s.price for s in priced) * 60, math.fsum(s.minutes for s in priced)
            )
        return None if declared is None else round(declared, 2)

    # Hours: local ISO weeks, named by their Monday

    def statements(self) -> list[tuple[date, int, tuple[int, int, str], float, datetime]]:
        """(Monday from which it holds, this week before next, order, hours, when made on the local clock)."""
        found = []
        for e in self.log:
            if e["event_type"] == "tutor_availability_updated":
                made = self.w.local(e["ts_us"], self.zone())
                monday = made.date() - timedelta(days=made.weekday())
                this = e.get("available_hours_this_week")
                this = e.get("available_slots_this_week") if this is None else this
                if this is not None:
                    found.append((monday, 1, order(e), this, made))
                if e.get("available_hours_next_week") is not None:
                    found.append(
                        (monday + timedelta(days=7), 0, order(e), e["available_hours_next_week"], made)
                    )
        return sorted(found)

    def hours(self, monday: date) -> float | None:
        """Offered in the week of that Monday."""
        bearing = [s for s in self.statements() if s[0] <= monday]
        if not bearing:
            return None
        end = datetime.combine(monday, datetime.min.time()) + timedelta(days=7)
        *_, hours, made = bearing[-1]
        return hours if made > min(end, self.w.local(self.w.as_of, self.zone())) - timedelta(days=28) else None

    def monday(self, weeks: int = 0) -> date:
        today = self.w.local(self.w.as_of, self.zone()).date()
        return today - timedelta(days=today.weekday()) + timedelta(weeks=weeks)

    def hours_over(self, days: int) -> float | None:
        now = self.w.local(self.w.as_of, self.zone())
        parts = []
        for weeks in range(-6, 1):
            begin = datetime.combine(self.monday(weeks), datetime.min.time())
            overlap = min(begin + timedelta(days=7), now) - max(begin, now - timedelta(days=days))
            hours = self.hours(self.monday(weeks))
            if overlap > timedelta(0) and hours is not None:
                parts.append(hours * (overlap / timedelta(days=7)))
        return math.fsum(parts) if parts else None

    def engaged_hours(self) -> float | None:
        sessions = [s for s in self.recent if s.outcome != "cancelled" and self.w.within(s.time, 7)]
        minutes = []
        for s in sessions:
            choice = (s.minutes, s.planned_minutes)
            choice = choice[::-1] if s.outcome == "no_show" else choice
            minutes += [m for m in choice if m is not None][:1]
        return 0 if not sessions else math.fsum(minutes) / 60 if minutes else None

    def utilization(self) -> float | None:
        engaged, offered = self.engaged_hours(), self.hours_over(7)
        if engaged is None or offered is None:
            return None
        return 2 if engaged > 2 * offered else ratio(engaged, offered)

    def response_hours(self) -> float | None:
        newest = {e["request_id"]: e for e in self.w.of_type("booking_requested")}
        waits = []
        for request_id, request in newest.items():
            if self.w.within(request["ts_us"], 30):
                answers = [
                    e["ts_us"]
                    for e in self.w.of_type("booking_responded")
                    if e["request_id"] == request_id and e["tutor_id"] == self.id
                ]
                if answers:
                    waits.append(max(0, answers[0] - request["ts_us"]))
                elif request.get("tutor_id") == self.id:
                    waits.append(self.w.as_of - request["ts_us"])
        return ratio(mean(waits), HOUR) if waits else None

    def lead_hours(self) -> float | None:
        leads = []
        for e in self.log:
            if e["event_type"] == "session_booked" and self.w.within(e["ts_us"], 30):
                s = self.w.session[e["session_id"]]
                lapsed = s.tutor == self.id and s.outcome is None and s.start <= self.w.as_of - 7 * DAY
                if not lapsed:
                    leads.append(max(0, e["starts_at"] - e["ts_us"]) / HOUR)
        return mean(leads)

    def claims(self, event_type: str) -> int:
        count = 0
        for e in self.w.of_type(event_type):
            named = e.get("tutor_id")
            if named in (None, "-"):
                session = self.w.session.get(e.get("session_id"))
                named = session.tutor if session else None
            count += named == self.id and self.w.within(e["ts_us"], 30)
        return count

    def diversity(self) -> float | None:
        counts = self.by_subject(90)
        if not counts:
            return None
        open_to = len({*counts, *(self.subjects() or [])})
        whole = sum(counts.values())
        entropy = -math.fsum(n / whole * math.log(n / whole) for n in counts.values())
        return 0 if open_to <= 1 else max(0.0, entropy) / math.log(open_to)

    def rating_by_subject(self) -> float | None:
        stars = defaultdict(list)
        for s in self.ratings(90):
            if s.subject is not None:
                stars[s.subject].append(s.rating)
        weights = {subject: math.sqrt(len(found)) for subject, found in stars.items()}
        return ratio(
            math.fsum(weights[subject] * mean(found) for subject, found in stars.items()),
            math.fsum(weights.values()),
        )

    def grade_improvement(self) -> float | None:
        points = []
        for e in self.log:
            scale = 100 if e.get("scale") is None else e["scale"]
            if e["event_type"] == "grade_reported" and self.w.within(e["ts_us"], 90) and scale > 0:
                points.append((e["grade_after"] - e["grade_before"]) * 100 / scale)
        return mean(points)

    def earnings(self, days: float) -> list[float]:
        return [s.earnings for s in self.resolved(days) if s.earnings is not None]

    def earnings_trend(self) -> float | None:
        now = self.ever([s.earnings for s in self.sessions], math.fsum(self.earnings(30)))
        before = [
            s.earnings
            for s in self.resolved(60)
            if s.earnings is not None and not self.w.within(s.time, 30)
        ]
        if now is None or math.fsum(before) <= 0:
            return None
        return max(-1.0, min(5.0, now / math.fsum(before) - 1))

    def dearer(self) -> float | None:
        then = self.w.midnight()
        market = [t for t in (Tutor(then, i) for i in then.ids("tutor")) if t.taught(30)]
        same = [t.charge() for t in market if t.main_subject() == self.main_subject() is not None]
        same = [c for c in same if c is not None]
        mine = self.charge()
        return None if mine is None or not same else sum(c >= mine for c in same) / len(same)

    def features(self) -> dict[str, float | None]:
        taught = {n: self.taught(n) for n in (7, 14, 30, 60, 90)}
        done = {n: self.held(n) for n in (7, 14, 30)}
        resolved = self.resolved(30)
        last = max((s.time for s in self.sessions if s.completed), default=None)
        stars = [s.rating for s in self.ratings(30)]
        students = {n: {s.student for s in found} - {None} for n, found in taught.items()}
        earlier = {s.student for s in taught[60] if s not in taught[30]} - {None}
        subjects = [s.subject for s in done[30] if s.subject is not None]
        declared = self.subjects()
        years = [
            e["years_of_experience"] + (self.w.as_of - e["ts_us"]) / DAY / 365.25
            for e in self.profile
            if e.get("years_of_experience") is not None
        ]
        earned = self.ever([s.earnings for s in self.sessions], math.fsum(self.earnings(30)))
        tiers = [s.tier for s in done[30] if s.tier is not None]
        discounts = [s.discounted for s in done[30] if s.discounted is not None]
        instant = self.declared("instant_book_enabled")
        return {
            **{f"sessions_taught_{n}d": len(taught[n]) for n in (7, 14, 30)},
            **{f"sessions_completed_{n}d": len(done[n]) for n in (7, 14, 30)},
            "avg_session_duration_min": mean([s.minutes for s in done[30] if s.minutes is not None]),
            "session_completion_rate": ratio(len(done[30]), len(resolved)),
            "no_show_rate": ratio(sum(s.by("no_show", "tutor") for s in resolved), len(resolved)),
            "cancellation_rate": ratio(sum(s.by("cancelled", "tutor") for s in resolved), len(resolved)),
            "days_since_last_session": self.w.days_since(last),
            "session_frequency_7d": len(taught[7]) / 7,
            "session_frequency_14d": len(taught[14]) / 14,
            "avg_rating": self.avg_rating(),
            "rating_trend": self.rating_trend(),
            "rating_volatility": self.rating_volatility(),
            "positive_reviews_count_30d": sum(r >= 4 for r in stars),
            "negative_reviews_count_30d": sum(r < 3 for r in stars),
            "student_retention_rate": ratio(len(earlier & students[30]), len(earlier)),
            "unique_students_30d": len(students[30]) if self.others_known() else None,
            "avg_student_lifetime_sessions": mean(
                [sum(s.completed and s.student == one for s in self.sessions) for one in students[90]]
            ),
            "available_hours_this_week": self.hours(self.monday()),
            "available_hours_next_week": self.hours(self.monday(1)),
            "utilization_rate": self.utilization(),
            "instant_book_enabled": None if instant is None else int(instant),
            "avg_response_time_hours": self.response_hours(),
            "booking_lead_time_avg_hours": self.lead_hours(),
            "primary_subject_count": None if declared is None else len(declared),
            "subject_diversity_score": self.diversity(),
            "avg_rating_by_subject": self.rating_by_subject(),
            "sessions_per_subject_30d": ratio(len(subjects), len(set(subjects))),
            "subject_match_accuracy": None
            if declared is None
            else ratio(sum(s in declared for s in subjects), len(subjects)),
            "certification_count": self.declared("certification_count"),
            "years_of_experience": years[-1] if years else None,
            "specialization_score": ratio(
                max(self.by_subject(90).values(), default=0), sum(self.by_subject(90).values())
            ),
            "advanced_topics_count": self.declared("advanced_topics_count"),
            "student_grade_improvement_avg": self.grade_improvement(),
            "total_earnings_30d": earned,
            "avg_earnings_per_session": mean([s.earnings for s in done[30] if s.earnings is not None]),
            "earnings_trend": self.earnings_trend(),
            "premium_tier_sessions_ratio": ratio(sum(t in self.w.premium for t in tiers), len(tiers)),
            "discount_sessions_ratio": ratio(sum(discounts), len(discounts)),
            "payment_disputes_count_30d": self.claims("payment_disputed"),
            "refund_rate_30d": ratio(self.claims("refund_issued"), len(done[30])),
            "pricing_competitiveness_score": self.dearer(),
            "revenue_per_available_hour": ratio(earned, self.hours_over(30)),
        }


class Student(Entity):
    kind = "student"

    def mine(self, s: Session) -> str | None:
        return s.student

    def other(self, s: Session) -> str | None:
        return s.tutor

    def activity(self) -> list[int]:
        return [
            *super().activity(),
            *(
                e["ts_us"]
                for e in self.log
                if (e["event_type"] == "booking_requested" and not e.get("system_generated"))
                or e["event_type"] == "learning_activity"
            ),
        ]

    def difference(self, days: int) -> int:
        return 2 * len(self.held(days)) - len(self.held(2 * days))

    def learning(self, field: str) -> float | None:
        events = [e for e in self.log if e["event_type"] == "learning_activity"]
        fresh = [e[field] for e in events if self.w.within(e["ts_us"], 30) and e.get(field) is not None]
        return self.ever([e.get(field) for e in events], math.fsum(fresh))

    def involvement(self) -> tuple[float, float, float]:
        return (
            len(self.held(30)),
            self.learning("questions_asked") or 0,
            self.learning("materials_accessed") or 0,
        )

    def engagement(self) -> float | None:
        then = self.w.midnight()
        crowd = [Student(then, i) for i in then.ids("student")]
        crowd = [s.involvement() for s in crowd if any(then.within(t, 30) for t in s.activity())]
        if not crowd:
            return None

        def percentile(value: float, among: list[float]) -> Fraction:
            below, equal = sum(v < value for v in among), sum(v == value for v in among)
            return Fraction(2 * below + equal, 2 * len(among))

        def score(own: tuple[float, float, float]) -> Fraction:
            return sum((percentile(own[i], [c[i] for c in crowd]) for i in range(3)), Fraction(0))

        return float(100 * percentile(score(self.involvement()), [score(c) for c in crowd]))

    def payments(self) -> tuple[list[tuple[int, float, bool, str | None]], bool]:
        """(time, amount, succeeded, method) and whether the log has payments at all."""
        if self.w.of_type("payment_processed"):
            own = [e for e in self.log if e["event_type"] == "payment_processed"]
            return [(e["ts_us"], e["amount"], e["succeeded"], e.get("method")) for e in own], True
        priced = [s for s in self.sessions if s.completed and s.price is not None]
        return [(s.time, s.price, True, None) for s in priced], False

    def money(self) -> dict[str, float | None]:
        payments, stated = self.payments()
        fresh = [p for p in payments if self.w.within(p[0], 30)]
        season = [p for p in payments if self.w.within(p[0], 90)]
        return {
            "payment_success_rate_30d": ratio(sum(p[2] for p in fresh), len(fresh)) if stated else None,
            "payment_failures_30d": sum(not p[2] for p in fresh) if stated else None,
            "avg_transaction_value": mean([p[1] for p in season if p[2]]),
            "total_revenue_30d": self.ever(
                [p[1] for p in payments], math.fsum(p[1] for p in fresh if p[2])
            ),
            "payment_method_count": self.ever(
                [p[3] for p in payments], len({p[3] for p in season} - {None})
            ),
            "days_since_last_payment": self.w.days_since(max((p[0] for p in payments if p[2]), default=None)),
        }

    def contacts(self, event_type: str, days: float) -> list[Event]:
        return [e for e in self.log if e["event_type"] == event_type and self.w.within(e["ts_us"], days)]

    def late_cancellations(self) -> int:
        late = 0
        for s in self.resolved(30):
            if s.outcome == "cancelled" and s._newest("cancelled_by") == "student":
                notice = s._newest("notice_hours")
                if notice is None and s.start is not None:
                    notice = (s.start - s.reported) / HOUR
                late += notice is not None and notice < 24
        return late

    def preferred(self, days: float) -> float | None:
        tutors = [s.tutor for s in self.held(days) if s.tutor]
        return ratio(max((tutors.count(t) for t in tutors), default=0), len(tutors))

    def tutors(self) -> dict[str, float | None]:
        seen = [s for s in self.held(30) if s.tutor]
        known = {t: Tutor(self.w, t) for t in {s.tutor for s in seen}}
        last = [s.tutor for s in sorted((s for s in self.sessions if s.completed), key=lambda s: s.place)]
        last = [t for t in last if t][-20:]
        ratings = [t.avg_rating() for t in known.values()]
        hours = [t.hours(t.monday()) for t in known.values()]
        judged = [s for s in seen if s.subject is not None and known[s.tutor].main_subject() is not None]
        stars = defaultdict(list)
        for s in self.ratings(90):
            if s.tutor:
                stars[s.tutor].append(s.rating)
        changes = sum(a.tutor != b.tutor for a, b in zip(seen, seen[1:], strict=False))
        return {
            "tutor_consistency_score": 1 - (len(set(last)) - 1) / (len(last) - 1) if len(last) >= 3 else None,
            "unique_tutors_30d": len(known) if self.others_known() else None,
            "preferred_tutor_ratio": self.preferred(90),
            "tutor_rating_avg": mean([r for r in ratings if r is not None]),
            "tutor_availability_score": mean([min(1, h / 20) for h in hours if h is not None]),
            "tutor_subject_expertise_score": ratio(
                sum(s.subject == known[s.tutor].main_subject() for s in judged), len(judged)
            ),
            "tutor_match_score": mean([mean(found) >= 4 for found in stars.values()]),
            "tutor_changed_count_30d": changes if self.others_known() else None,
            "preferred_tutor_sessions_ratio": self.preferred(30),
        }

    def features(self) -> dict[str, float | None]:
        done = {n: self.held(n) for n in (7, 14, 30, 90)}
        times = [s.time for s in done[90]]
        local = [self.w.local(s.time, self.zone()) for s in done[30]]
        resolved = {n: self.resolved(n) for n in (7, 30)}
        minutes = [s.minutes for s in done[30] if s.minutes is not None]
        replies = [e["response_time_hours"] for e in self.contacts("message_responded", 30)]
        tickets = self.contacts("support_ticket_opened", 30)
        calls = {n: len(self.contacts("ib_call_logged", n)) for n in (7, 14)}
        return {
            **{f"sessions_{n}d": len(done[n]) for n in (7, 14, 30)},
            **{f"session_freq_{n}d": len(done[n]) / n for n in (7, 14, 30)},
            "days_since_last_session": self.w.days_since(
                max((s.time for s in self.sessions if s.completed), default=None)
            ),
            "avg_gap_between_sessions": (max(times) - min(times)) / DAY / (len(times) - 1)
            if len(times) >= 2
            else None,
            "session_trend_7d_14d": self.difference(7),
            "session_trend_14d_30d": self.difference(14),
            "session_acceleration": self.difference(7) - self.difference(14) / 2,
            "sessions_weekend_ratio": mean([t.weekday() >= 5 for t in local]),
            "sessions_evening_ratio": mean([t.hour >= 17 for t in local]),
            "avg_rating": self.avg_rating(),
            "rating_trend": self.rating_trend(),
            "rating_volatility": self.rating_volatility(),
            "avg_session_duration_min": mean(minutes),
            "total_session_hours_30d": self.ever([s.minutes for s in self.sessions], math.fsum(minutes) / 60),
            "engagement_score": self.engagement(),
            "questions_asked_30d": self.learning("questions_asked"),
            "materials_accessed_30d": self.learning("materials_accessed"),
            **self.money(),
            "ib_calls_7d": calls[7],
            "ib_calls_14d": calls[14],
            "ib_call_rate": calls[14] / 14,
            **{
                f"cancellation_rate_{n}d": ratio(
                    sum(s.by("cancelled", "student") for s in found), len(found)
                )
                for n, found in resolved.items()
            },
            "no_show_rate_30d": ratio(sum(s.by("no_show", "student") for s in resolved[30]), len(resolved[30])),
            "late_cancellations_30d": self.late_cancellations(),
            "avg_response_time_hours": mean(replies),
            "support_tickets_30d": len(tickets),
            "complaints_30d": sum(bool(e.get("is_complaint")) for e in tickets),
            **self.tutors(),
        }


KINDS: dict[str, type[Tutor] | type[Student]] = {"tutor": Tutor, "student": Student}


def entities(world: World, kind: str) -> dict[str, Tutor | Student]:
    """Every tutor or student that an event names."""
    return {entity_id: KINDS[kind](world, entity_id) for entity_id in world.ids(kind)}
