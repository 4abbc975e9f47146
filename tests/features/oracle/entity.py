"""What tutors and students share."""

import math
import statistics
from datetime import timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from tests.features.oracle.world import DAY, EPOCH, Session, World, mean


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
            in (
                "tutor_registered",
                "tutor_profile_updated",
                "tutor_availability_updated",
                "student_registered",
            )
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
        ahead = [s.time for s in self.sessions if not s.outcome and (s.time or 0) > w.as_of]
        booked = [s.events[0]["ts_us"] for s in self.sessions if s.known_ahead]
        answering = mean(
            [
                math.log(e["response_time_hours"] + 0.1)
                for e in self.log
                if e["event_type"] == "message_responded" and w.within(e["ts_us"], 14)
            ]
        )
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
            "sessions_ahead": len(ahead) if any(s.known_ahead for s in self.sessions) else None,
            "days_to_next_session": (min(ahead) - w.as_of) / DAY if ahead else None,
            "booked_7d": sum(w.within(t, 7) for t in booked) if booked else None,
            "days_since_last_booking": w.days_since(max(booked, default=None)),
            "message_response_hours_14d": math.exp(answering) if answering is not None else None,
            "season_sine": math.sin(angle),
            "season_cosine": math.cos(angle),
        }
