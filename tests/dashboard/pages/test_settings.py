"""Thresholds are tried out before they are set, and set ones are in force at once."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.dashboard.conftest import Look
from tutorpulse.dashboard.pages.settings import changes_of
from tutorpulse.errors import SettingsError
from tutorpulse.service.live.service import Service
from tutorpulse.service.queries.thresholds import preview
from tutorpulse.settings import FILE_NAME, Settings, load, save


def test_thresholds_as_they_are_change_nobody_and_others_do(service: Service) -> None:
    with service.states.one() as state:
        assert preview(state, service.scored("tutor"), service.pulse.settings).changed == 0
        hard = Settings(churning_burnout_above=0.0, segment_recovery_points=0.0)
        found = preview(state, service.scored("tutor"), hard)
    worst = next(s for s in found.segments if s.segment == "churning")
    assert worst.then == found.scored == 6
    assert found.changed == 6 - worst.now


def test_a_preview_sets_nothing(look: Look, service: Service) -> None:
    text = look("/settings?churning_burnout_above=1").text
    assert "would change segment" in text
    assert not (service.pulse.home.path / FILE_NAME).exists()


def test_set_thresholds_are_written_and_in_force(look: Look, post: Look, service: Service) -> None:
    answer = post("/settings/thresholds", churning_burnout_above="55", star_health_above="80")
    assert answer.headers["location"] == "/settings?saved#thresholds"
    assert load(service.pulse.home.path).churning_burnout_above == 55
    assert (service.pulse.home.path / FILE_NAME).read_text() == "churning_burnout_above = 55.0\n"
    assert 'value="55"' in look("/settings").text
    service.refresh()
    post("/settings/thresholds", churning_burnout_above="0")
    service.refresh()
    with service.states.one() as state:
        assert set(state.predictions.all("tutor").columns["segment"]) == {"churning"}


def test_only_administrators_set_thresholds(browser_like: TestClient, key: Callable[..., str]) -> None:
    headers = {"authorization": f"Bearer {key('operate')}"}
    answer = browser_like.post("/settings/thresholds", data={"churning_burnout_above": "50"}, headers=headers)
    assert answer.status_code == 403


def test_what_is_no_threshold_is_told() -> None:
    with pytest.raises(SettingsError, match="Percentages are 0 to 100"):
        changes_of({"churning_burnout_above": "170"}, Settings())
    with pytest.raises(SettingsError):
        changes_of({"churning_burnout_above": "high"}, Settings())
    assert changes_of({"churning_burnout_above": "70", "host": "0.0.0.0"}, Settings()) == {}


def test_saving_leaves_other_lines_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / FILE_NAME).write_text('# ours\nport = 8700  # proxy\nmarketplace_timezone = "UTC"\n')
    save(tmp_path, {"port": 8701, "star_health_above": 85.0})
    text = (tmp_path / FILE_NAME).read_text()
    assert text == 'star_health_above = 85.0\n# ours\nport = 8701\nmarketplace_timezone = "UTC"\n'
    before = text
    with pytest.raises(SettingsError, match="Nothing was changed"):
        save(tmp_path, {"star_health_above": 850.0})
    monkeypatch.setenv("TUTORPULSE_PORT", "9000")
    with pytest.raises(SettingsError, match="port is set in the environment"):
        save(tmp_path, {"port": 1})
    assert (tmp_path / FILE_NAME).read_text() == before
