"""A small home replayed: what is told, and that nothing of the future is."""

from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import pytest

from tests.training.worlds import DAYS, tutor_events
from tutorpulse.clock import DAY_US, FixedClock, format_time, parse_time
from tutorpulse.errors import HistoryError
from tutorpulse.model.levels import levelled
from tutorpulse.model.registry import is_starter
from tutorpulse.model.registry import starter as starter_of
from tutorpulse.service.backtesting.home import Asked, backtest
from tutorpulse.service.backtesting.page import report_page
from tutorpulse.service.root import Pulse, open_pulse
from tutorpulse.service.training import features_of
from tutorpulse.training.backtest.replay import plan_course_dates
from tutorpulse.training.backtest.shapes import Figures, Report
from tutorpulse.training.snapshots import Limits
from tutorpulse.training.train import Plan, train

ASKED = Asked(from_us=60 * DAY_US, every_days=12, retrain_days=72, limits=Limits(dates=10, rows=2000))


@pytest.fixture(scope="module")
def pulse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pulse]:
    path = tmp_path_factory.mktemp("backtest") / "home"
    path.mkdir()
    (path / "settings.toml").write_text("exit_gap_days_tutor = 21\n")
    with open_pulse(path, create=True, clock=FixedClock(DAYS * DAY_US)) as opened:
        opened.store.append(tutor_events())
        yield opened


@pytest.fixture(scope="module")
def report(pulse: Pulse) -> Report:
    return backtest(pulse, ASKED)


def whole(report: Report, output: str) -> list[Figures]:
    return [f for f in report.figures if f.by == "all" and f.output == output]


def of_model(report: Report) -> dict[str, Figures]:
    """The figures of the velocity by the model that said it, in the order in which they served."""
    return {f.group: f for f in report.figures if f.by == "model" and f.output == "session_velocity"}


@pytest.mark.slow
def test_the_starter_serves_until_a_model_of_ones_own_is_made(report: Report) -> None:
    assert not report.turns[0].promoted
    assert "cannot be learnt yet" in report.turns[0].reason
    promoted = [turn for turn in report.turns if turn.promoted]
    assert promoted
    assert promoted[0].reason == "the first model of one's own"
    models = list(of_model(report))
    assert models[0].startswith("starter-")
    assert {m for m in models if not is_starter(m)} <= {turn.version for turn in promoted}


@pytest.mark.slow
def test_the_starter_serves_as_the_training_of_its_day_levels_it(pulse: Pulse, report: Report) -> None:
    first = report.turns[0]
    at_us = parse_time(first.at)
    features = features_of(pulse.store, pulse.settings)
    starter = starter_of(features.set_hash)
    dates_us = plan_course_dates(pulse.store.oldest_us() or 0, 60 * DAY_US, at_us, 12)
    plan = Plan(at_us, at_us, ("tutor",), ASKED.limits, starter=starter, dates_us=dates_us[dates_us < at_us])
    levels = (
        train(pulse.store, features, pulse.settings, plan, lambda *_: None).manifest.kinds["tutor"].levels
    )
    assert starter is not None
    assert levels is not None
    assert first.levelled_on == {"tutor": levels.outcomes}
    assert next(iter(of_model(report))) == levelled(starter, {"tutor": levels}).version
    assert all(not turn.levelled_on for turn in report.turns if turn.promoted)


@pytest.mark.slow
def test_intervals_are_judged_of_the_models_that_have_some(report: Report) -> None:
    rates = [figures.velocity for figures in of_model(report).values() if figures.velocity]
    everybody = whole(report, "session_velocity")[0].velocity
    assert everybody is not None
    assert everybody.covered is not None
    judged = [(rate.covered.value, rate.interval_rows) for rate in rates if rate.covered is not None]
    assert sum(rows for _, rows in judged) == everybody.interval_rows > 0
    inside = sum(covered * rows for covered, rows in judged)
    assert inside / everybody.interval_rows == pytest.approx(everybody.covered.value)
    assert 0.6 < everybody.covered.value < 1


