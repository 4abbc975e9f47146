"""Splits by time."""

import numpy as np
import pytest

from tutorpulse.clock import DAY_US
from tutorpulse.training.split import (
    CALIBRATION_SHARE,
    MIN_EACH,
    MIN_ROWS,
    Split,
    folds_by_log,
    split_by_time,
)

AS_OF = np.repeat(np.arange(100, dtype=np.int64), 20) * DAY_US
LABEL = np.tile([1.0, 0.0, 0.0, 0.0], 500)


def _split(embargo_days: tuple[int, ...], label: np.ndarray = LABEL) -> Split | str:
    return split_by_time(AS_OF, label, "binary", tuple(days * DAY_US for days in embargo_days))


def test_calibration_is_on_later_time_with_the_labels_delay_between() -> None:
    split = _split((14,))
    assert isinstance(split, Split)
    assert AS_OF[split.fit].max() + 14 * DAY_US <= AS_OF[split.calibrate].min()
    assert AS_OF[split.calibrate].max() == AS_OF.max()
    assert abs(split.calibrate.mean() - CALIBRATION_SHARE) < 0.02


def test_a_short_history_takes_the_shorter_embargo_and_says_so() -> None:
    split = _split((69, 30, 0))
    assert isinstance(split, Split)
    assert split.embargo_days == 30
    assert AS_OF[split.fit].max() + 30 * DAY_US <= AS_OF[split.calibrate].min()


def test_rows_without_a_label_are_in_neither_part() -> None:
    label = np.where(AS_OF % (2 * DAY_US) == 0, np.nan, LABEL)
    split = _split((5,), label)
    assert isinstance(split, Split)
    assert not np.isnan(label[split.fit | split.calibrate]).any()


def test_too_few_rows_or_outcomes_give_a_reason_in_place_of_a_split() -> None:
    few = np.where(np.arange(2000) < MIN_ROWS - 1, LABEL, np.nan)
    assert _split((0,), few) == (
        f"299 labelled rows, 75 of them positive; needed are {MIN_ROWS}, with {MIN_EACH} of each outcome"
    )
    assert "0 of them positive" in str(_split((0,), np.zeros(2000)))


def test_outcomes_all_at_one_time_are_too_few() -> None:
    early = np.where(AS_OF < 30 * DAY_US, LABEL, 0.0)
    assert "spread over time" in str(_split((0,), early))


def test_a_rate_needs_rows_and_not_outcomes() -> None:
    assert isinstance(split_by_time(AS_OF, np.full(2000, 2.5), "poisson", (0,)), Split)
    assert split_by_time(AS_OF[:9], np.ones(9), "poisson", (0,)) == "9 labelled rows, 300 needed"


def test_folds_are_whole_logs_and_hold_every_labelled_row() -> None:
    log = np.repeat(np.arange(5), 400)
    label = np.where(np.arange(2000) % 5 == 0, np.nan, LABEL)
    fold = folds_by_log(log, label, "binary")
    assert isinstance(fold, np.ndarray)
    assert fold[~np.isnan(label)].tolist() == [number for log in (0, 1, 2, 0, 1) for number in [log] * 320]
    assert set(fold[np.isnan(label)]) == {-1}


def test_two_logs_are_two_folds() -> None:
    fold = folds_by_log(np.repeat([3, 8], 1000), LABEL, "binary")
    assert isinstance(fold, np.ndarray)
    assert set(fold) == {0, 1}


@pytest.mark.parametrize("outcomes_of_log", [(1.0, 0.0), (0.0, 0.0)])
def test_a_log_without_either_outcome_cannot_calibrate_the_other(
    outcomes_of_log: tuple[float, float],
) -> None:
    label = np.repeat(outcomes_of_log, 1000)
    assert str(folds_by_log(np.repeat([0, 1], 1000), label, "binary")).endswith("spread over logs")


def test_one_log_alone_has_no_folds() -> None:
    found = folds_by_log(np.zeros(len(LABEL), np.int64), LABEL, "binary")
    assert isinstance(found, str)
    assert found.endswith("spread over logs")
