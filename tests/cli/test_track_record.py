import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.service.track.test_maturing import judged_home


def test_the_record_is_shown_and_one_item_alone_in_detail(
    tmp_path: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "home"
    with judged_home(path):
        pass
    assert run("track-record", "--home", path, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert {item["output"] for item in found["items"]} >= {
        "churn_risk_14d",
        "session_velocity",
        "health_score",
    }
    month = found["items"][0]["month"]
    asked = ("--entity", "tutor", "--output", "inactive_14d", "--month", found["items"][-1]["month"])
    assert run("track-record", "--home", path, *asked) == 0
    shown = capsys.readouterr().out
    assert "What was given, and what came true" in shown
    assert "top 5 %" in shown
    assert run("track-record", "--home", path, "--month", month) == 0
    assert f"tutors, {month}" in capsys.readouterr().out
    rate = next(item for item in found["items"] if item["figures"].get("velocity"))
    assert run("track-record", "--home", path, "--output", "session_velocity", "--month", rate["month"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert f"Of {rate['figures']['velocity']['interval_rows']:,} intervals of 90 %, " in told


def test_a_home_that_was_never_refreshed_says_what_to_do(
    tmp_path: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "home"
    with judged_home(path, days=0):
        pass
    assert run("track-record", "--home", path) == 0
    assert "Run `tutorpulse refresh` regularly" in capsys.readouterr().out
