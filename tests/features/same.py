"""Whether two frames hold the same."""

import numpy as np

from tutorpulse.features.compute import FACT_NAMES
from tutorpulse.features.frame import FeatureFrame


def assert_same(found: FeatureFrame, expected: FeatureFrame) -> None:
    """The same entities, features, context and facts, but for what single precision leaves."""
    assert found.entity_ids.tolist() == expected.entity_ids.tolist()
    np.testing.assert_allclose(found.features, expected.features, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(found.context, expected.context, rtol=1e-6, atol=1e-6)
    for name in FACT_NAMES:
        np.testing.assert_array_equal(found.facts[name], expected.facts[name], err_msg=name)
