"""What a checkup is told, gathered from small real homes."""

import os
from pathlib import Path

import numpy as np
import pytest

from tests.service.logs import NOW_US, Event, event, home_with, lesson, lessons
from tests.service.world import One, World
from tutorpulse.clock import DAY_US, FixedClock, parse_time
from tutorpulse.decisions.checkup import checkup
from tutorpulse.decisions.checkup.facts import Facts, KindFacts, LogFacts, RunFacts, Skill
from tutorpulse.errors import HomeBusyError, HomeError, HomeVersionError, SettingsError
from tutorpulse.events.mapping import load_mapping
from tutorpulse.model import registry
from tutorpulse.model.artifact import Artifact, versioned
from tutorpulse.model.cohorts import cohort_table
from tutorpulse.model.manifest import FORMAT, ExitGap, KindManifest, Manifest, Measures
from tutorpulse.service.checkup import gather, model_facts
from tutorpulse.service.checkup_log import gather_log
from tutorpulse.service.importing import ImportOptions, import_files
from tutorpulse.service.refresh import refresh
from tutorpulse.service.root import open_pulse
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore


def facts_of(path: Path, now_us: int = NOW_US) -> Facts:
    return gather(path, FixedClock(now_us))


def log_of(path: Path, *events: Event, more: bytes = b"") -> LogFacts:
    return reading(home_with(path, events, more))


def reading(home: Home) -> LogFacts:
    with EventStore.open(home, read_only=True) as store:
        log = gather_log(store)
    assert log is not None
    return log


def tutors_of(path: Path, *events: Event) -> KindFacts:
    return facts_of(home_with(path, events).path).kinds["tutor"]


def keys_of(facts: Facts) -> set[str]:
    return {finding.key for finding in checkup(facts) if finding.level != "ok"}


def content(path: Path) -> dict[str, bytes]:
    return {str(p.relative_to(path)): p.read_bytes() for p in sorted(path.rglob("*")) if p.is_file()}


def test_without_a_home_there_is_nothing_to_look_at(tmp_path: Path) -> None:
    with pytest.raises(HomeError, match="There is no home at"):
        facts_of(tmp_path / "none")


def test_a_home_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    (home_with(tmp_path / "h", [lesson(1)]).path / "version").write_text("99\n")
    with pytest.raises(HomeVersionError, match="layout 99"):
        facts_of(tmp_path / "h")


def test_a_home_that_is_in_use_is_refused(tmp_path: Path) -> None:
    home = home_with(tmp_path / "h", [lesson(1)])
    with EventStore.open(home), pytest.raises(HomeBusyError, match="in use"):
        facts_of(home.path)


def test_wrong_settings_are_refused(tmp_path: Path) -> None:
    (home_with(tmp_path / "h", [lesson(1)]).path / "settings.toml").write_text("churning_health_under = 3\n")
    with pytest.raises(SettingsError, match="churning_health_under"):
        facts_of(tmp_path / "h")


def test_a_home_without_events_ends_the_facts_and_stays_as_it_is(tmp_path: Path) -> None:
    home = Home.open(tmp_path / "h", create=True)
    before = content(home.path)
    assert facts_of(home.path).log is None
    assert content(home.path) == before
    assert keys_of(facts_of(home.path)) == {"log.empty"}


def test_a_log_that_was_opened_but_never_filled_is_empty(tmp_path: Path) -> None:
    home = home_with(tmp_path / "h", [])
    assert keys_of(facts_of(home.path)) == {"log.empty"}


def test_what_may_not_be_written_is_named_and_the_home_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = home_with(tmp_path / "h", [lesson(1)])
    monkeypatch.setattr(os, "access", lambda path, _mode: Path(path).name != "events.duckdb")
    facts = facts_of(home.path)
    assert facts.home.unwritable == ("h/events.duckdb",)
    assert facts.log is None
    assert keys_of(facts) == {"home.rights"}


def test_a_checkup_changes_nothing_in_the_home(tmp_path: Path) -> None:
    home = home_with(tmp_path / "h", lessons(6, 60))
    before = content(home.path)
    facts_of(home.path)
    facts_of(home.path)
    assert content(home.path) == before


