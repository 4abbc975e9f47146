import sys

import numpy as np
import pytest

from tutorpulse.errors import InputError
from tutorpulse.training.baselines.survival import fit_forest, silent_for


class Forest:
    """Every row's silence outlasts one day in two, ten days in four, twenty days in ten."""

    unique_times_ = np.array([1.0, 10.0, 20.0])

    def predict_survival_function(self, rows: np.ndarray, return_array: bool) -> np.ndarray:
        assert return_array
        return np.tile([0.5, 0.25, 0.1], (len(rows), 1))


@pytest.mark.parametrize(("days", "expected"), [(0.5, 1.0), (1, 0.5), (14, 0.25), (30, 0.1)])
def test_a_curve_is_read_at_the_last_step_before_the_horizon(days: float, expected: float) -> None:
    assert silent_for(Forest(), np.zeros((7000, 2)), days).tolist() == [expected] * 7000


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sksurv.ensemble", None)
    with pytest.raises(InputError, match=r"pip install 'tutorpulse\[baselines\]'"):
        fit_forest(np.zeros((2, 1)), np.ones(2), np.ones(2), 1)
