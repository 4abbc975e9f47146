"""What is written when of those who are scored anew."""

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from tests.service.live.homes import PAIRS, SILENT, append, later, refreshed, scored_at
from tests.service.logs import event
from tutorpulse.errors import HomeBusyError
from tutorpulse.service import judging
from tutorpulse.service.judging import Judged
from tutorpulse.service.predicting import Predicted
from tutorpulse.service.root import Pulse
from tutorpulse.service.scoring import Scorer
from tutorpulse.store.database import Arrays
from tutorpulse.store.log import EventStore
from tutorpulse.store.state import State


def test_predictions_can_be_read_before_it_is_judged_what_follows_from_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[float] = []
    judge = judging.judge

    def reading(pulse: Pulse, scorer: Scorer, predicted: Predicted) -> Judged:
        with closing(State(pulse.home.state_path)) as other:
            read.extend(other.predictions.get("student", "s3").columns["as_of_us"].tolist())
        return judge(pulse, scorer, predicted)

    with refreshed(tmp_path) as (pulse, refresher):
        now_us = later(pulse, 0.1)
        append(pulse, event("ib_call_logged", 0, student_id="s3"))
        monkeypatch.setattr(judging, "judge", reading)
        assert refresher.lanes["student"].step()
        assert read == [now_us]


@pytest.mark.parametrize("pyarrow", [True, False])
def test_a_look_asks_by_a_kept_plan_where_pyarrow_is_installed_and_does_without_where_it_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pyarrow: bool
) -> None:
    asked: list[str] = []
    query_over = EventStore.query_over

    def noted(store: EventStore, sql: str, sources: Mapping[str, str | Arrays]) -> tuple[Arrays, int]:
        asked.append(sql)
        return query_over(store, sql, sources)

    monkeypatch.setattr(EventStore, "query_over", noted)
    if not pyarrow:
        monkeypatch.setattr("tutorpulse.store.log.find_spec", lambda _name: None)
    with refreshed(tmp_path) as (pulse, refresher):
        asked.clear()
        now_us = later(pulse, 0.1)
        append(pulse, event("ib_call_logged", 0, student_id="s3"))
        assert refresher.lanes["student"].step()
        assert len(asked) == int(pyarrow)
        assert "s3" in scored_at(pulse, "student", now_us)


Following = dict[str, set[tuple[str, ...]]]


def following(pulse: Pulse) -> Following:
    """What was said of everybody: insights, alerts, and recommendations."""
    state = pulse.state
    return {
        "insights": {(i.entity_id, i.prediction_type, i.explanation) for i in state.insights.since(0)},
        "alerts": {(a.entity_id, a.rule, a.severity) for k in KINDS for a in state.alerts.live(k)},
        "recommendations": {(k, *episode) for k in KINDS for episode in state.recommendations.running(k)},
    }


KINDS = ("tutor", "student")


def after_days_of_silence(path: Path, failures: int, monkeypatch: pytest.MonkeyPatch) -> Following:
    """What stands when everybody was silent for some days, where what follows could not be written so many times."""
    left = [failures] * failures
    keep = judging.keep

    def busy(state: State, judged: Judged) -> None:
        if left:
            left.pop()
            raise HomeBusyError("somebody else writes")
        keep(state, judged)

    with refreshed(path, [*PAIRS, *SILENT]) as (pulse, refresher):
        before = following(pulse)
        now_us = later(pulse, 9 * 24)
        monkeypatch.setattr(judging, "keep", busy)
        for _ in range(failures):
            with pytest.raises(HomeBusyError):
                refresher.catch_up()
            assert following(pulse) == before
        refresher.catch_up()
        assert not left
        assert "t7" in scored_at(pulse, "tutor", now_us)
        after = following(pulse)
        assert all(after[name] != before[name] for name in after), "silence changes all three"
        return after


def test_what_could_not_be_written_of_what_follows_is_found_again_by_the_next_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = after_days_of_silence(tmp_path / "whole", 0, monkeypatch)
    monkeypatch.undo()
    assert after_days_of_silence(tmp_path / "broken", 2, monkeypatch) == expected