def test_the_log_is_counted(tmp_path: Path) -> None:
    log = log_of(
        tmp_path / "h", lesson(1), lesson(1.1), lesson(4), event("student_resumed", 4, student_id="s1")
    )
    assert log.events == 4
    assert log.types == {"session_completed": 3, "student_resumed": 1}
    assert log.days.day.tolist() == [19_996, 19_998, 19_999]
    assert log.days.events.tolist() == [2, 1, 1]
    assert log.clocks.newest_us == NOW_US - DAY_US


def test_early_events_are_those_received_over_a_minute_before_they_happened(tmp_path: Path) -> None:
    minute = 1 / 1440
    ids = {"student_id": "s1"}
    log = log_of(
        tmp_path / "h",
        event("student_resumed", 1, 1 + minute, **ids),
        event("student_resumed", 2, 2 + 2 * minute, **ids),
    )
    assert log.clocks.early == 1


def test_late_events_are_those_received_over_a_week_after_they_happened(tmp_path: Path) -> None:
    ids = {"student_id": "s1"}
    log = log_of(
        tmp_path / "h", event("student_resumed", 20, 13, **ids), event("student_resumed", 30, 22.9, **ids)
    )
    assert log.clocks.late == 1


@pytest.mark.parametrize(
    ("days_ago", "share"), [((1, 2, 3, 4), 1.0), ((1.25, 2.25, 3.25, 4), 0.75), ((1.001, 2.002), 0.0)]
)
def test_dates_are_told_by_one_time_of_day(tmp_path: Path, days_ago: tuple[float, ...], share: float) -> None:
    """Midnight somewhere is a quarter hour here."""
    log = log_of(tmp_path / "h", *(lesson(days) for days in days_ago))
    assert log.clocks.same_time_of_day == share


def test_open_rejects_are_counted_by_reason(tmp_path: Path) -> None:
    home = home_with(tmp_path / "h", [lesson(1)], b'{"event_type": 3}\nx\ny')
    rejects = reading(home).rejects
    assert sorted(rejects.values()) == [1, 2]
    with EventStore.open(home) as store:
        store.mark_rejects([reject.reject_id for reject in store.rejects()], "dismissed")
    assert reading(home).rejects == {}


def test_filled_fields_are_counted_by_table(tmp_path: Path) -> None:
    log = log_of(tmp_path / "h", lesson(1, price=10.0), lesson(2, price=11.0, rating=5), lesson(3))
    assert log.filled["session_events", "price"] == 2
    assert log.filled["session_events", "rating"] == 1
    assert log.filled["session_events", "tier"] == 0


def test_the_unnamed_side_is_told_as_a_share_of_session_events(tmp_path: Path) -> None:
    log = log_of(
        tmp_path / "h", lesson(1), lesson(2, student="-"), lesson(3, student="-"), lesson(4, student="-")
    )
    assert log.placeholder == {"tutor": 0.0, "student": 0.75}


def test_a_log_without_sessions_has_no_unnamed_side(tmp_path: Path) -> None:
    log = log_of(tmp_path / "h", event("student_registered", 1, student_id="s1"))
    assert log.placeholder == {"tutor": 0.0, "student": 0.0}


def test_time_zones_that_do_not_exist_are_named(tmp_path: Path) -> None:
    log = log_of(
        tmp_path / "h",
        event("tutor_registered", 1, tutor_id="t1", timezone="Mars/Base"),
        event("student_registered", 1, student_id="s1", timezone="Europe/Berlin"),
    )
    assert log.unknown_zones == ("Mars/Base",)


def test_a_kind_is_told_by_its_history(tmp_path: Path) -> None:
    kind = tutors_of(
        tmp_path / "h",
        *(lesson(day) for day in (1, 5, 9)),
        lesson(101),
        lesson(2, tutor="t2"),
        lesson(3, tutor="t3"),
    )
    assert kind.entities == 3
    assert kind.sessions_median == 1.0
    assert kind.history_days == 101.0
    assert kind.label_days == 30 + 30 + 30
    assert not kind.can_hold_out
    assert kind.exit_gap.guessed
    assert kind.exit_gap.days == 30


