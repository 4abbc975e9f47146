"""How large the homes of the freshness benchmark are, and what it tells of a load."""

import math
from pathlib import Path

import pytest

from tutorpulse.bench import freshness
from tutorpulse.bench.catalog import BENCHMARKS
from tutorpulse.bench.freshness import plan_of, whole_plan
from tutorpulse.bench.harness import Options
from tutorpulse.bench.loading import Load
from tutorpulse.bench.posting import Posted
from tutorpulse.bench.waits import Waits

NOW_US = 1_790_000_000_000_000


@pytest.mark.parametrize(
    ("events", "tutors"),
    [(BENCHMARKS["freshness"].events, 10_000), (5_000_000, 10_000), (200_000, 2_000), (1_000, 20)],
)
def test_a_home_has_a_tutor_for_a_hundred_events_up_to_ten_thousand_and_five_students_for_each(
    events: int, tutors: int
) -> None:
    plan = plan_of(events, NOW_US)
    assert (plan.events, plan.tutors, plan.students) == (events, tutors, 5 * tutors)


def test_by_default_twenty_thousand_tutors_and_a_hundred_thousand_students_are_refreshed_as_a_whole() -> None:
    whole = whole_plan(plan_of(BENCHMARKS["freshness"].events, NOW_US))
    assert (whole.events, whole.tutors, whole.students) == (2_000_000, 20_000, 100_000)


def test_a_load_tells_both_kinds_apart_and_together_and_what_pace_was_reached() -> None:
    tutors = Waits({0.5: 100.0, 1.0: 100.0, math.inf: 100.0}, 100.0, 25.0)
    students = Waits({0.5: 0.0, 1.0: 290.0, math.inf: 300.0}, 300.0, 250.0)
    posted = Posted(seconds=40.0, each=[0.01] * 300)
    load = Load(1_000, 30_000, posted, {"tutor": tutors, "student": students})
    told = load.as_data()
    assert (told["events_per_second"], told["seconds"], told["reached_events_per_second"]) == (1_000, 30, 750)
    assert told["post_p99_ms"] == pytest.approx(10)
    assert told["tutor"] == {
        "scored": 100,
        "p50_s": pytest.approx(0.25),
        "p99_s": pytest.approx(0.495),
        "within_1_s_share": 1.0,
    }
    assert told["student"]["within_1_s_share"] == pytest.approx(290 / 300)
    assert (told["scored"], told["within_1_s_share"]) == (400, pytest.approx(390 / 400))
    assert told["p50_s"] == pytest.approx(0.5 + 0.5 * 100 / 290)
    assert told["p99_s"] == load.p99_s() == 1.0


def test_a_pace_kept_is_told_as_asked_for() -> None:
    one = Waits({1.0: 1.0}, 1.0, 0.5)
    told = Load(2_000, 2_000, Posted(seconds=0.98, each=[0.01]), {"tutor": one, "student": one}).as_data()
    assert told["reached_events_per_second"] == 2_000


@pytest.mark.slow
def test_a_short_run_measures_every_pace_and_the_larger_home_alone_beside_readers_and_under_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"LOAD_S": 2, "LOWER_LOAD_S": 1, "IDLE_EVENTS": 2, "WHOLE_LOAD_S": 20}.items():
        monkeypatch.setattr(freshness, name, value)
    found = freshness.run(Options(3_000, 1, tmp_path))
    details = found.details
    assert found.value == details["at_full_rate"][0]["p99_s"]
    assert [load["events_per_second"] for load in details["at_lower_rates"]] == [500, 1_000]
    for load in (*details["at_lower_rates"], *details["at_full_rate"]):
        assert load["tutor"]["scored"] + load["student"]["scored"] == load["scored"] > 0
    assert (details["tutors"], details["students"]) == (30, 150)
    assert details["whole_refresh_events_before"] == 6_000
    assert (details["whole_refresh_tutors"], details["whole_refresh_students"]) == (60, 300)
    for when in ("while_serving", "under_load"):
        assert len(details[f"whole_refresh_{when}_seconds"]) == 1
        assert details[f"read_one_{when}"] == details[f"read_page_{when}"] > 0
    # What is loaded within a refresh depends on how fast the machine refreshes; that it was loaded does not.
    assert details["load_seconds_under_load"][0] > 0
    assert details["events_per_second_under_load"][0] > 0
