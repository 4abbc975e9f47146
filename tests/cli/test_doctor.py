"""`tutorpulse doctor`: what it prints, and its exit codes."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.service.logs import home_with, lesson, lessons
from tutorpulse.service.root import open_pulse
from tutorpulse.service.training import train_home
from tutorpulse.store.home import Home
from tutorpulse.training.snapshots import Limits

Capture = pytest.CaptureFixture[str]

FIT, UNFIT, UNUSABLE = 0, 1, 2


def test_a_home_without_any_model_is_not_fit_and_says_what_to_do(
    tmp_path: Path, run: Run, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutorpulse.model.registry.starter", lambda _hash: None)
    home_with(tmp_path / "h", lessons(3, 40))
    assert run("doctor", "--home", tmp_path / "h") == UNFIT
    printed = capsys.readouterr().out
    assert "There is no model: nothing can be predicted." in printed
    assert "→ Run `tutorpulse train`, then `tutorpulse refresh`." in printed
    assert printed.endswith("Not fit for use: 1 problem to solve first.\n")


def test_a_home_on_the_starter_model_says_so(tmp_path: Path, run: Run, capsys: Capture) -> None:
    home_with(tmp_path / "h", lessons(3, 40))
    run("doctor", "--home", tmp_path / "h")
    printed = " ".join(capsys.readouterr().out.split())
    assert "The starter model is in use (starter-" in printed
    assert "There is no model" not in printed


def test_a_home_without_events_is_not_fit(tmp_path: Path, run: Run, capsys: Capture) -> None:
    Home.open(tmp_path / "h", create=True)
    assert run("doctor", "--home", tmp_path / "h", "--json") == UNFIT
    found = json.loads(capsys.readouterr().out)
    assert found["fit"] is False
    assert found["findings"][0] == {
        "level": "problem",
        "key": "log.empty",
        "sentence": "The home holds no events.",
        "advice": "Run `tutorpulse import FILE` with your events.",
        "details": [],
    }


@pytest.mark.parametrize("arguments", [(), ("--json",)])
def test_no_home_is_unusable_input(
    tmp_path: Path, run: Run, capsys: Capture, arguments: tuple[str, ...]
) -> None:
    assert run("doctor", "--home", tmp_path / "none", *arguments) == UNUSABLE
    printed, complained = capsys.readouterr()
    assert printed == ""
    assert "There is no home at" in complained
    assert not (tmp_path / "none").exists()


@pytest.mark.slow
def test_a_trained_home_is_fit_and_says_what_is_fine_if_asked(
    tmp_path: Path, run: Run, capsys: Capture
) -> None:
    home = home_with(tmp_path / "h", lessons(60, 240)).path
    with open_pulse(home) as pulse:
        train_home(pulse, lambda *_: None, kinds=("tutor",), limits=Limits(dates=10, rows=1_000))
    assert run("doctor", "--home", home) == FIT
    brief = capsys.readouterr().out
    assert "The starter model is in use (" in brief
    assert "There was no refresh yet" in brief
    assert "other checks found nothing to say; --all shows them." in brief
    assert "Fit for use" in brief.splitlines()[-1]
    assert run("doctor", "--home", home, "--all") == FIT
    full = capsys.readouterr().out
    assert "There is a model." in full
    assert "--all shows them" not in full
    assert len(full) > len(brief)


def test_details_beyond_the_first_few_are_counted(tmp_path: Path, run: Run, capsys: Capture) -> None:
    home_with(tmp_path / "h", [lesson(1), lesson(2)])
    run("doctor", "--home", tmp_path / "h", "--json")
    findings = {f["key"]: f for f in json.loads(capsys.readouterr().out)["findings"]}
    details = findings["fields.unfilled.tutor"]["details"]
    run("doctor", "--home", tmp_path / "h")
    printed = capsys.readouterr().out
    assert f"and {len(details) - 6} more; --all shows them" in printed
    assert details[-1] not in printed
