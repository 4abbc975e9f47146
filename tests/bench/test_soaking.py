"""A short soak."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tutorpulse.cli.app import app


@pytest.mark.slow
def test_a_short_soak_counts_posts_reads_and_errors_and_judges_memory(tmp_path: Path) -> None:
    command = ["bench", "soak", "--events", "3000", "--seconds", "5", "--in", str(tmp_path), "--json"]
    ran = CliRunner().invoke(app, command)
    assert ran.exit_code == 0, ran.output
    found = json.loads(ran.stdout)
    details = found["details"]
    assert details["errors"] == 0, details["first_error"]
    assert details["posts"] == 75
    assert details["reads"] > 0
    assert details["warm_seconds"] == 2.5
    assert details["database_gb_max"] == 0.25
    for at in ("start_mb", "end_mb", "mean_mb"):
        memory, *parts = (details[part][at] for part in ("memory", "database", "beside_database"))
        assert memory == pytest.approx(sum(parts))
        assert min(parts) > 0
    assert details["flat"] == details["memory"]["flat"]
    assert found["verdict"].startswith("Memory is ")
    assert 0 < found["value"] <= found["limit"] == 1000