def test_an_exit_gap_that_was_set_is_no_guess(tmp_path: Path) -> None:
    home = home_with(tmp_path / "h", [lesson(1)])
    (home.path / "settings.toml").write_text("exit_gap_days_tutor = 45\n")
    kind = facts_of(home.path).kinds["tutor"]
    assert (kind.exit_gap.days, kind.exit_gap.guessed) == (45, False)
    assert kind.label_days == 30 + 30 + 45


def test_features_are_told_over_those_who_would_be_scored_now(tmp_path: Path) -> None:
    kind = tutors_of(
        tmp_path / "h",
        lesson(1),
        lesson(2, rating=5),
        lesson(3, tutor="t2"),
        lesson(80, tutor="gone", rating=1),
    )
    features = {feature.name: feature for feature in kind.features}
    assert features["avg_rating"].missing == 0.5
    assert features["sessions_taught_7d"].missing == 0.0
    assert not features["sessions_taught_7d"].constant
    assert features["refund_rate_30d"].constant
    assert ("session_events", "rating") in features["avg_rating"].columns


def test_a_kind_that_nobody_is_of_is_left_out(tmp_path: Path) -> None:
    facts = facts_of(home_with(tmp_path / "h", [lesson(1, student="-"), lesson(2, student="-")]).path)
    assert list(facts.kinds) == ["tutor"]
    assert "sides.tutor" in keys_of(facts)


def test_history_received_long_after_it_happened_leaves_nobody_to_learn_from(tmp_path: Path) -> None:
    ids = {"session_id": "x", "tutor_id": "t1", "student_id": "s1"}
    facts = facts_of(home_with(tmp_path / "h", [event("session_completed", 90, 0, **ids)]).path)
    assert facts.kinds == {}
    assert {"log.nobody", "clock.late"} <= keys_of(facts)


def test_a_field_that_is_never_filled_is_found_with_its_features(tmp_path: Path) -> None:
    home = home_with(tmp_path / "h", [lesson(day, f"t{day}", rating=5) for day in range(1, 6)])
    found = {f.key: f for f in checkup(facts_of(home.path))}
    details = found["fields.unfilled.tutor"].details
    assert any(line.startswith("no session_completed.tutor_earnings: total_earnings_30d") for line in details)
    assert "no refund_issued events: refund_rate_30d" in details
    assert not any("avg_rating" in line.split(": ")[1].split(", ") for line in details)


# The last refresh


@pytest.fixture
def refreshed(tmp_path: Path) -> Path:
    world = World(
        tutors={
            "t1": One({}, {"health_score": 20.0}),
            "t2": One(),
            "t3": One(days_ago={"last_activity_us": 99}),
        },
        students={"s1": One()},
    )
    home = home_with(tmp_path / "h", [lesson(0.1), lesson(0.2, tutor="t2")])
    with open_pulse(home.path, clock=FixedClock(NOW_US)) as pulse:
        refresh(pulse, world.scorer())
    return home.path


def test_the_last_refresh_is_told_by_kind(refreshed: Path) -> None:
    facts = facts_of(refreshed)
    assert facts.run == RunFacts(NOW_US, "m1")
    scored = facts.kinds["tutor"].scored
    assert scored is not None
    assert scored.statuses == {"active": 2, "inactive": 1}
    assert scored.segments == {"churning": 1, "healthy": 1}
    assert (scored.from_cohort, scored.stale) == (0, 0)
    assert scored.upper_risk == pytest.approx(0.1)
    assert scored.lower_health == 20 + (75 - 20) / 4
    assert "segments.worst.tutor" in keys_of(facts)


def test_predictions_left_standing_are_counted(refreshed: Path) -> None:
    with open_pulse(refreshed, clock=FixedClock(NOW_US + DAY_US)) as pulse:
        world = World(
            {"t1": One(), "t2": One(), "t3": One(days_ago={"last_activity_us": 99})}, {"s1": One()}, False
        )
        refresh(pulse, world.scorer())
    scored = facts_of(refreshed, NOW_US + DAY_US).kinds["tutor"].scored
    assert scored is not None
    assert scored.stale == 2


