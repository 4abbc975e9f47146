"""What a result says of repeats, limits and machines."""

import platform

import pytest

from tutorpulse.bench import harness


def test_the_value_is_the_median_and_the_spread_is_of_all_repeats() -> None:
    found = harness.result("x", "events/s", [80.0, 100.0, 130.0], 200.0, {}, smaller_is_better=False)
    assert (found.value, found.spread, found.ratio) == (100.0, 0.5, 0.5)


def test_a_time_is_measured_against_the_shortest_possible() -> None:
    found = harness.result("x", "s", [4.0], 1.0, {}, smaller_is_better=True)
    assert (found.ratio, found.spread) == (0.25, None)


def test_the_machine_is_described_without_its_name() -> None:
    machine = harness.machine()
    assert {"cores", "memory_gb", "processor", "python", "duckdb"} <= set(machine)
    assert platform.node() not in {str(value) for value in machine.values()}


def test_seconds_are_those_that_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter([10.0, 12.5])
    monkeypatch.setattr(harness.time, "perf_counter", lambda: next(ticks))
    assert harness.seconds(lambda: None) == 2.5
