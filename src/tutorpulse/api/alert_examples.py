"""Examples of alerts for the OpenAPI document."""

NOTE = {"note": "Calls her this afternoon"}
SNOOZE = {"minutes": 2880, "note": "On holiday until then"}
FEEDBACK = {"verdict": "wrong", "reason": "Announced her exams weeks ago"}
ALERT = {
    "alert_id": "69a5c2105b0a97c2d4e61f",
    "rule": "student_churn",
    "title": "Churn risk",
    "severity": "critical",
    "state": "open",
    "team": "student",
    "entity_type": "student",
    "entity_id": "student-0042",
    "value": 0.83,
    "why": "Churn risk 83 % (was 41 % a week ago): last session 19 days ago, 2 late cancellations in 30 days",
    "actions": ["Call within 48 hours"],
    "since": "2026-03-02T16:59:58Z",
    "opened": "2026-03-02T17:00:00Z",
    "changed": "2026-03-02T17:00:00Z",
    "escalations": 0,
    "acknowledged": None,
    "acknowledged_by": None,
    "snoozed_until": None,
    "resolved": None,
    "resolved_by": None,
    "resolution": None,
    "verdict": None,
    "verdict_by": None,
    "verdict_reason": None,
    "url": "https://ops.example/alerts/69a5c2105b0a97c2d4e61f",
    "entity_url": "https://ops.example/students/student-0042",
}
ALERTS = {"items": [ALERT], "next_cursor": None}
COUNTS = {
    "total": 3,
    "by_severity": {"critical": 1, "warning": 2},
    "by_state": {"open": 2, "acknowledged": 1},
}
HISTORY = {
    "alert_id": "69a5c2105b0a97c2d4e61f",
    "changes": [
        {"at": "2026-03-02T17:00:00Z", "change": "opened", "severity": "critical", "by": None, "note": None},
        {
            "at": "2026-03-02T17:20:00Z",
            "change": "acknowledged",
            "severity": "critical",
            "by": "operations",
            "note": "Calls her this afternoon",
        },
    ],
}
RULES = {
    "rules": [
        {
            "key": "student_churn",
            "title": "Churn risk",
            "about": "student",
            "fact": "churn_risk_14d",
            "test": "above",
            "thresholds": {"warning": 0.6, "critical": 0.8},
            "clear_by": 0.03,
            "team": "student",
            "actions": ["Call within 48 hours"],
            "cooldown_hours": 24,
            "opened": 41,
            "live": 3,
            "confirmed": 12,
            "wrong": 4,
            "precision": 0.75,
            "precision_low": 0.54,
            "precision_high": 0.88,
            "cries_wolf": False,
        }
    ]
}
SILENCE = {
    "silence_id": "0d6f8c11e2b3a497",
    "begins": "2026-03-02T20:00:00Z",
    "until": "2026-03-02T22:00:00Z",
    "rule": None,
    "entity_type": None,
    "entity_id": None,
    "reason": "The booking system moves",
    "made_by": "operations",
}
SILENCES = {"silences": [SILENCE]}
SILENCE_ASKED = {"minutes": 120, "reason": "The booking system moves"}
RECEIVERS = {
    "receivers": [
        {
            "name": "on-call",
            "via": "slack",
            "severities": ["critical"],
            "teams": [],
            "alerts": True,
            "segments": False,
            "escalation": False,
            "time_zone": "Europe/Berlin",
            "quiet": "22:00-07:00",
            "pending": 0,
            "waiting": 1,
            "sent": 311,
            "given_up": 0,
            "error": "slack: no reason given",
        }
    ]
}
TRIED = {"receiver": "on-call", "taken": True, "reason": None}
