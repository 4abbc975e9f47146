"""Predictions of a small home, and what comes true of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from tests.service.live.homes import append
from tests.service.logs import NOW_US, event, home_with, lessons
from tests.store.test_state import rows
from tutorpulse.clock import DAY_US, FixedClock
from tutorpulse.errors import HistoryError
from tutorpulse.model import registry
from tutorpulse.model.artifact import read_manifest
from tutorpulse.service.queries.track import TrackAsked, track_record
from tutorpulse.service.root import Pulse, open_pulse
from tutorpulse.service.track.maturing import FLIP_DAYS, mature
from tutorpulse.service.track.monthly import months_between
from tutorpulse.store.state.entity_states import EntityStateRow

BEGAN_US = NOW_US - 160 * DAY_US


STARTER = read_manifest(registry.STARTER_FOLDER).version


@contextmanager
def judged_home(path: Path, days: int = 100, step: int = 20) -> Iterator[tuple[Pulse, FixedClock]]:
    """Twelve pairs, of whom the starter said something every `step` days; the clock then stands at the end."""
    home_with(path, lessons(12, 300))
    with open_pulse(path, clock=FixedClock(NOW_US)) as pulse:
        for kind in ("tutor", "student"):
            for day in range(0, days, step):
                record(pulse, kind, day)
        assert isinstance(pulse.clock, FixedClock)
        yield pulse, pulse.clock


def record(pulse: Pulse, kind: str, day: int) -> None:
    """Predictions of record of the twelve, who are likelier to leave the higher their number."""
    said = rows(
        [f"{kind[0]}{i}" for i in range(12)],
        kind,
        BEGAN_US + day * DAY_US,
        model_version=STARTER,
        stale=False,
    )
    for name in ("churn_risk_14d", "churn_risk_30d", "already_gone", "inactive_14d", "inactive_30d"):
        said.columns[name][:] = np.arange(12) / 12
    said.columns["health_score"][:] = np.arange(12) * 8
    said.columns["session_velocity"][:] = 2.0
    pulse.state.predictions.record(said)


def outcomes(pulse: Pulse, kind: str, label: str) -> dict[tuple[str, int], float]:
    [version] = pulse.state.track.versions(kind)
    found = pulse.state.track.between(kind, version, 0, 2**62)
    days = (found.predictions.columns["as_of_us"] - BEGAN_US) / DAY_US
    return {
        (str(i), int(day)): float(value)
        for i, day, value in zip(found.predictions.entity_ids, days, found.outcomes[label], strict=True)
    }


def test_what_came_true_is_what_the_log_shows(tmp_path: Path) -> None:
    with judged_home(tmp_path / "home") as (pulse, _):
        assert mature(pulse) > 0
        left = outcomes(pulse, "tutor", "exit_30d")
        inactive = outcomes(pulse, "tutor", "inactive_14d")
    # t1 stopped 300 * 11 / 24 = 137 days before the end, 23 days after the first prediction; t0 never stops.
    assert [left["t1", day] for day in (0, 20)] == [1, 1]
    assert [left["t0", day] for day in (0, 20, 40, 60, 80)] == [0] * 5
    assert [inactive["t1", day] for day in (0, 20, 40)] == [0, 0, 1]


def test_nothing_is_taken_down_before_it_is_due(tmp_path: Path) -> None:
    with judged_home(tmp_path / "home") as (pulse, clock):
        clock.us = BEGAN_US + (14 + 7) * DAY_US - 1
        assert mature(pulse) == 0
        clock.advance(1)
        assert mature(pulse) == 12 * 2
        found = outcomes(pulse, "tutor", "inactive_14d")
        assert not np.isnan(found["t0", 0])
        assert np.isnan(found["t0", 20])
        assert mature(pulse) == 0


def test_a_late_event_flips_a_label_and_is_counted_and_changes_nothing_taken_down(tmp_path: Path) -> None:
    with judged_home(tmp_path / "home") as (pulse, _):
        mature(pulse)
        before = outcomes(pulse, "tutor", "inactive_14d")
        assert before["t1", 40] == 1
        assert sum(item.figures.flipped for item in track_record(pulse.state, TrackAsked()).items) == 0
        append(pulse, late(160 - 45))
        mature(pulse)
        assert outcomes(pulse, "tutor", "inactive_14d") == before
        items = track_record(pulse.state, TrackAsked("tutor", "inactive_14d")).items
        assert sum(item.figures.flipped for item in items) == 1


def late(days_ago: float) -> dict[str, object]:
    ids = {"session_id": "late", "tutor_id": "t1", "student_id": "s1"}
    return event("session_completed", days_ago, 0, **ids)


def test_a_month_closes_when_no_late_event_is_looked_for_any_more(tmp_path: Path) -> None:
    with judged_home(tmp_path / "home") as (pulse, clock):
        mature(pulse)
        assert not any(item.final for item in track_record(pulse.state, TrackAsked()).items)
        clock.us = NOW_US + FLIP_DAYS * DAY_US
        append(pulse, event("tutor_registered", -FLIP_DAYS, tutor_id="new"))
        mature(pulse)
        items = track_record(pulse.state, TrackAsked()).items
        assert any(item.final for item in items)
        final = [item for item in items if item.final]
        clock.advance(DAY_US // 2)
        mature(pulse)
        again = [item for item in track_record(pulse.state, TrackAsked()).items if item.final]
        assert again[: len(final)] == final


def test_the_first_due_is_told_before_anything_matured(tmp_path: Path) -> None:
    with judged_home(tmp_path / "home") as (pulse, clock):
        clock.us = BEGAN_US + DAY_US
        mature(pulse)
        record = track_record(pulse.state, TrackAsked())
        assert record.first_due is not None
        assert record.lines == ()
        assert all(item.figures.matured == 0 for item in record.items)


def test_the_line_tells_what_became_of_those_flagged(tmp_path: Path) -> None:
    with judged_home(tmp_path / "home") as (pulse, _):
        mature(pulse)
        lines = track_record(pulse.state, TrackAsked()).lines
    assert {line.entity_type for line in lines} == {"tutor", "student"}
    assert all(line.bound == 0.4 for line in lines)
    assert lines[0].sentence.startswith("Tutors given a burnout risk above 40 % in ")
    assert lines[0].flagged == 7
    assert lines[0].left is not None


def test_a_model_whose_terms_nobody_knows_is_not_judged(tmp_path: Path) -> None:
    with judged_home(tmp_path / "home") as (pulse, _):
        said = pulse.state.predictions.history("tutor", "t1")
        said.columns["model_version"][:] = "unheard-of"
        pulse.state.predictions.record(said)
        mature(pulse)
        assert {item.model_version for item in track_record(pulse.state, TrackAsked("tutor")).items} == {
            version for version in pulse.state.track.versions("tutor") if version != "unheard-of"
        }


def test_terms_outlive_the_files_of_their_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with judged_home(tmp_path / "home") as (pulse, _):
        mature(pulse)
        monkeypatch.setattr("tutorpulse.model.registry.STARTER_FOLDER", tmp_path / "nowhere")
        assert len(track_record(pulse.state, TrackAsked()).items) > 0
        mature(pulse, anew=True)
        assert len(track_record(pulse.state, TrackAsked()).items) > 0


def test_an_empty_home_has_no_record(tmp_path: Path) -> None:
    with open_pulse(tmp_path / "home", create=True) as pulse, pytest.raises(HistoryError, match="no events"):
        mature(pulse)


def test_months_are_those_of_utc_across_a_year() -> None:
    january_us = 19_723 * DAY_US  # 2024-01-01
    months = list(months_between(january_us - 1, january_us + 40 * DAY_US))
    assert [month.name for month in months] == ["2023-12", "2024-01", "2024-02"]
    assert months[0].before_us == months[1].from_us == january_us


def test_whom_an_operator_set_apart_is_judged_by_nothing(tmp_path: Path) -> None:
    with judged_home(tmp_path / "home") as (pulse, _):
        mature(pulse)
        before = {
            i.month: i.figures for i in track_record(pulse.state, TrackAsked("tutor", "inactive_14d")).items
        }
        since_us = BEGAN_US + 45 * DAY_US
        pulse.state.entity_states.set(
            EntityStateRow("s", "tutor", "t1", "on_leave", "ann", None, since_us, since_us + 10 * DAY_US)
        )
        mature(pulse)
        after = {
            i.month: i.figures for i in track_record(pulse.state, TrackAsked("tutor", "inactive_14d")).items
        }
    # Predicted on days 0, 20 and 40 before it, on none within: the last two had it within their horizon.
    assert sum(figures.apart for figures in after.values()) == 2
    assert sum(f.rows for f in after.values()) == sum(f.rows for f in before.values()) - 2


def test_what_a_model_in_shadow_said_matures_apart_from_what_served(tmp_path: Path) -> None:
    with judged_home(tmp_path / "home") as (pulse, _):
        served = mature(pulse)
        before = track_record(pulse.state, TrackAsked())
        assert not any(item.shadow for item in before.items)
        said = pulse.state.track.between("tutor", STARTER, 0, 2**62).predictions
        said.columns["churn_risk_14d"][:] = 0.5
        pulse.state.predictions.keep_shadow(said)
        assert 0 < mature(pulse) < served
        after = track_record(pulse.state, TrackAsked())
        assert [item for item in after.items if not item.shadow] == list(before.items)
        assert after.lines == before.lines
        in_shadow = [i for i in after.items if i.shadow and i.output == "churn_risk_14d" and i.figures.risk]
        own = [
            i
            for i in before.items
            if i.entity_type == "tutor" and i.output == "churn_risk_14d" and i.figures.risk
        ]
        assert [i.figures.rows for i in in_shadow] == [i.figures.rows for i in own]
        assert all(i.figures.risk.said == 0.5 for i in in_shadow)
        assert mature(pulse) == 0
