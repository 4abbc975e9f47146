"""The verb of the backtest, over a report at hand."""

import json
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from tests.cli.conftest import Run
from tests.service.logs import home_with, lessons
from tests.training.backtest.made import lines_made
from tutorpulse.cli import backtest as verb
from tutorpulse.service.backtesting.home import Asked
from tutorpulse.training.backtest.fairness import fairness_of
from tutorpulse.training.backtest.figures import figures_of
from tutorpulse.training.backtest.grouping import NO_TRAITS, Traits
from tutorpulse.training.backtest.shapes import Report, TurnTold
from tutorpulse.training.track.shapes import Bound

Capture = pytest.CaptureFixture[str]
RNG = np.random.default_rng(1)
SIZE = 600
RISK = RNG.uniform(0.05, 0.9, SIZE)
LABEL = (RNG.random(SIZE) < RISK).astype(float)


def report() -> Report:
    """Of students half of whom are told too small a risk."""
    lines = lines_made(SIZE, label=LABEL, value=np.where(np.arange(SIZE) < 300, RISK / 2, RISK))
    velocity = replace(lines, output="session_velocity", churn_label="", label=lines.label * 2)
    known = np.where(np.arange(SIZE) < 300, np.nan, 1.0)  # Of the second half a model told an interval.
    velocity = replace(velocity, low=known * 0.5, high=known * 2.0)
    bounds = (Bound("at_risk", 0.4), Bound("churned", 0.7))
    regions = Traits({}, {"north <east>": np.arange(300)})
    figures = [*figures_of(lines, NO_TRAITS, bounds, 1), *figures_of(velocity, NO_TRAITS, (), 1)]
    turns = (
        TurnTold("2024-03-01T00:00:00Z", False, None, "the history is too short"),
        TurnTold("2024-04-01T00:00:00Z", False, "n", "too few outcomes", {"student": 1_234}),
        TurnTold("2024-06-01T00:00:00Z", True, "m", "the first model of one's own"),
    )
    return Report(
        "2024-01-01T00:00:00Z",
        "2024-02-01T00:00:00Z",
        "2024-09-01T00:00:00Z",
        "2024-12-01T00:00:00Z",
        20,
        11,
        90.0,
        8_000,
        True,
        1,
        {"student": SIZE},
        tuple(figures),
        tuple(fairness_of(lines, regions, bounds, 1)),
        turns,
    )


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Asked]:
    given: list[Asked] = []

    def backtest(_pulse: object, asked: Asked, _tell: object) -> Report:
        given.append(asked)
        return report()

    monkeypatch.setattr(verb, "backtest", backtest)
    return given


@pytest.fixture
def home(tmp_path: Path) -> Path:
    path = tmp_path / "home"
    home_with(path, lessons(2, 30))
    return path


def test_the_summary_tells_figures_whom_it_treats_apart_and_the_models(
    run: Run, capsys: Capture, home: Path, asked: list[Asked]
) -> None:
    assert run("backtest", "--home", home, "--entity", "student", "--every", 11) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "600 predictions of students on 20 dates from 2024-02-01 to 2024-09-01, every 11 days" in shown
    assert "churn_risk_14d 600 0." in shown
    assert "apart: students, region north <east>, churn_risk_14d: excess -0." in shown
    assert "2024-06-01 m in force: the first model of one's own" in shown
    assert (
        "2024-04-01 n refused: too few outcomes. The starter goes on; for students it is levelled on 1,234"
        in shown
    )
    assert "Of 300 intervals of 90 %, " in shown
    assert "1.500 wide, interval score " in shown
    assert "The other 300 predictions had none." in shown
    assert (asked[0].kinds, asked[0].every_days, asked[0].retrain_days) == (("student",), 11, None)


def test_the_page_and_the_json_tell_all_of_it(
    run: Run, capsys: Capture, home: Path, asked: list[Asked], tmp_path: Path
) -> None:
    page = tmp_path / "report.html"
    assert run("backtest", "--home", home, "--html", page, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert {f["by"] for f in told["figures"]} == {"all", "cohort", "model", "period"}
    text = page.read_text()
    assert "north &lt;east&gt;" in text
    assert "Of each date at most 8,000 of a kind" in text
    assert "Of students given a churn risk above 40%" in text
    assert "Sessions a week: Of 300 intervals of 90 %" in text
    assert "<small>interval score</small>" in text
    assert "for students it is levelled on 1,234 outcomes" in text
    rate = next(
        f["velocity"] for f in told["figures"] if f["output"] == "session_velocity" and f["by"] == "all"
    )
    assert rate["interval_rows"] == 300
    assert rate["covered"]["value"] == pytest.approx(LABEL[300:].mean())


def test_without_an_interval_it_says_so(
    run: Run, capsys: Capture, home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bare = replace(lines_made(SIZE, value=np.ones(SIZE)), output="session_velocity", churn_label="")
    told = msgspec.structs.replace(report(), figures=tuple(figures_of(bare, NO_TRAITS, (), 1)))
    monkeypatch.setattr(verb, "backtest", lambda *_: told)
    page = tmp_path / "report.html"
    assert run("backtest", "--home", home, "--html", page) == 0
    assert (
        "None of these predictions had an interval: a model with too few rows to tell gives none"
        in " ".join(capsys.readouterr().out.split())
    )
    assert "no interval" in page.read_text()


def test_a_page_in_a_folder_that_is_not_there_is_refused_before_the_work(
    run: Run, capsys: Capture, home: Path, asked: list[Asked], tmp_path: Path
) -> None:
    assert run("backtest", "--home", home, "--html", tmp_path / "no" / "report.html") == 2
    assert "is no folder" in " ".join(capsys.readouterr().err.split())
    assert asked == []
