import numpy as np

from tests.training.backtest.made import lines_made
from tutorpulse.clock import DAY_US
from tutorpulse.training.backtest.grouping import (
    by_cohort,
    by_members,
    by_model,
    by_period,
    by_tenure,
    members_of,
    period_names,
)

JANUARY_US = 19_723 * DAY_US  # 2024-01-01


def test_an_unknown_tenure_counts_as_new() -> None:
    lines = lines_made(4, tenure_days=np.array([np.nan, 29.9, 30.0, 400.0]))
    assert {name: mask.tolist() for name, mask in by_cohort(lines)} == {
        "new": [True, True, False, False],
        "established": [False, False, True, True],
    }


def test_periods_are_months_then_quarters_then_years_so_that_there_are_not_too_many() -> None:
    def days(*numbers: int) -> np.ndarray:
        return JANUARY_US + np.array(numbers) * DAY_US

    assert period_names(days(0, 40)) == ["2024-01", "2024-02"]
    assert set(period_names(days(*range(0, 800, 10)))) == {
        *(f"2024 Q{q}" for q in (1, 2, 3, 4)),
        *(f"2025 Q{q}" for q in (1, 2, 3, 4)),
        "2026 Q1",
    }
    assert period_names(days(0, 1))[0] == "2024-01"
    assert set(period_names(days(*range(0, 365 * 8, 20)))) == {str(year) for year in range(2024, 2032)}


def test_every_row_is_in_one_period_one_model_and_one_tenure() -> None:
    rng = np.random.default_rng(1)
    lines = lines_made(
        200,
        as_of_us=JANUARY_US + rng.integers(0, 300, 200) * DAY_US,
        tenure_days=rng.uniform(0, 900, 200),
        version=np.array(["a", "b"], dtype=object)[rng.integers(0, 2, 200)],
    )
    for groups in (by_period(lines), by_model(lines), by_tenure(lines)):
        assert (np.sum([mask for _, mask in groups], axis=0) == 1).all()


def test_an_entity_is_in_all_its_subjects_and_in_none_without() -> None:
    members = members_of(
        np.array([0, 1, 1, -1]), np.array(["maths", "maths", "physics", "art"], dtype=object)
    )
    assert {name: sorted(codes.tolist()) for name, codes in members.items()} == {
        "maths": [0, 1],
        "physics": [1],
    }
    lines = lines_made(3, entity=np.array([0, 1, 2]))
    assert {name: mask.tolist() for name, mask in by_members(lines, members)} == {
        "maths": [True, True, False],
        "physics": [False, True, False],
    }
    assert members_of(np.array([-1]), np.array(["art"], dtype=object)) == {}
