"""Truth by continuing the world: it shares the past, has dice of its own, and counts labels as the contract says."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.simulate.naive import exit_of, lives_of, usual_of
from tests.simulate.worlds import FIRST_DAY, small_world
from tutorpulse.clock import DAY_US
from tutorpulse.simulate import emit, engine, truth
from tutorpulse.simulate.journal import Events, Journal
from tutorpulse.simulate.record import KINDS, Kind, new_record
from tutorpulse.simulate.state import World
from tutorpulse.simulate.study import new_study
from tutorpulse.simulate.truth import Snapshot

MORNING = 140
GAPS: dict[Kind, float] = {"tutor": 30.0, "student": 45.0}
TABLE = dict[Kind, dict[str, NDArray[Any]]]


def begun(days: int = MORNING, seed: int = 5) -> tuple[World, Snapshot, list[Events]]:
    """A world on its sampled morning, the copy, and all that happened before."""
    world = small_world(tutors=60, students=600, days=240, seed=seed)
    record = new_record(world)
    (past,) = engine.spans(world, days, record, span_days=days)
    return world, truth.snapshot(world, record), past


@pytest.fixture(scope="module")
def sampled() -> tuple[TABLE, list[Events], int]:
    """The truth, all events from the beginning until the labels have matured, and the morning."""
    world, taken, past = begun()
    table = truth.truth_of(taken, 0, 30, GAPS)
    days = truth.horizon_days(GAPS)
    (future,) = engine.spans(world, days, span_days=days)
    return table, [*past, *future], FIRST_DAY + MORNING


def numbers(table: dict[str, NDArray[Any]]) -> list[int]:
    return [int(text.rpartition("_")[2]) - 1 for text in table["entity_id"]]


@pytest.mark.parametrize("kind", KINDS)
def test_exits_are_those_of_a_naive_reading_of_the_contract(
    sampled: tuple[TABLE, list[Events], int], kind: Kind
) -> None:
    table, events, morning = sampled
    lives, as_of = lives_of(events, kind), morning * DAY_US
    end = as_of + truth.horizon_days(GAPS) * DAY_US
    columns = table[kind]
    for row, number in enumerate(numbers(columns)):
        at, by_goal, hidden = exit_of(lives[number], as_of, GAPS[kind] * DAY_US, end)
        for name, by in (("already_gone", 0), ("exit_14d", 14), ("exit_30d", 30)):
            expected = float(at <= as_of + by * DAY_US and not by_goal)
            found = columns[f"realised_{name}"][row]
            last = [t for t in lives[number].activity if t < end]
            if hidden and (not last or last[-1] <= as_of + by * DAY_US):
                assert math.isnan(found), (number, name)
            else:
                assert found == expected, (number, name)
        if by_goal:
            assert columns["realised_goal_30d"][row] == float(at <= as_of + 30 * DAY_US)
    assert 0.05 < np.nanmean(columns["realised_exit_30d"]) < 0.95


@pytest.mark.parametrize("kind", KINDS)
def test_counts_are_those_of_a_naive_reading_of_the_contract(
    sampled: tuple[TABLE, list[Events], int], kind: Kind
) -> None:
    table, events, morning = sampled
    lives, as_of = lives_of(events, kind), morning * DAY_US
    columns = table[kind]
    for row, number in enumerate(numbers(columns)):
        life = lives[number]
        within = {days: sum(as_of < t <= as_of + days * DAY_US for t in life.completed) for days in (28, 30)}
        assert columns["realised_velocity"][row] == within[28] / 4
        for days in (14, 30):
            active = any(as_of < t <= as_of + days * DAY_US for t in life.activity)
            assert columns[f"realised_inactive_{days}d"][row] == float(not active)
        usual, found = usual_of(life, as_of), columns["realised_health"][row]
        assert math.isnan(found) if math.isnan(usual) else found == float(within[30] >= usual / 2), number
    assert np.isfinite(columns["realised_health"]).sum() > 20


@pytest.mark.parametrize("kind", KINDS)
def test_first_sessions_are_those_of_a_naive_reading_of_the_contract(
    sampled: tuple[TABLE, list[Events], int], kind: Kind
) -> None:
    table, events, morning = sampled
    as_of = morning * DAY_US
    columns, expected = table[kind], _first_sessions(events, kind, as_of)
    found = dict(zip(numbers(columns), columns["realised_first_session_success"], strict=True))
    for number in set(expected) & set(found):
        assert found[number] == expected[number], number
    assert sum(math.isfinite(v) for v in found.values()) == len(set(expected) & set(found)) > 5


def _first_sessions(events: list[Events], kind: Kind, as_of: int) -> dict[int, float]:
    """For each entity whether its next new pair of the 30 days met again within 30 days, not rated below 4."""
    met: dict[tuple[int, int], list[tuple[int, int]]] = {}
    poor: set[int] = set()
    for part in events:
        c = part.columns
        rows = range(len(part.ts_us))
        if part.event_type in ("session_completed", "review_submitted"):
            poor |= {int(c["session_id"][i]) for i in rows if c["rating"][i] < 4}
        for i in rows:
            missed = part.event_type == "session_completed" and c["no_show"][i]
            if part.event_type == "session_started" or missed:
                start = int(part.ts_us[i]) - (15 * 60 * 10**6 if missed else 0)
                pair = (int(c["tutor_id"][i]), int(c["student_id"][i]))
                met.setdefault(pair, []).append((start, int(c["session_id"][i])))
    firsts: dict[int, list[tuple[int, float]]] = {}
    for (tutor, student), sessions in met.items():
        (start, session), *others = sorted(sessions)
        again = any(t <= start + 30 * DAY_US for t, _ in others)
        if as_of < start <= as_of + 30 * DAY_US:
            own = tutor if kind == "tutor" else student
            firsts.setdefault(own, []).append((start, float(again and session not in poor)))
    return {own: min(found)[1] for own, found in firsts.items()}


def test_probabilities_keep_their_order(sampled: tuple[TABLE, list[Events], int]) -> None:
    for columns in sampled[0].values():
        gone, soon, later = (columns[name] for name in ("already_gone", "exit_14d", "exit_30d"))
        whole = np.isfinite(later)
        assert np.all((gone <= soon + 0.1)[whole])
        assert np.all((soon <= later + 0.1)[whole])
        assert np.all(columns["inactive_14d"] >= columns["inactive_30d"])
        for name in ("exit_14d", "health", "first_session_success"):
            known = columns[name][np.isfinite(columns[name])]
            assert known.min() >= 0
            assert known.max() <= 1


def test_truth_is_right_on_the_whole(sampled: tuple[TABLE, list[Events], int]) -> None:
    columns = sampled[0]["student"]
    for name in ("exit_14d", "exit_30d", "inactive_14d", "velocity", "health"):
        both = np.isfinite(columns[name]) & np.isfinite(columns[f"realised_{name}"])
        expected, came = columns[name][both].mean(), columns[f"realised_{name}"][both].mean()
        assert came == pytest.approx(expected, abs=0.05), name


def test_continuations_share_the_past_and_differ_after() -> None:
    world = small_world(days=60)
    for _ in engine.spans(world, 60, span_days=60):
        pass
    copies = world.continued(3, 4)
    assert copies.students_per_world == len(world.students)
    for name in ("mood", "completed", "stage"):
        split = getattr(copies.students, name).reshape(4, -1)
        assert np.array_equal(split, np.tile(getattr(world.students, name), (4, 1)), equal_nan=True)
    before = world.students.mood.copy()
    engine.step(copies, Journal())
    moods = copies.students.mood.reshape(4, -1)
    assert not np.array_equal(moods[0], moods[1])
    assert np.array_equal(world.students.mood, before)


def test_tutors_teach_within_their_own_copy() -> None:
    world = small_world(days=60)
    for _ in engine.spans(world, 40, span_days=40):
        pass
    copies = world.continued(3, 5)
    for _ in range(20):
        engine.step(copies, Journal())
    taught = copies.seats.tutor >= 0
    seat_world = np.repeat(np.arange(5), len(world.seats))[taught]
    assert np.array_equal(copies.seats.tutor[taught] // copies.tutors_per_world, seat_world)
    assert len(np.unique(seat_world)) == 5


def test_the_future_newcomers_are_not_known() -> None:
    world, taken, _ = begun(days=60)
    one, other = (truth._continue(taken, number, 1, GAPS) for number in (1, 2))
    came = np.isfinite(one.lives["student"].registered_us) & (
        one.lives["student"].registered_us > world.day * DAY_US
    )
    assert came.sum() > 20
    assert not np.array_equal(
        one.lives["student"].registered_us, other.lives["student"].registered_us, equal_nan=True
    )


def test_the_gap_is_the_shortest_after_which_few_return() -> None:
    world = small_world(tutors=40, students=400, days=300)
    record = new_record(world)
    (events,) = engine.spans(world, 300, record, span_days=300)
    gaps = truth.exit_gap_days(record, world.day)
    lives = lives_of(events, "student")
    for gap in (30, 60, 90, 180):
        returned = silent = 0
        for life in lives.values():
            for a, b in zip(life.activity, [*life.activity, None][1:], strict=True):
                paused = sum(
                    min(until, b or world.day * DAY_US) - t
                    for t, until in life.pauses
                    if a < t < (b or math.inf)
                )
                long = (b or world.day * DAY_US) - a - paused > gap * DAY_US
                returned += long and b is not None
                silent += long and b is None
        if returned <= 0.2 * (returned + silent):
            break
    assert gaps["student"] == gap


def test_mornings_are_whole_weeks_within_the_simulation() -> None:
    mornings = truth.sampled_mornings(FIRST_DAY, 365, 4)
    assert len(mornings) == 4
    assert all((day - FIRST_DAY) % 7 == 0 for day in mornings)
    assert FIRST_DAY + 100 < mornings[0] < mornings[-1] < FIRST_DAY + 365
    assert truth.sampled_mornings(FIRST_DAY, 10, 3) == (FIRST_DAY + 7,)


@settings(max_examples=5, deadline=None)
@given(st.integers(1, 3), st.integers(1, 4), st.integers(1, 30), st.integers(1, 3), st.integers(0, 10_000))
def test_the_tiniest_world_has_a_truth(
    tutors: int, students: int, days: int, mornings: int, seed: int
) -> None:
    world = small_world(tutors, students, days, seed)
    study = new_study(world, days, mornings)
    for _ in emit.texts_ahead(world, days, study.record, lambda: study.look(world)):
        pass
    if study.taken:
        told = study.truth(2, world.day, GAPS)
        assert len({len(column) for column in told.values()}) == 1
