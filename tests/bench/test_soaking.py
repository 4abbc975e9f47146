"""The soak: its arithmetic, and a short one."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from tutorpulse.bench.soaking import Sample, slope_of
from tutorpulse.cli.app import app
from tutorpulse.errors import TutorpulseError


def test_the_slope_is_that_of_least_squares_over_the_last_two_thirds() -> None:
    draw = np.random.default_rng(1)
    at_s = np.arange(90.0)
    mb = 500 + at_s / 60 + draw.normal(0, 2, 90)
    mb[:30] -= 400  # Caches fill.
    samples = [Sample(s, m, -m) for s, m in zip(at_s.tolist(), mb.tolist(), strict=True)]
    found = slope_of(samples, "mb")
    assert slope_of(samples, "beside_mb").mb_per_hour == pytest.approx(-found.mb_per_hour)
    late = slice(30, None)
    (slope, _), covariance = np.polyfit(at_s[late] / 3600, mb[late], 1, cov=True)
    assert found.mb_per_hour == pytest.approx(slope)
    assert found.standard_error == pytest.approx(np.sqrt(covariance[0, 0]))
    assert found.mean_mb == pytest.approx(mb[late].mean())


@pytest.mark.parametrize(
    "samples", [[], [Sample(0.0, 1.0, 1.0)], [Sample(s, 1.0, 1.0) for s in (0.0, 1.0, 2.0)]]
)
def test_too_short_a_run_tells_no_slope(samples: list[Sample]) -> None:
    with pytest.raises(TutorpulseError, match=r"too short to tell how memory grew\. Give more seconds"):
        slope_of(samples, "mb")


def test_a_short_soak_counts_posts_reads_and_errors(tmp_path: Path) -> None:
    command = ["bench", "soak", "--events", "3000", "--seconds", "6", "--in", str(tmp_path), "--json"]
    ran = CliRunner().invoke(app, command)
    assert ran.exit_code == 0, ran.output
    found = json.loads(ran.stdout)
    assert found["details"]["errors"] == 0, found["details"]["first_error"]
    assert found["details"]["posts"] == 60
    assert found["details"]["reads"] > 0
    assert all(
        0 < beside < mb
        for mb, beside in zip(
            *(found["details"][n] for n in ("memory_mb", "beside_database_mb")), strict=True
        )
    )
    assert 0 < found["value"] <= found["limit"] == 1000
