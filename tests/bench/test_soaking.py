"""A short soak."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tutorpulse.bench.served import logged_problems
from tutorpulse.cli.loading import whole_app
from tutorpulse.store.home import Home


def test_what_the_service_warned_of_is_told_and_what_is_no_log_too(tmp_path: Path) -> None:
    home = Home.open(tmp_path / "home", create=True)
    lines = ['{"level":"info","message":"serving"}', '{"level":"warning","message":"put off"}', "Traceback"]
    (tmp_path / "serve.log").write_text("\n".join(lines), encoding="utf-8")
    assert logged_problems(home) == lines[1:]


@pytest.mark.slow
def test_a_short_soak_counts_posts_reads_and_errors_and_judges_memory(tmp_path: Path) -> None:
    command = ["bench", "soak", "--events", "3000", "--seconds", "5", "--in", str(tmp_path), "--json"]
    ran = CliRunner().invoke(whole_app(), command)
    assert ran.exit_code == 0, ran.output
    found = json.loads(ran.stdout)
    details = found["details"]
    assert details["errors"] == 0, details["first_error"]
    assert details["posts"] == 50
    assert details["reads"] > 0
    assert 0 < details["fresh_p50_s"] <= details["fresh_p99_s"]
    assert details["warm_seconds"] == 5
    assert details["service_warnings"] == 0, details["first_service_warning"]
    assert details["database_gb_max"] == 0.25
    assert details["database_bound_mb"] == pytest.approx(238.4, abs=0.1)
    assert details["database_full"] is False, "so little does not fill it"
    for at in ("start_mb", "end_mb", "mean_mb"):
        memory, *parts = (details[part][at] for part in ("memory", "database", "beside_database"))
        assert memory == pytest.approx(sum(parts))
        assert min(parts) > 0
    assert details["flat"] == details["memory"]["flat"]
    assert found["verdict"].startswith("Memory is ")
    assert found["verdict"].endswith("so a rise may be that of its cache.")
    assert 0 < found["value"] <= found["limit"] == 500
