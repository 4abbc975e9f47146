"""The benchmarks of the service, small: that they measure what they say, not how fast."""

from pathlib import Path

import pytest

from tutorpulse.bench import ingesting
from tutorpulse.bench.filling import filled_home
from tutorpulse.bench.harness import Options
from tutorpulse.bench.posting import Connection
from tutorpulse.bench.served import served

pytest.importorskip("uvicorn")


def test_a_served_home_answers_and_ends(tmp_path: Path) -> None:
    home = filled_home(Options(1_000, 1, tmp_path))
    with served(home) as service:
        connection = Connection(service)
        assert connection.ask(service.head("GET", "/healthz"))[0] == 200
        assert connection.ask(service.head("GET", "/v1/features"))[0] == 200
        connection.close()
    with pytest.raises(OSError, match="refused"):
        Connection(service)


@pytest.mark.slow
def test_the_ingest_benchmark_runs_small(tmp_path: Path) -> None:
    found = ingesting.run(Options(20_000, 1, tmp_path))
    assert (found.details["events_posted"], found.details["long_events_posted"]) == (1_000, 4_000)
    assert found.details["readable_events_per_second"][0] < found.value
    assert found.value > 0
