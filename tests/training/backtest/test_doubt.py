"""The intervals of calibration, against a bootstrap written naively."""

import numpy as np
import pytest

from tutorpulse.training.backtest.doubt import calibration_doubt
from tutorpulse.training.calibrate import log_odds, logistic_line
from tutorpulse.training.evaluate import calibration_error

RNG = np.random.default_rng(4)
SIZE = 1_200
ENTITY = RNG.integers(0, 300, SIZE)
VALUE = RNG.uniform(0.02, 0.98, SIZE)
LABEL = (RNG.random(SIZE) < VALUE**1.3).astype(float)


def drawn_again(times: int) -> np.ndarray:
    """Error and slope of resamples of entities, from rows that are really repeated."""
    rng = np.random.default_rng(9)
    people = np.unique(ENTITY)
    rows_of = {person: np.flatnonzero(person == ENTITY) for person in people}
    found = []
    for _ in range(times):
        rows = np.concatenate([rows_of[person] for person in rng.choice(people, len(people))])
        label, value = LABEL[rows], VALUE[rows]
        found.append((calibration_error(label, value), logistic_line(log_odds(value), label)[0]))
    return np.array(found)


def test_both_intervals_are_those_of_rows_really_repeated() -> None:
    found = calibration_doubt(LABEL, VALUE, ENTITY, 1)
    assert found.ece.value == calibration_error(LABEL, VALUE)
    assert found.slope is not None
    assert found.slope.value == pytest.approx(logistic_line(log_odds(VALUE), LABEL)[0])
    again = np.percentile(drawn_again(200), (5, 95), axis=0)
    spread = again[1] - again[0]
    for place, interval in enumerate((found.ece, found.slope)):
        assert abs(interval.low - again[0, place]) < 0.25 * spread[place]
        assert abs(interval.high - again[1, place]) < 0.25 * spread[place]


def test_with_one_outcome_there_is_no_slope_and_one_entity_has_no_interval() -> None:
    found = calibration_doubt(np.zeros(30), VALUE[:30], np.zeros(30, np.int64), 1)
    assert found.slope is None
    assert found.ece.low is None
