"""What is told of the looks at a served home's memory."""

import pytest

from tutorpulse.bench.watching import Sample, filled, trends_of


def looked(database_mb: float) -> Sample:
    return Sample(0.0, 800.0, 200.0, database_mb, 100.0, 10.0)


@pytest.mark.parametrize(("most_mb", "full"), [(380.0, True), (370.0, False)])
def test_a_database_is_full_once_it_reached_its_bound_before_the_measured_time(
    most_mb: float, full: bool
) -> None:
    told = filled(0.4, [looked(200.0), looked(most_mb), looked(300.0)])
    assert told["database_full"] is full
    assert told["database_bound_mb"] == pytest.approx(381.47, abs=0.01)
    assert told["database_warm_most_mb"] == most_mb


def test_the_database_and_the_rest_are_the_whole_and_mapped_files_are_not_counted() -> None:
    looks = [Sample(float(s), 800.0 + s, 200.0, 300.0 + 2 * s, 100.0, 10.0 + s) for s in range(20)]
    rises = {name: trend.rise_mb for name, trend in trends_of(looks).items()}
    assert rises == pytest.approx(
        {
            "memory": 19.0,
            "database": 38.0,
            "beside_database": -19.0,
            "database_kept": 0.0,
            "database_pending": 19.0,
            "mapped_files": 0.0,
        }
    )
