"""Examples for the OpenAPI document; each is checked against its shape when the routes are read."""

from typing import Any

_COMMON: dict[str, Any] = {
    "status": "active",
    "segment": "at_risk",
    "health_score": 57.2,
    "session_velocity": 1.4,
    "first_session_success": 0.61,
    "already_gone": 0.08,
    "inactive_14d": 0.31,
    "inactive_30d": 0.22,
    "confidence": "high",
    "from_cohort": False,
    "frozen": False,
    "stale": False,
    "model_version": "20260301-4be1c09a",
    "as_of": "2026-03-02T17:00:01Z",
    "session_velocity_low": 0.4,
    "session_velocity_high": 2.6,
}
TUTORS = {
    "items": [_COMMON | {"entity_id": "tutor-0007", "burnout_risk": 0.47, "burnout_risk_30d": 0.55}],
    "next_cursor": "WyItY2h1cm5fcmlza18xNGQiLDAuNDcsInR1dG9yLTAwMDciXQ",
}
STUDENTS = {
    "items": [_COMMON | {"entity_id": "student-0042", "churn_risk_14d": 0.47, "churn_risk_30d": 0.55}],
    "next_cursor": None,
}
_STANDING = {
    "as_of": "2026-03-02T17:00:01Z",
    "segment": "at_risk",
    "outputs": {
        "burnout_risk": 0.47,
        "burnout_risk_30d": 0.55,
        "health_score": 57.2,
        "session_velocity": 1.4,
    },
    "intervals": {"session_velocity": [0.4, 2.6]},
}
_EARLIER = {
    "as_of": "2026-02-23T00:12:40Z",
    "segment": "healthy",
    "outputs": {"burnout_risk": 0.21, "burnout_risk_30d": 0.3, "health_score": 71.9, "session_velocity": 2.1},
    "intervals": {"session_velocity": [0.8, 3.5]},
}
INSIGHT = {
    "alert_id": "69a5c2113f9a2c7714d05b",
    "entity_id": "tutor-0007",
    "entity_type": "tutor",
    "timestamp": "2026-03-02T17:00:01Z",
    "prediction_type": "churn_risk",
    "risk_score": 47.0,
    "explanation": "Burnout risk 47 % (was 21 % a week ago): utilization 97 %",
    "recommendations": ["Reduce hours or add breaks"],
    "model_used": "20260301-4be1c09a",
    "confidence": "high",
}
PAGE = {
    "entity_id": "tutor-0007",
    "entity_type": "tutor",
    "status": "active",
    "confidence": "high",
    "from_cohort": False,
    "frozen": False,
    "stale": False,
    "model_version": "20260301-4be1c09a",
    "current": _STANDING,
    "history": [_EARLIER, _STANDING],
    "explanations": [
        {
            "output": "burnout_risk",
            "unit": "percentage points",
            "prediction": 47.0,
            "average": 18.5,
            "drivers": [{"feature": "utilization_rate", "value": 0.97, "contribution": 19.2}],
            "rest": 9.3,
            "note": "",
        }
    ],
    "recommendations": [
        {
            "recommendation_id": "69a5c2119d1e6b20c4a84f",
            "action": "Reduce hours or add breaks",
            "rule": "tutor_overloaded",
            "opened": "2026-03-02T17:00:01Z",
            "facts": [
                {
                    "fact": "utilization_rate",
                    "value": 97.0,
                    "unit": "percent",
                    "test": "above",
                    "threshold": 90.0,
                }
            ],
        }
    ],
    "insights": [INSIGHT],
    "facts": [
        {"name": "utilization_rate", "group": "Availability and capacity", "value": 0.97, "unit": "share"},
        {"name": "rating_trend", "group": "Student satisfaction", "value": None, "unit": "stars per week"},
    ],
}
HISTORY = {"entity_id": "tutor-0007", "entity_type": "tutor", "items": [_EARLIER, _STANDING]}
COMPARISON = {
    "entity_id": "tutor-0007",
    "entity_type": "tutor",
    "earlier": _EARLIER,
    "later": _STANDING,
    "models": ["20260301-4be1c09a", "20260301-4be1c09a"],
    "model_in_force": "20260301-4be1c09a",
    "outputs": [
        {
            "output": "burnout_risk",
            "unit": "percentage points",
            "value_from": 21.0,
            "value_to": 47.0,
            "change": 26.0,
            "drivers": [
                {
                    "feature": "utilization_rate",
                    "value_from": 0.7,
                    "value_to": 0.97,
                    "contribution_from": -1.1,
                    "contribution_to": 19.2,
                    "change": 20.3,
                }
            ],
            "other": 5.7,
            "note": "",
            "sentence": "Burnout risk 47 % (was 21 % a week ago): utilization 97 %",
            "data_change": 26.0,
            "model_change": 0.0,
            "rest": 0.0,
            "data_change_by_old_model": 26.0,
        }
    ],
}
WHAT_IF = {
    "entity_id": "tutor-0007",
    "entity_type": "tutor",
    "output": "burnout_risk",
    "value": 0.47,
    "target": 0.4,
    "value_then": 0.36,
    "reached": True,
    "changes": [{"feature": "sessions_ahead", "value_from": 0.0, "value_to": 2.0}],
    "sentence": "With 2 sessions agreed for later (now none), burnout risk would be 36 % instead of 47 %, as the model reckons",
    "note": "",
    "caveat": "This is what the model expects of somebody with such facts.",
}
SUMMARY = {
    "students_processed": 3000,
    "tutors_processed": 300,
    "total_processed": 3300,
    "student_segments": {"thriving": 900, "healthy": 1500, "at_risk": 400, "churned": 200},
    "tutor_segments": {"star": 60, "healthy": 190, "at_risk": 38, "churning": 12},
    "model_version": "20260301-4be1c09a",
    "timestamp": "2026-03-02T17:00:01Z",
}
SEGMENTS = {
    "segments": [{"entity_type": "tutor", "segment": "star", "count": 60, "share": 0.2}],
    "statuses": {"tutor": {"active": 280, "new": 20, "inactive": 41}},
    "subjects": {"tutor": {"maths": 120}},
}
MOVES = {
    "items": [
        {
            "entity_id": "tutor-0007",
            "entity_type": "tutor",
            "time": "2026-03-02T17:00:01Z",
            "left": "healthy",
            "entered": "at_risk",
            "status": "active",
        }
    ],
    "next_cursor": "NDE3",
}
COUNTS = {
    "total": 412,
    "critical": 9,
    "average_risk_score": 51.3,
    "highest_risk_score": 96.1,
    "by_entity_type": {"student": 350, "tutor": 62},
    "by_prediction_type": {"churn_risk": 230, "customer_health": 182},
}
INSIGHTS = {"insights": [INSIGHT], "count": 1, "nextToken": "NDEx", "aggregations": COUNTS}
MODELS = {
    "serving": "20260301-4be1c09a",
    "models": [
        {
            "version": "20260301-4be1c09a",
            "created": "2026-03-01T02:10:00Z",
            "data_from": "2024-01-01",
            "data_to": "2026-02-28",
            "feature_set_hash": "0123456789abcdef",
            "starter": False,
            "in_force": True,
            "kinds": [
                {
                    "entity_type": "tutor",
                    "churn_label": "exit",
                    "exit_gap_days": 30,
                    "rows": 12000,
                    "entities": 300,
                    "held_out": "2025-12-01 to 2026-01-15",
                    "metrics": {"churn_risk_14d": {"rows": 1800, "auc": 0.81}},
                }
            ],
        }
    ],
}
_INTERVAL = {"value": 0.74, "low": 0.68, "high": 0.79}
TRACK_RECORD = {
    "lines": [
        {
            "entity_type": "tutor",
            "month": "2026-03",
            "bound": 0.4,
            "flagged": 310,
            "left": _INTERVAL,
            "left_of_all": 0.09,
            "sentence": "Tutors given a burnout risk above 40 % in 2026-03: 74 % left within 14 days, 9 % of all.",
        }
    ],
    "first_due": None,
    "items": [
        {
            "entity_type": "tutor",
            "output": "churn_risk_14d",
            "model_version": "2026-02-28-1a2b3c4d",
            "month": "2026-03",
            "judged": "2026-06-01T00:00:00Z",
            "final": False,
            "figures": {
                "predicted": 9200,
                "matured": 9200,
                "unlabelled": 12,
                "goals": 0,
                "rows": 9188,
                "entities": 300,
                "flipped": 3,
                "complete": True,
                "risk": {
                    "rate": {"value": 0.09, "low": 0.07, "high": 0.11},
                    "said": 0.1,
                    "auc": {"value": 0.9, "low": 0.87, "high": 0.92},
                    "average_precision": {"value": 0.6, "low": 0.54, "high": 0.67},
                    "recency_auc": 0.83,
                    "recency_average_precision": 0.41,
                    "oracle_auc": None,
                    "brier": {"value": 0.05, "low": 0.04, "high": 0.06},
                    "brier_of_base_rate": 0.082,
                    "ece": 0.012,
                    "slope": 1.02,
                    "calibration": [
                        {"low": 0.6, "high": 0.7, "rows": 140, "said": 0.65, "came_true": _INTERVAL}
                    ],
                    "flagged": [
                        {
                            "name": "tutor_at_risk_burnout_above",
                            "bound": 0.4,
                            "rows": 310,
                            "precision": _INTERVAL,
                            "recall": {"value": 0.28, "low": 0.22, "high": 0.34},
                            "naive_precision": 0.55,
                        }
                    ],
                },
                "velocity": None,
            },
        }
    ],
}
PROMOTION = {"version": "2026-02-28-1a2b3c4d", "reason": "Better on students since January"}
ROLLBACK = {"reason": "Too many alerts"}
PROMOTED = {"version": "2026-02-28-1a2b3c4d", "previous": None}
SHADOW = {"version": "2026-03-28-5e6f7a8b", "reason": "Trained without the spring sale"}
SHADOW_END = {"reason": "Seen enough"}
SHADOWED = {"version": "2026-03-28-5e6f7a8b", "previous": None}
UNSHADOWED = {"version": None, "previous": "2026-03-28-5e6f7a8b"}
MODEL_HISTORY = {
    "items": [
        {
            "at": "2026-03-01T00:14:05Z",
            "action": "promoted",
            "version": "2026-02-28-1a2b3c4d",
            "previous": None,
            "actor": "upkeep",
            "reason": "the first model of one's own",
        }
    ]
}
DRIFT = {
    "items": [
        {
            "entity_type": "tutor",
            "model_version": "2026-02-28-1a2b3c4d",
            "reference": "2026-02-28T00:00:00Z",
            "as_of": "2026-03-30T00:10:00Z",
            "rows_then": 280,
            "rows_now": 300,
            "outputs": [
                {
                    "output": "churn_risk_14d",
                    "auc_then": {"value": 0.88, "low": 0.86, "high": 0.9},
                    "auc_now": {"value": 0.87, "low": 0.85, "high": 0.89},
                    "mean_then": 0.09,
                    "mean_now": 0.11,
                    "drifting": False,
                }
            ],
            "features": [{"feature": "days_since_last_session", "impact": 0.012, "distance": 0.2}],
            "drifting": False,
            "sentence": "Tutors hold: expected AUC 0.870, 0.880 on 2026-02-28; mean risk 11.0%, 9.0% then.",
        }
    ]
}
FEATURES = {
    "hash": "0123456789abcdef",
    "features": [
        {
            "name": "sessions_taught_7d",
            "entity_type": "tutor",
            "place": 1,
            "group": "Session performance",
            "unit": "sessions",
            "sentence": "Sessions of the last 7 days that reached their start.",
            "healthy": "up",
            "reach": "own",
        }
    ],
}
REJECTS = {
    "items": [
        {
            "reject_id": "5e0c7a1199d24b0f8a63cf52d17be904",
            "state": "open",
            "reason": "A number from 1 to 5",
            "field": "payload.rating",
            "source": "api:booking service",
            "place": 9,
            "received": "2026-03-02T17:00:00Z",
            "event": {"event_type": "review_submitted", "payload": {"rating": 11}},
        }
    ],
    "next_cursor": None,
}
REPLAY = {"rejects": [{"reject_id": "5e0c7a1199d24b0f8a63cf52d17be904"}]}
REPLAYED = {
    "tried": 2,
    "replayed": 1,
    "rejects": [
        {
            "source": "api:booking service",
            "place": 9,
            "reason": "A number from 1 to 5",
            "field": "payload.rating",
        }
    ],
}
DECISION = {"state": "done", "note": "Called on Monday"}
DECIDED = {
    "recommendation_id": "69a5c2119d1e6b20c4a84f",
    "state": "done",
    "decided_by": "operations",
    "decided": "2026-03-02T18:00:00Z",
    "note": "Called on Monday",
}

AUDIT = {
    "items": [
        {
            "number": 71,
            "at": "2026-03-02T17:00:00Z",
            "actor_kind": "user",
            "actor": "dana",
            "actor_id": "9f3c1a77d2e4",
            "action": "mark recommendation",
            "target_kind": "recommendation",
            "target_id": "4be2a0c95f1d47a8",
            "outcome": "done",
        }
    ],
    "next_cursor": "NzE",
}
ERASED = {"events": 412, "rejects": 1, "state_rows": 96}