def test_a_refreshed_home_is_left_as_it_is_too(refreshed: Path) -> None:
    before = content(refreshed)
    facts_of(refreshed)
    assert content(refreshed) == before


def test_before_the_first_refresh_there_is_none(tmp_path: Path) -> None:
    facts = facts_of(home_with(tmp_path / "h", [lesson(1)]).path)
    assert facts.run is None
    assert facts.kinds["tutor"].scored is None


# The model


SET_HASH = "0123456789abcdef"


def model_without_trees() -> Artifact:
    """Says what a checkup reads, and predicts nothing."""
    nobody = cohort_table({}, np.empty(0), np.empty(0, np.bool_))
    part = KindManifest(
        entity_type="tutor",
        feature_names=[],
        churn_label="exit",
        exit_gap=ExitGap(60, "12% of longer silences ended in a return"),
        heads=[],
        absent={"health_score": "too few rows"},
        cohorts=nobody,
        averages={},
        fill=[],
        metrics={"churn_risk_30d": Measures(rows=900, auc=0.81, recency_auc=0.72, slope=1.1)},
        held_out="",
        rows=0,
        entities=0,
        first_snapshot="",
        last_snapshot="",
        snapshot_count=0,
        goal_exits=0,
        censored=0,
    )
    manifest = Manifest(
        format=FORMAT,
        version="",
        created="",
        feature_set_hash=SET_HASH,
        data_from="2024-01-01T00:00:00Z",
        data_to="2024-09-01T00:00:00Z",
        seed=1,
        libraries={},
        kinds={"tutor": part},
    )
    return Artifact(versioned(manifest), {"tutor": {}})


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a model that fits the features."""
    monkeypatch.setattr("tutorpulse.service.serving.feature_set_hash", lambda: SET_HASH)
    registry.publish(model_without_trees(), tmp_path)
    return tmp_path


def test_without_a_model_there_is_none_to_tell_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert model_facts(tmp_path, []) is None
    monkeypatch.setattr("tutorpulse.service.serving.feature_set_hash", lambda: "other")
    assert model_facts(tmp_path, ["tutor"]) is None


def test_a_home_without_its_own_model_has_the_starter(tmp_path: Path) -> None:
    found = model_facts(tmp_path, ["student"])
    assert found is not None
    assert found.starter
    assert found.version.startswith("starter-")
    assert found.newest_data_us is None
    assert found.absent == {"student": {}}
    assert found.skill == {}


def test_a_model_is_told_by_its_manifest(models: Path) -> None:
    found = model_facts(models, ["tutor"])
    assert found is not None
    assert not found.starter
    assert found.version.startswith("2024-09-01-")
    assert found.unusable is None
    assert found.newest_data_us == parse_time("2024-09-01")
    assert found.absent == {"tutor": {"health_score": "too few rows"}}
    assert found.skill == {"tutor": Skill(0.81, 0.72, 1.1)}


def test_a_model_of_other_features_says_so(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tutorpulse.service.serving.feature_set_hash", lambda: "other")
    found = model_facts(models, ["tutor"])
    assert found is not None
    assert "made for other features" in (found.unusable or "")


def test_a_damaged_model_says_so(models: Path) -> None:
    next(models.glob("*/manifest.json")).write_text("gone")
    found = model_facts(models, ["tutor"])
    assert found is not None
    assert "damaged" in (found.unusable or "")


# Real data


@pytest.mark.slow
def test_barcelona_is_told_as_dates_of_one_side_without_gaps(tmp_path: Path, shared_data: Path) -> None:
    files = [shared_data / "barcelona_host_reviews.parquet"]
    home = Home.open(tmp_path / "h", create=True)
    with EventStore.open(home) as store:
        import_files(store, files, ImportOptions(now_us=NOW_US), load_mapping("barcelona"))
    facts = facts_of(home.path)
    assert list(facts.kinds) == ["tutor"]
    assert {"clock.dates", "sides.tutor", "exit_gap.tutor", "log.rejects"} <= keys_of(facts)
    assert not {"log.gaps", "clock.stray_old", "clock.stray_new"} & keys_of(facts)
    sides = next(finding for finding in checkup(facts) if finding.key == "sides.tutor")
    assert "student_retention_rate" in sides.details
