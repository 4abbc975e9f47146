"""Fifty tutors and five hundred students, as the simulator gives them by default, served by the starter model."""

import numpy as np
import pytest

from tutorpulse.clock import DAY_US, FixedClock, parse_time
from tutorpulse.features.frame import ENTITY_TYPES, EntityType
from tutorpulse.service.refresh import RefreshReport, refresh
from tutorpulse.service.root import open_pulse
from tutorpulse.service.served import open_scorer
from tutorpulse.simulate import emit, population, truth
from tutorpulse.simulate.parameters import Parameters
from tutorpulse.simulate.record import new_record

TODAY = parse_time("2026-11-22") // DAY_US
TUTORS, STUDENTS, DAYS, SEED = 50, 500, 365, 7
WORST = {"tutor": "churning", "student": "churned"}
BEST = {"tutor": "star", "student": "thriving"}


@pytest.fixture(scope="module")
def refreshed(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[RefreshReport, dict[EntityType, dict[str, str | None]], truth.Snapshot]:
    """The first refresh of a year of events, everybody's segment, and the world as it stands."""
    world = population.new_world(Parameters(), TUTORS, STUDENTS, TODAY - DAYS, DAYS, SEED)
    record = new_record(world)
    home = tmp_path_factory.mktemp("fifty") / "home"
    with open_pulse(home, create=True, clock=FixedClock(TODAY * DAY_US)) as pulse:
        for batch in emit.batches(world, DAYS, record=record):
            pulse.store.append(batch)
        report = refresh(pulse, open_scorer(pulse))
        segments = {}
        for kind in ENTITY_TYPES:
            held = pulse.state.predictions.all(kind)
            segments[kind] = dict(
                zip(held.entity_ids.tolist(), held.columns["segment"].tolist(), strict=True)
            )
    return report, segments, truth.snapshot(world, record)


def test_every_one_is_processed(refreshed: tuple[RefreshReport, object, object]) -> None:
    report = refreshed[0]
    assert sum(report.status_counts["tutor"].values()) == TUTORS
    assert sum(report.status_counts["student"].values()) == STUDENTS
    for kind, processed in (
        ("tutor", report.summary.tutors_processed),
        ("student", report.summary.students_processed),
    ):
        counts = report.status_counts[kind]  # type: ignore[index]
        assert processed == counts["new"] + counts["active"]


def test_all_eight_segments_have_somebody_and_the_worst_not_too_many(
    refreshed: tuple[RefreshReport, object, object],
) -> None:
    summary = refreshed[0].summary
    for counts, processed in (
        (summary.tutor_segments, summary.tutors_processed),
        (summary.student_segments, summary.students_processed),
    ):
        assert len(counts) == 4
        assert all(counts.values()), counts
        assert sum(counts.values()) == processed
    assert summary.tutor_segments["churning"] <= summary.tutors_processed / 4
    assert summary.student_segments["churned"] <= summary.students_processed / 4


def test_the_truth_agrees_with_the_best_and_the_worst(
    refreshed: tuple[RefreshReport, dict[EntityType, dict[str, str | None]], truth.Snapshot],
) -> None:
    _, segments, taken = refreshed
    told = truth.truth_of(taken, 0, 60, {"tutor": 30.0, "student": 30.0})
    for kind in ENTITY_TYPES:
        columns = told[kind]
        held = np.array([segments[kind].get(name) for name in columns["entity_id"].tolist()], dtype=object)
        worst, best = held == WORST[kind], held == BEST[kind]
        assert np.nanmean(columns["health"][worst]) < 0.45
        assert np.nanmean(columns["health"][best]) > 0.75
        assert np.nanmean(columns["exit_30d"][worst]) > 3 * np.nanmean(columns["exit_30d"][best])