@pytest.mark.slow
def test_models_are_tried_as_often_as_asked_and_refused_ones_never_serve(report: Report) -> None:
    tried = [parse_time(turn.at) for turn in report.turns if turn.version]
    assert len(tried) > 1
    assert all(later - earlier >= 72 * DAY_US for earlier, later in pairwise(tried))
    served = {f.group for f in report.figures if f.by == "model"}
    refused = {turn.version for turn in report.turns if not turn.promoted}
    assert not served & refused


@pytest.mark.slow
def test_only_what_matured_is_judged_and_groups_add_up(report: Report) -> None:
    # Both of 14 days with a gap of 21, and 7 days of settling: dates up to day 258 of 300 have an outcome.
    for risk in whole(report, "churn_risk_14d"):
        cohorts = [
            f
            for f in report.figures
            if f.by == "cohort" and (f.output, f.churn_label) == (risk.output, risk.churn_label)
        ]
        assert sum(f.rows for f in cohorts) <= risk.rows < risk.predicted
    assert whole(report, "churn_risk_14d")
    assert whole(report, "session_velocity")[0].velocity is not None
    assert all(f.risk is not None and f.ece is not None for f in whole(report, "health_score"))


@pytest.mark.slow
def test_a_replay_of_a_shorter_log_says_the_same_of_its_days(pulse: Pulse, tmp_path: Path) -> None:
    """What comes later changes nothing that was said before: models, turns and figures of matured rows."""
    until = 200
    with open_pulse(tmp_path / "home", create=True, clock=FixedClock(until * DAY_US)) as shorter:
        shorter.store.append(tutor_events(until))
        early = backtest(replace(shorter, settings=pulse.settings), replace(ASKED, to_us=150 * DAY_US))
    late = backtest(pulse, replace(ASKED, to_us=150 * DAY_US))
    assert early.turns == late.turns
    assert early.predictions == late.predictions
    for ours, theirs in zip(whole(early, "session_velocity"), whole(late, "session_velocity"), strict=True):
        assert ours == theirs


def test_a_log_without_a_day_to_score_is_refused(pulse: Pulse) -> None:
    with pytest.raises(HistoryError, match="no date to score between 1971-01-01"):
        backtest(pulse, Asked(from_us=365 * DAY_US))


def test_dates_go_back_from_the_first_scored_one_as_far_as_windows_fill() -> None:
    dates = plan_course_dates(0, 100 * DAY_US, 150 * DAY_US, 20)
    assert (dates / DAY_US).tolist() == [40, 60, 80, 100, 120, 140]
    assert (plan_course_dates(0, 10 * DAY_US, 20 * DAY_US, 5) / DAY_US).tolist() == [10, 15, 20]


class _Page(HTMLParser):
    """Collects what a page loads, and checks that its tags close in order."""

    VOID = frozenset({"meta", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.open: list[str] = []
        self.plots = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loads += [
            f"{tag} {value}"
            for name, value in attrs
            if name in ("src", "href") and not str(value).startswith("#")
        ]
        self.loads += [tag] if tag in ("script", "link", "img", "iframe") else []
        self.plots += tag == "svg"
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.slow
def test_the_page_is_whole_loads_nothing_and_tells_every_group(report: Report) -> None:
    text = report_page(report)
    page = _Page()
    page.feed(text)
    assert page.open == []
    assert page.loads == []
    assert "url(" not in text
    assert "http" not in text
    assert page.plots >= 4
    for turn in report.turns:
        assert turn.at[:10] in text
    assert "nan" not in text
    assert format_time(60 * DAY_US)[:10] in text


@pytest.mark.slow
def test_the_report_survives_json(report: Report) -> None:
    assert msgspec.json.decode(msgspec.json.encode(report), type=Report) == report
    assert np.isfinite(report.rows_a_date)
