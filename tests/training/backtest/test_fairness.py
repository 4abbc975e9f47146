"""The fairness table, against shares counted by hand."""

from dataclasses import replace

import numpy as np
import pytest

from tests.training.backtest.made import lines_made
from tutorpulse.training.backtest.fairness import MIN_ROWS, fairness_of
from tutorpulse.training.backtest.grouping import NO_TRAITS, Traits
from tutorpulse.training.backtest.lines import Lines
from tutorpulse.training.track.shapes import Bound

RNG = np.random.default_rng(2)
SIZE = 4_000
RISK = RNG.uniform(0.05, 0.7, SIZE)
BOUND = (Bound("student_at_risk_churn_14d_above", 0.4),)


def lines(said_of_north: float) -> tuple[Lines, Traits]:
    """True risks, but those of the first half, the north, are told times a factor."""
    north = np.arange(SIZE) < SIZE // 2
    made = lines_made(
        SIZE,
        label=(RNG.random(SIZE) < RISK).astype(float),
        value=np.where(north, np.clip(RISK * said_of_north, 0, 1), RISK),
    )
    return made, Traits({}, {"north": np.arange(SIZE // 2), "south": np.arange(SIZE // 2, SIZE)})


def test_a_group_whose_risk_is_understated_is_marked_and_missed() -> None:
    made, traits = lines(0.5)
    found = {line.group: line for line in fairness_of(made, traits, BOUND, 1) if line.by == "region"}
    north = found["north"]
    assert north.excess.value == pytest.approx(-RISK[: SIZE // 2].mean() / 2, abs=0.03)
    assert {"excess", "recall"} <= set(north.apart)
    assert north.recall is not None
    assert found["south"].recall is not None
    assert north.recall.value < found["south"].recall.value


def test_groups_treated_alike_are_not_marked() -> None:
    made, traits = lines(1.0)
    regions = [line for line in fairness_of(made, traits, BOUND, 1) if line.by == "region"]
    assert [line.apart for line in regions] == [(), ()]


def test_shares_are_those_counted() -> None:
    made, traits = lines(1.0)
    north = next(line for line in fairness_of(made, traits, BOUND, 1) if line.group == "north")
    own, flagged = made.label[: SIZE // 2], made.value[: SIZE // 2] > 0.4
    assert north.rows == SIZE // 2
    assert north.flagged.value == flagged.mean()
    assert north.precision is not None
    assert north.precision.value == own[flagged].mean()
    assert north.recall is not None
    assert north.recall.value == pytest.approx(flagged[own == 1].mean())
    assert north.false_alarms is not None
    assert north.false_alarms.value == pytest.approx(flagged[own == 0].mean())
    assert (north.flag, north.bound) == ("student_at_risk_churn_14d_above", 0.4)


def test_without_a_bound_the_riskiest_are_flagged_and_small_groups_and_other_outputs_are_left_out() -> None:
    made, traits = lines(1.0)
    whole = list(fairness_of(made, NO_TRAITS, (), 1))
    assert [line.by for line in whole] == ["tenure"]
    assert whole[0].flagged.value == pytest.approx(0.05)
    small = Traits({}, {"few": np.arange(MIN_ROWS - 1)})
    assert [line.group for line in fairness_of(made, small, BOUND, 1) if line.by == "region"] == []
    assert list(fairness_of(replace(made, output="health_score"), traits, BOUND, 1)) == []
