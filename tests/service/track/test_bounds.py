"""What somebody is flagged by: segments and alert rules."""

from pathlib import Path

from tests.service.track.test_maturing import judged_home
from tutorpulse.service.alerting.rules import rules_of
from tutorpulse.service.queries.track import TrackAsked, track_record
from tutorpulse.service.track.bounds import alert_bounds
from tutorpulse.service.track.maturing import mature


def test_flags_are_judged_at_the_thresholds_of_the_alert_rules_too(tmp_path: Path) -> None:
    own = (tmp_path / "home") / "alerts.toml"
    with judged_home(tmp_path / "home") as (pulse, _):
        own.write_text(
            """
            [[rule]]
            key = "late_call"
            about = "tutor"
            title = "Call"
            fact = "burnout_risk"
            above = { info = "25 %" }
            do = ["Call"]

            [[rule]]
            key = "tutor_health"
            about = "tutor"
            title = "Off"
            fact = "health_score"
            below = { warning = 10 }
            do = ["Call"]
            enabled = false
            """
        )
        mature(pulse, anew=True)
        items = track_record(pulse.state, TrackAsked("tutor", "churn_risk_14d")).items
        rules = rules_of(pulse.home.path)
    flags = next(item.figures.risk.flagged for item in items if item.figures.risk)
    assert [(flag.name, flag.bound) for flag in flags] == [
        ("top 5 %", None),
        ("tutor_at_risk_burnout_above", 0.4),
        ("churning_burnout_above", 0.7),
        ("late_call, info", 0.25),
        ("tutor_burnout, warning", 0.6),
        ("tutor_burnout, critical", 0.8),
    ]
    judged = next(flag for flag in flags if flag.name == "late_call, info")
    # Said are number / 12: four to eleven of each day's twelve lie above a quarter.
    assert judged.rows % 8 == 0
    assert judged.recall is not None
    assert alert_bounds(rules, "tutor", "health_score", 100) == ()
    assert [bound.at for bound in alert_bounds(rules, "student", "health_score", 100)] == [0.6, 0.4]
