"""Fitted heads."""

import numpy as np
import pytest

from tests.model.made import NAMES, heads_of, matrix_of
from tutorpulse.errors import ArtifactError
from tutorpulse.model.heads import fit_head, head_from_text

ROWS = matrix_of(500)
LABEL = (np.nan_to_num(ROWS[:, 0]) > 0).astype(np.float64)


def test_the_same_input_and_seed_give_the_same_trees() -> None:
    texts = {fit_head("h", "binary", ROWS, LABEL, NAMES, 7).text() for _ in range(3)}
    assert len(texts) == 1


def test_text_keeps_every_score() -> None:
    head = heads_of(ROWS)["already_gone"]
    again = head_from_text(head.name, head.objective, head.text(), head.slope, head.intercept)
    np.testing.assert_array_equal(head.margins(ROWS), again.margins(ROWS))


def test_text_that_is_no_model_is_refused() -> None:
    with pytest.raises(ArtifactError, match=r"head 'gone' cannot be read.*tutorpulse train"):
        head_from_text("gone", "binary", "no trees", 1, 0)


def test_contributions_add_up_to_the_margin() -> None:
    head = heads_of(ROWS)["health"]
    contributions, start = head.contributions(ROWS)
    assert contributions.shape == ROWS.shape
    np.testing.assert_allclose(contributions.sum(axis=1) + start, head.margins(ROWS), atol=1e-9)


def test_calibration_moves_the_margin_and_nothing_else() -> None:
    head = fit_head("h", "binary", ROWS, LABEL, NAMES, 7)
    np.testing.assert_allclose(head.calibrated(2, -1).margins(ROWS), 2 * head.raw(ROWS) - 1)
