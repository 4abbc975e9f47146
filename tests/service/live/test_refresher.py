"""Who is scored when, step by step."""

import shutil
import threading
from pathlib import Path

import numpy as np
import pytest

from tests.service.live.homes import LIVE_US, PAIRS, append, later, refreshed, scored_at, threads
from tests.service.logs import event, lesson
from tests.waiting import until
from tutorpulse.clock import FixedClock
from tutorpulse.errors import HomeBusyError, ModelError, TutorpulseError
from tutorpulse.features.compute import compute
from tutorpulse.model import registry
from tutorpulse.service.live import models
from tutorpulse.service.live import refresher as refresher_module
from tutorpulse.service.live.lane import Limits
from tutorpulse.service.live.refresher import Refresher
from tutorpulse.service.live.rescoring import Rescoring
from tutorpulse.service.refresh import refresh
from tutorpulse.service.root import open_pulse
from tutorpulse.service.served import open_scorer
from tutorpulse.spare import Spare
from tutorpulse.store.database import DatabaseError
from tutorpulse.store.state import State

EVERYBODY = [f"t{i}" for i in range(6)]
PUPILS = [f"s{i}" for i in range(6)]


def test_at_first_everybody_is_looked_at_and_a_run_is_kept(tmp_path: Path) -> None:
    with refreshed(tmp_path) as (pulse, refresher):
        assert scored_at(pulse, "tutor", LIVE_US) == EVERYBODY
        run = pulse.state.runs.last()
        assert run is not None
        assert run.as_of_us == LIVE_US
        assert refresher.lanes["tutor"].figures.known == 6
        assert refresher.problems() == []


def test_whom_an_event_touches_is_scored_at_once_and_nobody_else(tmp_path: Path) -> None:
    with refreshed(tmp_path) as (pulse, refresher):
        now_us = later(pulse, 0.1)
        append(pulse, event("ib_call_logged", 0, student_id="s3"))
        refresher.catch_up()
        assert scored_at(pulse, "student", now_us) == ["s3"]
        assert scored_at(pulse, "tutor", now_us) == []
        seen = refresher.lanes["student"].roster.seen("s3")
        assert seen is not None
        assert seen.as_of_us == now_us


