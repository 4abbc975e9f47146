"""The 46 of a student."""

import math
from collections import defaultdict
from fractions import Fraction
from itertools import pairwise

from tests.features.oracle.entity import Entity
from tests.features.oracle.tutor import Tutor
from tests.features.oracle.world import DAY, HOUR, Event, Session, mean, ratio


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
            "total_revenue_30d": self.ever([p[1] for p in payments], math.fsum(p[1] for p in fresh if p[2])),
            "payment_method_count": self.ever([p[3] for p in payments], len({p[3] for p in season} - {None})),
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
        changes = sum(a.tutor != b.tutor for a, b in pairwise(seen))
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

    def context(self) -> dict[str, float | None]:
        learned = [e for e in self.log if e["event_type"] == "learning_activity"]
        moods = [
            e["sentiment"] for e in self.contacts("ib_call_logged", 30) if e.get("sentiment") is not None
        ]
        return super().context() | {
            **{
                f"learning_activities_{n}d": sum(self.w.within(e["ts_us"], n) for e in learned)
                if learned
                else None
                for n in (7, 14)
            },
            "call_sentiment_30d": mean(moods),
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
                f"cancellation_rate_{n}d": ratio(sum(s.by("cancelled", "student") for s in found), len(found))
                for n, found in resolved.items()
            },
            "no_show_rate_30d": ratio(
                sum(s.by("no_show", "student") for s in resolved[30]), len(resolved[30])
            ),
            "late_cancellations_30d": self.late_cancellations(),
            "avg_response_time_hours": mean(replies),
            "support_tickets_30d": len(tickets),
            "complaints_30d": sum(bool(e.get("is_complaint")) for e in tickets),
            **self.tutors(),
        }
