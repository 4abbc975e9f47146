"""How heads make outputs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutorpulse.model.outputs import HEADS, output_spec, output_specs, sigmoid

MARGIN = st.floats(-30, 30)


@given(MARGIN, MARGIN, MARGIN)
def test_gone_is_never_above_fourteen_days_nor_that_above_thirty(a: float, b: float, c: float) -> None:
    margins = [np.array([z]) for z in (a, b, c)]
    specs = [output_spec(name, "exit") for name in ("already_gone", "churn_risk_14d", "churn_risk_30d")]
    gone, soon, later = (spec.value(margins[: len(spec.heads)])[0] for spec in specs if spec)
    assert 0 <= gone <= soon <= later <= 1


@given(MARGIN, MARGIN)
def test_thirty_days_of_silence_are_never_likelier_than_fourteen(a: float, b: float) -> None:
    margins = [np.array([a]), np.array([b])]
    short, long = output_spec("inactive_14d", "exit"), output_spec("inactive_30d", "exit")
    assert short is not None
    assert long is not None
    assert 0 <= long.value(margins)[0] <= short.value(margins[:1])[0] <= 1


@pytest.mark.parametrize("spec", [*output_specs("exit"), *output_specs("inactive")], ids=lambda s: s.name)
def test_the_gradient_is_that_of_the_value(spec) -> None:
    rng = np.random.default_rng(3)
    margins = [rng.normal(0, 2, 50) for _ in spec.heads]
    step = 1e-6
    for k, slope in enumerate(spec.gradient(margins)):
        up, down = ([*margins[:k], margins[k] + s, *margins[k + 1 :]] for s in (step, -step))
        numeric = (spec.value(up) - spec.value(down)) / (2 * step)
        np.testing.assert_allclose(slope, numeric, rtol=1e-4, atol=1e-6)


def test_where_churn_means_inactivity_nobody_is_said_to_have_left() -> None:
    assert output_spec("already_gone", "inactive") is None
    churn, inactive = output_spec("churn_risk_30d", "inactive"), output_spec("inactive_30d", "inactive")
    assert churn is not None
    assert inactive is not None
    assert (churn.label, churn.heads) == (inactive.label, inactive.heads)


def test_every_head_of_every_output_is_declared() -> None:
    declared = {spec.name for spec in HEADS}
    used = {head for label in ("exit", "inactive") for spec in output_specs(label) for head in spec.heads}
    assert used == declared


def test_the_logistic_curve_does_not_overflow() -> None:
    assert sigmoid(np.array([-1000.0, 0.0, 1000.0])).tolist() == [0, 0.5, 1]
