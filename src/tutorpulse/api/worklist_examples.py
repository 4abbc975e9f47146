"""Examples of the work list for the OpenAPI document; each is checked against its shape when the routes are read."""

from typing import Any

from tutorpulse.api.examples import PAGE

_WHO = {"entity_type": "tutor", "entity_id": "tutor-0007"}
OVERRIDE_REQUEST = _WHO | {
    "segment": "healthy",
    "expires": "2026-04-01T00:00:00Z",
    "reason": "On exam leave until April, agreed by phone",
}
OVERRIDE = _WHO | {
    "override_id": "5f0c6a1e9b7d2284",
    "segment": "healthy",
    "owner": "ann",
    "reason": "On exam leave until April, agreed by phone",
    "since": "2026-03-02T17:00:01Z",
    "expires": "2026-04-01T00:00:00Z",
    "in_force": True,
    "ended": None,
    "ended_by": None,
}
OVERRIDES = {"items": [OVERRIDE]}
STATE_REQUEST = _WHO | {"state": "on_leave", "until": "2026-06-01T00:00:00Z", "note": "parental leave"}
STATE = _WHO | {
    "state_id": "0b7de1f3a9c45586",
    "state": "on_leave",
    "set_by": "ann",
    "note": "parental leave",
    "since": "2026-03-02T17:00:01Z",
    "until": "2026-06-01T00:00:00Z",
    "holds": True,
    "ended": None,
    "ended_by": None,
}
STATES = {"items": [STATE]}
FEEDBACK_REQUEST = _WHO | {"about": "burnout_risk", "verdict": "wrong", "reason": "moved house, is back"}
FEEDBACK = _WHO | {
    "feedback_id": "77a1c0de55b2f940",
    "about": "burnout_risk",
    "verdict": "wrong",
    "reason": "moved house, is back",
    "given_by": "ann",
    "given": "2026-03-02T17:00:01Z",
    "segment": "at_risk",
    "predicted": 0.47,
    "as_of": "2026-03-02T17:00:01Z",
    "model_version": "20260301-4be1c09a",
}
FEEDBACK_COUNTS = {
    "items": [
        {
            "entity_type": "tutor",
            "about": "burnout_risk",
            "confirmed": 30,
            "wrong": 10,
            "share_confirmed": 0.75,
        }
    ]
}
REVIEW_REQUEST = _WHO | {"reason": "The tutor says that the lessons of February are missing"}
REVIEW_ANSWER = {"outcome": "changed", "answer": "The lessons were imported; the risk is lower now"}
REVIEW: dict[str, Any] = _WHO | {
    "review_id": "c3d5f7098e1b2a46",
    "state": "answered",
    "asked": "2026-03-02T17:00:01Z",
    "asked_by": "ann",
    "reason": "The tutor says that the lessons of February are missing",
    "answered": "2026-03-03T09:12:00Z",
    "answered_by": "bob",
    "outcome": "changed",
    "answer": "The lessons were imported; the risk is lower now",
}
REVIEWS = {"items": [REVIEW]}
TASK_CHANGE = {"move": "done", "outcome": "reached", "note": "called, wants fewer evenings"}
TASK: dict[str, Any] = _WHO | {
    "task_id": "69a5c2119d1e6b20c4a84f",
    "state": "open",
    "action": "Wellness check-in within 48 hours",
    "rule": "tutor_wellness_check",
    "owner": "ann",
    "opened": "2026-03-02T17:00:01Z",
    "due": "2026-03-04T17:00:01Z",
    "overdue": False,
    "snoozed_until": None,
    "outcome": None,
    "decided": None,
    "decided_by": None,
    "note": None,
    "risk": 0.66,
    "worth": 212.5,
    "unit": "margin",
    "helped": 0.25,
    "benefit": 35.06,
    "status": "active",
    "segment": "at_risk",
    "override": None,
    "facts": [{"fact": "burnout_risk", "value": 66.0, "unit": "%", "test": "above", "threshold": 60.0}],
}
TASKS = {"items": [TASK], "next_cursor": None}
TASK_PAGE = {
    "task": TASK,
    "trail": [
        {
            "time": "2026-03-02T18:10:00Z",
            "done_by": "bob",
            "action": "assigned",
            "about": "69a5c2119d1e6b20c4a84f",
            "note": None,
            "detail": "ann",
        }
    ],
}
EFFECT = {
    "outcome": "exits",
    "unit": "percentage points",
    "acted": 412,
    "held": 103,
    "acted_mean": 21.4,
    "held_mean": 34.0,
    "effect": -12.6,
    "low": -22.2,
    "high": -3.0,
    "always_low": -28.0,
    "always_high": 2.8,
    "decided": False,
    "sentence": "Exits within 30 days: 21.4 where the action was suggested, 34.0 where it was held back; …",
}
PLAYBOOKS = {
    "items": [
        {
            "rule": "tutor_wellness_check",
            "salt": "",
            "entity_type": "tutor",
            "action": "Wellness check-in within 48 hours",
            "measured": "2026-03-02T17:00:01Z",
            "enrolled_acted": 480,
            "enrolled_held": 121,
            "acted_on_share": 0.71,
            "held_acted_on_share": 0.04,
            "effects": [EFFECT],
            "helped": 0.37,
            "uplift": {"coefficients": None, "sentence": "Who is helped most is not known: not enough yet …"},
            "sentence": "“Wellness check-in within 48 hours” has not been shown to keep anybody so far, nor to harm.",
        }
    ],
    "limits": ["Tutors of one subject share its students, and helping one may cost another. …"],
}
RECORD: dict[str, Any] = _WHO | {
    "made": "2026-03-02T17:05:00Z",
    "events": [
        {
            "event_type": "session_completed",
            "count": 218,
            "first": "2025-01-09T16:00:00Z",
            "last": "2026-03-01T17:00:00Z",
        }
    ],
    "why": ["Burnout risk is 47 of 100, where the average is 18. What raises it most: utilization 97 %."],
    "page": PAGE,
    "states": [STATE],
    "overrides": [OVERRIDE],
    "tasks": [TASK],
    "trials": [
        {"rule": "tutor_wellness_check", "arm": "act", "enrolled": "2026-03-02T17:00:01Z", "until": None}
    ],
    "feedback": [FEEDBACK],
    "reviews": [REVIEW],
    "alerts": [],
    "trail": TASK_PAGE["trail"],
    "principles": ["Nothing here acts by itself on anybody's access or pay: …"],
}
