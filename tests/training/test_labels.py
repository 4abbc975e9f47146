"""Labels against a naive oracle, and each rule by name."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training import oracle
from tests.training.lives import history_of
from tests.training.oracle import Life
from tutorpulse.clock import DAY_US
from tutorpulse.training.exits import ExitSearch, Stop
from tutorpulse.training.labels import LABELS, Rows, is_new, labels, left_with_goal, usual_of

GAP = 10 * DAY_US
HALF_DAYS = st.integers(0, 300)


def _us(half_days: int) -> int:
    return half_days * DAY_US // 2


@st.composite
def lives(draw: st.DrawFn) -> Life:
    times = st.lists(HALF_DAYS.map(_us), max_size=5)
    activity = draw(st.lists(HALF_DAYS.map(_us), max_size=12))
    pauses = draw(
        st.lists(st.tuples(HALF_DAYS.map(_us), st.none() | st.integers(1, 40).map(_us)), max_size=3)
    )
    return Life(
        activity=activity,
        completed=[t for t in activity if draw(st.booleans())],
        registered=draw(st.none() | HALF_DAYS.map(_us)),
        departures=draw(times),
        goals=draw(times),
        pauses=[(start, None if length is None else start + length) for start, length in pauses],
        resumed=draw(times),
    )


def _label(life: Life, name: str, as_of_days: float, known_days: float, gap: int | None = GAP) -> float:
    history = history_of([life], int(known_days * DAY_US))
    rows = Rows(np.array([0]), np.array([int(as_of_days * DAY_US)]))
    return float(labels(history, rows, gap)[name][0])


def _days(*days: float) -> list[int]:
    return [int(day * DAY_US) for day in days]


@settings(max_examples=300, deadline=None)
@given(st.lists(lives(), min_size=1, max_size=4), st.lists(HALF_DAYS.map(_us), min_size=1, max_size=6))
def test_labels_equal_the_naive_oracle(all_lives: list[Life], moments: list[int]) -> None:
    known = _us(300)
    history = history_of(all_lives, known)
    entity, as_of = (grid.ravel() for grid in np.meshgrid(np.arange(len(all_lives)), moments, indexing="ij"))
    got = labels(history, Rows(entity, as_of.astype(np.int64)), GAP)
    for row, (code, moment) in enumerate(zip(entity, as_of, strict=True)):
        life, at = all_lives[code], int(moment)
        first = min(life.completed, default=None)
        expected = {
            "already_gone": oracle.exit_label(life, at, 0, GAP, known),
            "exit_14d": oracle.exit_label(life, at, 14, GAP, known),
            "exit_30d": oracle.exit_label(life, at, 30, GAP, known),
            "inactive_14d": oracle.inactive_label(life, at, 14, known),
            "inactive_30d": oracle.inactive_label(life, at, 30, known),
            "session_velocity": oracle.velocity_label(life, at, known),
            "health": oracle.health_label(life, at, first, known),
        }
        for name, value in expected.items():
            np.testing.assert_equal(got[name][row], value, err_msg=f"{name} of {life} at {at}")


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(HALF_DAYS, st.none() | st.integers(0, 90), st.none() | st.sampled_from([3.0, 4.0])),
        max_size=4,
        unique_by=lambda pair: pair[0],
    ),
    HALF_DAYS,
)
def test_first_session_success_equals_the_naive_oracle(
    pairs: list[tuple[int, int | None, float | None]], moment: int
) -> None:
    timed = [(_us(f), None if gap is None else _us(f + gap), rating) for f, gap, rating in pairs]
    life = Life(pairs=timed)
    got = labels(history_of([life], _us(300)), Rows(np.array([0]), np.array([_us(moment)])), GAP)
    expected = oracle.first_session_label(life, _us(moment), _us(300))
    np.testing.assert_equal(got["first_session_success"][0], expected)


def test_an_activity_exactly_at_the_end_of_the_gap_is_no_exit() -> None:
    assert _label(Life(activity=_days(0, 10, 20, 30)), "already_gone", 0, 100) == 0
    assert _label(Life(activity=_days(0, 10.5, 20, 30)), "already_gone", 0, 100) == 1


def test_the_last_activity_before_the_moment_can_be_the_exit() -> None:
    life = Life(activity=_days(1, 5))
    assert _label(life, "already_gone", 8, 100) == 1
    assert _label(life, "exit_14d", 8, 100) == 1


def test_a_label_matures_at_a_fixed_time_whatever_its_outcome() -> None:
    busy = Life(activity=_days(*range(60)))
    assert math.isnan(_label(busy, "exit_14d", 20, 20 + 14 + 9.9))
    assert _label(busy, "exit_14d", 20, 20 + 14 + 10) == 0
    gone = Life(activity=_days(20), departures=_days(21))
    assert math.isnan(_label(gone, "exit_14d", 20, 40))


def test_time_in_a_stated_pause_is_no_silence() -> None:
    assert _label(Life(activity=_days(0, 25), pauses=[(*_days(2, 20),)]), "already_gone", 1, 100) == 0
    assert _label(Life(activity=_days(0, 25)), "already_gone", 1, 100) == 1


def test_a_pause_of_unknown_end_censors_the_row_whether_or_not_it_returned() -> None:
    pause = [(2 * DAY_US, None)]
    assert math.isnan(_label(Life(activity=_days(0, 25), pauses=pause), "exit_14d", 1, 100))
    assert math.isnan(_label(Life(activity=_days(0), pauses=pause), "exit_14d", 1, 100))


def test_a_resumption_states_the_end_of_a_pause() -> None:
    life = Life(activity=_days(0), pauses=[(2 * DAY_US, None)], resumed=_days(5))
    assert _label(life, "already_gone", 1, 100) == 1


def test_an_explicit_departure_is_an_exit_even_of_someone_who_returns_soon() -> None:
    life = Life(activity=_days(0, 3, 9, 12, 15, 18, 21, 24, 27, 30), departures=_days(5))
    assert _label(life, "exit_14d", 1, 100) == 1
    assert _label(life, "already_gone", 1, 100) == 0


def test_a_return_after_a_departure_is_a_new_life() -> None:
    life = Life(activity=_days(*range(60)), departures=[5 * DAY_US + 1])
    assert _label(life, "exit_14d", 6, 100) == 0


def test_leaving_with_a_reached_goal_is_label_zero_and_counted_apart() -> None:
    life = Life(activity=_days(0, 5), goals=_days(6))
    assert _label(life, "exit_14d", 1, 100) == 0
    history, rows = history_of([life], 100 * DAY_US), Rows(np.array([0]), np.array([DAY_US]))
    found = ExitSearch(history, GAP).find(rows.entity, rows.as_of_us)
    assert left_with_goal(rows, found, 14).tolist() == [True]
    assert left_with_goal(rows, found, 1).tolist() == [False]


def test_a_goal_long_after_the_exit_does_not_excuse_it() -> None:
    assert _label(Life(activity=_days(0), goals=_days(30)), "already_gone", 1, 100) == 1


def test_a_registration_starts_the_clock_of_the_never_active() -> None:
    assert _label(Life(registered=0), "already_gone", 1, 100) == 1
    assert math.isnan(_label(Life(), "already_gone", 1, 100))


def test_the_longer_horizon_never_has_fewer_exits() -> None:
    life = Life(activity=_days(*range(0, 40, 2)))
    for day in range(40):
        row = [_label(life, name, day, 120) for name in ("already_gone", "exit_14d", "exit_30d")]
        assert row == sorted(row)


def test_without_an_exit_gap_there_are_no_exit_labels_but_all_others() -> None:
    life = Life(activity=_days(*range(60)), completed=_days(*range(60)))
    assert math.isnan(_label(life, "exit_14d", 20, 100, None))
    assert _label(life, "inactive_14d", 20, 100, None) == 0


def test_a_low_rating_or_a_late_second_session_spoils_a_first_session() -> None:
    def label(second: float | None, rating: float | None) -> float:
        pair = (5 * DAY_US, None if second is None else int(second * DAY_US), rating)
        return _label(Life(pairs=[pair]), "first_session_success", 1, 100)

    assert label(35, None) == 1
    assert label(35.5, None) == 0
    assert label(None, 5) == 0
    assert label(6, 3.9) == 0
    assert label(6, 4) == 1


def test_usual_activity_counts_at_least_thirty_days() -> None:
    life = Life(activity=_days(0, 1), completed=_days(0, 1))
    history = history_of([life], 100 * DAY_US)
    usual = usual_of(history, Rows(np.array([0, 0, 0]), np.array(_days(2, 60, 120))))
    assert usual == pytest.approx([2, 1, 0])


def test_health_has_no_label_below_one_usual_session_or_in_the_first_thirty_days() -> None:
    life = Life(activity=_days(0, 40), completed=_days(0, 40))
    assert math.isnan(_label(life, "health", 29, 200))
    assert math.isnan(_label(life, "health", 125, 200))
    steady = Life(activity=_days(*range(0, 100, 5)), completed=_days(*range(0, 100, 5)))
    assert _label(steady, "health", 40, 200) == 1
    assert _label(steady, "health", 94, 200) == 0
    assert is_new(history_of([life], DAY_US), Rows(np.array([0]), np.array([0]))).tolist() == [True]


def test_every_label_declares_its_horizon() -> None:
    horizons = {name: (spec.horizon_days, spec.waits_for_gap) for name, spec in LABELS.items()}
    assert horizons["exit_30d"] == (30, True)
    assert horizons["first_session_success"] == (60, False)
    assert horizons["health"] == (30, False)
    assert [stop.name for stop in Stop] == ["CONTINUES", "EXIT", "GOAL", "UNKNOWN"]
