"""Drivers add up."""

import numpy as np
import pytest

from tests.model.made import NAMES, heads_of, matrix_of
from tutorpulse.model.explain import average_of, explain_rows, path_contributions
from tutorpulse.model.outputs import output_spec, output_specs

ROWS = matrix_of(300)
HEADS = heads_of(ROWS)
SPECS = [*output_specs("exit"), *output_specs("inactive")[:2]]


@pytest.mark.parametrize("spec", SPECS, ids=lambda s: f"{s.name}-{s.label}")
def test_drivers_and_rest_add_up_to_the_prediction_minus_the_average(spec) -> None:
    average = average_of(spec, HEADS, ROWS[:200])
    values = spec.value([HEADS[name].margins(ROWS) for name in spec.heads]) * spec.shown_scale
    assert average.prediction == pytest.approx(values[:200].mean())
    for explanation, value in zip(
        explain_rows(spec, HEADS, average, NAMES, ROWS[200:], 5), values[200:], strict=True
    ):
        assert explanation.prediction == pytest.approx(value)
        total = sum(driver.contribution for driver in explanation.drivers) + explanation.rest
        assert explanation.average + total == pytest.approx(value, abs=1e-6)


def test_the_largest_drivers_come_first_with_their_values() -> None:
    spec = output_spec("churn_risk_14d", "exit")
    assert spec is not None
    average = average_of(spec, HEADS, ROWS)
    (explanation,) = explain_rows(spec, HEADS, average, NAMES, ROWS[:1], 4)
    sizes = [abs(driver.contribution) for driver in explanation.drivers]
    assert sizes == sorted(sizes, reverse=True)
    assert len(sizes) == 4
    for driver in explanation.drivers:
        np.testing.assert_equal(driver.value, float(ROWS[0, NAMES.index(driver.feature)]))


def test_the_path_is_exact_for_one_head() -> None:
    """With one head the integral has a closed form: (p(z) - p(z0)) / (z - z0) times the margin's contribution."""
    spec = output_spec("health_score", "exit")
    assert spec is not None
    contributions, values = path_contributions(spec, HEADS, ROWS)
    phi, start = HEADS["health"].contributions(ROWS)
    z = phi.sum(axis=1) + start
    secant = (values - spec.value([np.full(len(z), start)])) / (z - start)
    np.testing.assert_allclose(contributions, secant[:, None] * phi, atol=1e-8)
