"""Base rates by cohort."""

import msgspec
import numpy as np

from tutorpulse.model.cohorts import MIN_LABELS, CohortTable, bands, cohort_table


def _table(label: list[float], tenure: float, had_session: bool) -> CohortTable:
    n = len(label)
    return cohort_table({"health_score": np.array(label)}, np.full(n, tenure), np.full(n, had_session))


def test_a_band_with_enough_labels_shows_its_own_rate() -> None:
    table = _table([1.0] * 20 + [0.0] * 20, 50, True)
    assert table.rates("health_score", np.array([40.0]), np.array([True])).tolist() == [0.5]


def test_the_first_days_show_the_rate_of_those_who_just_left_them() -> None:
    young, old = np.full(40, 50.0), np.full(40, 500.0)
    label = np.concatenate([np.full(40, 1.0), np.full(40, 0.0)])
    table = cohort_table({"health_score": label}, np.concatenate([young, old]), np.full(80, True))
    assert table.rates("health_score", np.array([3.0, 400.0]), np.array([True, True])).tolist() == [1, 0]


def test_without_enough_labels_anywhere_there_is_no_rate() -> None:
    table = _table([1.0] * (MIN_LABELS - 1), 50, True)
    assert np.isnan(table.rates("health_score", np.array([40.0]), np.array([True]))).all()
    assert np.isnan(table.rates("unknown", np.array([40.0]), np.array([True]))).all()


def test_those_without_a_session_fall_back_on_all() -> None:
    table = _table([1.0] * 40, 50, True)
    assert table.rates("health_score", np.array([2.0]), np.array([False])).tolist() == [1]


def test_missing_labels_do_not_count() -> None:
    table = _table([1.0] * 40 + [np.nan] * 100, 50, True)
    assert table.counts["health_score"][1][2] == 40


def test_bands_begin_at_their_start_and_unknown_tenure_is_the_shortest() -> None:
    assert bands(np.array([0, 6.9, 7, 30, 90, 365, 9999, np.nan])).tolist() == [0, 0, 1, 2, 3, 4, 4, 0]


def test_a_table_survives_json() -> None:
    table = _table([1.0] * 40, 50, True)
    assert msgspec.json.decode(msgspec.json.encode(table), type=CohortTable) == table