@pytest.mark.parametrize("at_once", [1, 20, 21, 22, 100, 1_000, 3_000, 10**7])
def test_a_look_takes_as_many_with_events_as_come_in_one_part_with_those_beside_them(at_once: int) -> None:
    limits = Limits()
    taken = limits.with_events(at_once)
    beside = max(limits.beside, taken // limits.marked_for_one)
    assert 1 <= taken <= limits.marked
    assert taken + beside <= max(at_once, 1 + limits.beside)
    assert taken in (1, limits.marked) or taken + 1 + beside + 1 >= at_once


def test_whose_rows_are_too_many_for_one_part_are_scored_by_the_next_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with refreshed(tmp_path) as (pulse, refresher):
        now_us = later(pulse, 0.1)
        append(pulse, *[event("ib_call_logged", 0, student_id=who) for who in ("s1", "s3", "s5")])
        monkeypatch.setattr(Rescoring, "at_once", property(lambda _self: 22))
        assert refresher.lanes["student"].step()
        assert scored_at(pulse, "student", now_us) == ["s1", "s3"]
        assert refresher.lanes["student"].step()
        assert scored_at(pulse, "student", now_us) == ["s1", "s3", "s5"]


def test_a_newcomer_is_scored_with_the_first_event(tmp_path: Path) -> None:
    with refreshed(tmp_path) as (pulse, refresher):
        now_us = later(pulse, 0.1)
        append(pulse, lesson(0, "t9", "s9"))
        refresher.catch_up()
        assert scored_at(pulse, "tutor", now_us) == ["t9"]
        assert scored_at(pulse, "student", now_us) == ["s9"]


def test_students_of_a_touched_tutor_are_scored_in_passing(tmp_path: Path) -> None:
    with refreshed(tmp_path) as (pulse, refresher):
        now_us = later(pulse, 0.1)
        append(pulse, event("tutor_availability_updated", 0, tutor_id="t2", available_hours_this_week=10))
        assert refresher.lanes["tutor"].step()
        assert scored_at(pulse, "student", now_us) == []
        refresher.catch_up()
        assert scored_at(pulse, "student", now_us) == ["s2"]
        figures = refresher.lanes["student"].figures
        assert (figures.scored_for_events, figures.scored_in_passing) == (0, 7)


def test_without_events_everybody_is_scored_again_after_the_set_time(tmp_path: Path) -> None:
    tmp_path.joinpath("settings.toml").write_text("refresh_every_minutes = 30\n")
    with refreshed(tmp_path) as (pulse, refresher):
        later(pulse, 0.5)
        refresher.catch_up()
        assert scored_at(pulse, "tutor", LIVE_US) == EVERYBODY
        now_us = later(pulse, 0.01)
        refresher.catch_up()
        assert scored_at(pulse, "tutor", now_us) == EVERYBODY


def test_after_midnight_everybody_is_scored_against_the_new_population(tmp_path: Path) -> None:
    with refreshed(tmp_path) as (pulse, refresher):
        later(pulse, 10.9)
        refresher.catch_up()
        now_us = later(pulse, 0.2)
        refresher.catch_up()
        assert scored_at(pulse, "student", now_us) == PUPILS


def test_an_import_of_the_past_reaches_everybody_by_the_population(tmp_path: Path) -> None:
    with refreshed(tmp_path) as (pulse, refresher):
        now_us = later(pulse, 0.1)
        old = lesson(3, "t7", "s7")
        assert isinstance(pulse.clock, FixedClock)
        pulse.clock.us -= 4 * 24 * 3_600_000_000
        append(pulse, old | {"timestamp": "2024-09-29T00:00:00Z"})
        pulse.clock.us = now_us
        refresher.catch_up()
        assert scored_at(pulse, "tutor", now_us) == [*EVERYBODY, "t7"]
        assert refresher.lanes["tutor"].figures.freshness.sum_s == 0


def test_the_first_payment_of_the_log_changes_every_student(tmp_path: Path) -> None:
    with refreshed(tmp_path) as (pulse, refresher):
        now_us = later(pulse, 0.1)
        append(pulse, event("payment_processed", 0, student_id="s1", amount=20, succeeded=True))
        refresher.catch_up()
        assert scored_at(pulse, "student", now_us) == PUPILS
        assert scored_at(pulse, "tutor", now_us) == []


def test_a_whole_refresh_goes_on_beside_those_with_events(tmp_path: Path) -> None:
    with refreshed(tmp_path, limits=Limits(whole=4)) as (pulse, refresher):
        lane = refresher.lanes["tutor"]
        done = lane.ask_whole()
        now_us = later(pulse, 0.1)
        append(pulse, lesson(0, "t5", "s5"))
        assert lane.step()
        assert scored_at(pulse, "tutor", now_us) == ["t0", "t1", "t2", "t3", "t5"]
        assert not done.done()
        before = lane.figures.scored_in_passing
        assert lane.step()
        assert done.result(0) is None
        assert lane.figures.scored_in_passing == before + 1, "t4; t5 was scored since it was asked for"
        assert scored_at(pulse, "tutor", now_us) == EVERYBODY


def test_who_is_erased_during_a_whole_refresh_is_not_scored_by_it(tmp_path: Path) -> None:
    with refreshed(tmp_path, limits=Limits(whole=4)) as (pulse, refresher):
        lane, now_us = refresher.lanes["tutor"], later(pulse, 0.1)
        done = lane.ask_whole()
        lane.forget("t5")
        assert (lane.step(), lane.step()) == (True, True)
        assert done.result(0) is None
        assert scored_at(pulse, "tutor", now_us) == EVERYBODY[:5]


def test_a_whole_refresh_that_could_not_be_written_leaves_nobody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with refreshed(tmp_path) as (pulse, refresher):
        lane, now_us = refresher.lanes["tutor"], later(pulse, 0.1)
        done = lane.ask_whole()
        with monkeypatch.context() as patched:
            patched.setattr("tutorpulse.service.predicting.keep", busy)
            with pytest.raises(HomeBusyError):
                lane.step()
        assert not done.done()
        assert lane.step()
        assert done.result(0) is None
        assert scored_at(pulse, "tutor", now_us) == EVERYBODY


def test_in_passing_takes_no_more_than_its_share_of_the_time(tmp_path: Path) -> None:
    with refreshed(tmp_path, limits=Limits(in_passing=2)) as (pulse, refresher):
        lane = refresher.lanes["tutor"]
        assert not lane.step()
        later(pulse, 2)
        lane._budget._free_at = 0.0
        assert lane.step()
        assert (lane.step(), lane.wait_s is not None and lane.wait_s > 0) == (False, True)
        assert lane.step(hurry=True)


def test_some_whose_turn_it_is_are_scored_beside_those_with_events(tmp_path: Path) -> None:
    with refreshed(tmp_path, limits=Limits(beside=2)) as (pulse, refresher):
        now_us = later(pulse, 2)
        append(pulse, lesson(0, "t5", "s5"))
        lane = refresher.lanes["tutor"]
        assert lane.step()
        assert scored_at(pulse, "tutor", now_us) == ["t0", "t1", "t5"]
        assert (lane.figures.scored_for_events, lane.figures.scored_in_passing) == (1, 8)


def test_the_features_seen_are_those_that_are_computed_alone(tmp_path: Path) -> None:
    with refreshed(tmp_path) as (pulse, refresher):
        now_us = later(pulse, 0.1)
        append(pulse, lesson(0, "t5", "s0"))
        refresher.catch_up()
        seen = refresher.lanes["student"].roster.seen("s0")
        alone = compute(pulse.store, "student", now_us, now_us, np.array(["s0"], dtype=object))
        assert seen is not None
        np.testing.assert_array_equal(seen.features, alone.features)
        np.testing.assert_array_equal(seen.context, alone.context)


# The model


def test_another_model_in_force_scores_everybody_without_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with refreshed(tmp_path) as (pulse, refresher):
        now_us = later(pulse, 0.1)
        own = registry.versioned(registry.read_manifest(registry.STARTER_FOLDER)).version
        shutil.copytree(registry.STARTER_FOLDER, pulse.home.models_path / own)
        registry.activate(own, pulse.home.models_path)
        refresher.catch_up()
        assert scored_at(pulse, "tutor", now_us) == EVERYBODY
        assert refresher.problems() == []


def test_a_broken_model_changes_nothing_and_is_told(tmp_path: Path) -> None:
    with refreshed(tmp_path) as (pulse, refresher):
        now_us = later(pulse, 0.1)
        broken = pulse.home.models_path / "2026-01-01-broken"
        broken.mkdir(parents=True)
        (broken / "manifest.json").write_text("{")
        registry.activate(broken.name, pulse.home.models_path)
        append(pulse, lesson(0, "t5", "s5"))
        refresher.catch_up()
        assert scored_at(pulse, "tutor", now_us) == ["t5"]
        assert "The manifest of model 2026-01-01-broken is damaged" in refresher.problems()[0]
        assert not pulse.state.predictions.all("tutor").columns["stale"].any()


def test_without_any_model_the_last_predictions_stay_marked_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with refreshed(tmp_path) as (pulse, _):
        before = pulse.state.predictions.all("tutor")
    monkeypatch.setattr(models, "open_scorer", no_model)
    with open_pulse(tmp_path, clock=FixedClock(LIVE_US)) as pulse:
        refresher = Refresher(pulse)
        refresher.open()
        refresher.catch_up()
        after = pulse.state.predictions.all("tutor")
        asked = refresher.lanes["tutor"].ask_whole()
        assert not refresher.lanes["tutor"].step()
        with pytest.raises(ModelError, match=r"Nothing can be refreshed\. The model is gone"):
            asked.result(0)
        assert refresher.lanes["tutor"].wait_s is None
        assert refresher.problems() == ["The model is gone."]
        refresher.close()
    np.testing.assert_array_equal(after.columns["churn_risk_14d"], before.columns["churn_risk_14d"])
    assert after.columns["stale"].tolist() == (~after.columns["frozen"]).tolist()


def no_model(*_: object) -> None:
    raise ModelError("The model is gone.")


# Trouble and threads


def test_who_could_not_be_written_stays_marked_and_why_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with refreshed(tmp_path) as (pulse, refresher):
        lane, now_us = refresher.lanes["student"], later(pulse, 2)
        append(pulse, event("ib_call_logged", 0, student_id="s3"))
        with monkeypatch.context() as patched:
            patched.setattr("tutorpulse.service.predicting.keep", busy)
            for _ in range(2):
                with pytest.raises(HomeBusyError):
                    lane.step()
            patched.setattr("tutorpulse.service.predicting.keep", out_of_memory)
            assert not refresher._step(lane)
            assert refresher.problems() == ["Out of Memory Error: failed to pin a block"]
        assert refresher._step(lane)
        assert refresher.problems() == []
        refresher.catch_up()
        assert scored_at(pulse, "student", now_us) == PUPILS
        assert lane.figures.scored_for_events == 1


def busy(*_: object) -> int:
    raise HomeBusyError("Another process writes to the state. Try again when it is done.")


def out_of_memory(*_: object) -> int:
    raise DatabaseError("Out of Memory Error: failed to pin a block\n\nPossible solutions: …")


def test_threads_keep_a_home_fresh_until_they_are_stopped(tmp_path: Path) -> None:
    with refreshed(tmp_path) as (pulse, _):
        now_us = later(pulse, 0.1)
        others = threads("refresh-")
        refresher = Refresher(pulse)
        refresher.start()
        state = State(pulse.home.state_path)
        report = refresher.refresh_all(state)
        state.close()
        assert (report.summary.tutors_processed, report.summary.students_processed) == (6, 6)
        assert report.changed >= 12
        assert scored_at(pulse, "tutor", now_us) == EVERYBODY
        refresher.close()
        assert threads("refresh-") <= others
        assert refresher.problems() == [
            "refresh-tutors has stopped: restart the service",
            "refresh-students has stopped: restart the service",
        ]


def test_each_lane_returns_what_it_has_freed_in_its_own_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    returning: set[str] = set()

    class Noted(Spare):
        def return_when_due(self) -> bool:
            returning.add(threading.current_thread().name)
            return super().return_when_due()

    monkeypatch.setattr(refresher_module, "Spare", Noted)
    with refreshed(tmp_path) as (_, refresher):
        refresher.start()
        until(lambda: returning == {"refresh-tutors", "refresh-students"})


def test_who_waits_for_a_whole_refresh_learns_that_the_service_stops(tmp_path: Path) -> None:
    with refreshed(tmp_path) as (_, refresher):
        asked = refresher.lanes["tutor"].ask_whole()
        refresher.close()
        with pytest.raises(TutorpulseError, match=r"The service is stopping\. Refresh again when it is back"):
            asked.result(0)


def test_a_model_that_is_long_in_coming_holds_up_no_end_and_scores_nobody_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, come = threading.Event(), threading.Event()

    def slowly(*_: object) -> models.InForce:
        began.set()
        come.wait(30)
        return in_force

    with refreshed(tmp_path) as (pulse, refresher):
        in_force = refresher.models.in_force()
        scored = scored_at(pulse, "tutor", LIVE_US)
        later(pulse, 0.1)
        monkeypatch.setattr(refresher.models, "in_force", slowly)
        refresher.start()
        asked = refresher.lanes["tutor"].ask_whole
        assert began.wait(30)
        ending = threading.Thread(target=refresher.close, args=(0.2,))
        ending.start()
        ending.join(30)
        assert not ending.is_alive()
        assert not come.is_set()
        come.set()
        until(lambda: not any(thread.is_alive() for thread in refresher._threads))
        assert scored_at(pulse, "tutor", LIVE_US) == scored
        with pytest.raises(TutorpulseError, match="The service is stopping"):
            asked().result(30)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_fault_of_ours_ends_a_lane_and_leaves_nobody_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(*_: object) -> None:
        raise ZeroDivisionError

    with refreshed(tmp_path) as (_, refresher):
        lane = refresher.lanes["tutor"]
        monkeypatch.setattr(lane._rescoring, "_compute", fault)
        before = lane.ask_whole()
        refresher.start()
        for asked in (before, lane.ask_whole()):
            with pytest.raises(TutorpulseError, match="No tutor is refreshed any more after a fault"):
                asked.result(30)
        until(lambda: "refresh-tutors has stopped: restart the service" in refresher.problems())
        assert isinstance(lane.ask_whole().exception(0), TutorpulseError)


def test_a_query_under_way_is_broken_off_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with refreshed(tmp_path) as (pulse, _):
        began = threading.Event()

        def long_query(*_: object) -> None:
            began.set()
            pulse.store.query("SELECT SUM(a.range * b.range) FROM range(1000000) AS a, range(1000000) AS b")

        monkeypatch.setattr("tutorpulse.service.live.rescoring.features_of", long_query)
        later(pulse, 2)
        others = threads("refresh-")
        refresher = Refresher(pulse)
        refresher.start()
        assert began.wait(20)
        refresher.close(2)
        assert threads("refresh-") <= others


def test_a_whole_live_refresh_says_what_the_verb_says(tmp_path: Path) -> None:
    with refreshed(tmp_path) as (pulse, refresher):
        live = refresher._report(pulse.state)
        verb = refresh(pulse, open_scorer(pulse))
        assert live.summary == verb.summary
        assert live.status_counts == verb.status_counts
        assert len(PAIRS) == len(pulse.store)
