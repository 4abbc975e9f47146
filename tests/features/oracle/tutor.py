"""The 46 of a tutor."""

import math
from collections import defaultdict
from datetime import date, datetime, timedelta

from tests.features.oracle.entity import Entity
from tests.features.oracle.world import DAY, HOUR, Session, mean, order, ratio


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
            declared = ratio(math.fsum(s.price for s in priced) * 60, math.fsum(s.minutes for s in priced))
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
        return (
            hours if made > min(end, self.w.local(self.w.as_of, self.zone())) - timedelta(days=28) else None
        )

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
                    if e["request_id"] == request_id
                    and e["tutor_id"] == self.id
                    and self.w.within(e["ts_us"], 30)
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
            s.earnings for s in self.resolved(60) if s.earnings is not None and not self.w.within(s.time, 30)
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

    def context(self) -> dict[str, float | None]:
        before = [h for h in (self.hours(self.monday(-weeks)) for weeks in (3, 4, 5)) if h is not None]
        share = ratio(self.hours(self.monday()), mean(before))
        return super().context() | {
            "available_hours_change": None if share is None else share - 1,
            "rescheduled_14d": sum(
                e["event_type"] == "session_rescheduled" and self.w.within(e["ts_us"], 14) for e in self.log
            ),
        }

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
