"""`tutorpulse bench`."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tutorpulse.cli.loading import whole_app
from tutorpulse.errors import InputError

RUNNER = CliRunner()


def test_bench_import_prints_one_json_object_and_leaves_nothing_behind(tmp_path: Path) -> None:
    ran = RUNNER.invoke(
        whole_app(),
        ["bench", "import", "--events", "3000", "--repeats", "2", "--in", str(tmp_path), "--json"],
    )
    assert ran.exit_code == 0, ran.output
    found = json.loads(ran.stdout)
    assert {"name", "value", "unit", "limit", "ratio", "spread", "machine"} <= set(found)
    assert (found["name"], found["unit"], len(found["repeats"])) == ("import", "events/s", 2)
    assert found["details"]["events_before"] == 3000
    assert list(tmp_path.iterdir()) == []


def test_bench_says_a_sentence_without_json(tmp_path: Path) -> None:
    ran = RUNNER.invoke(
        whole_app(), ["bench", "import", "--events", "1000", "--repeats", "1", "--in", str(tmp_path)]
    )
    assert "events/s" in ran.stdout
    assert "of the limit" in ran.stdout


def test_an_unknown_benchmark_is_refused_with_the_known_ones() -> None:
    ran = RUNNER.invoke(whole_app(), ["bench", "speed"])
    assert isinstance(ran.exception, InputError)
    assert "'speed' is no benchmark. Give one of: import" in str(ran.exception)


@pytest.mark.parametrize("name", ["none", "file"])
def test_a_folder_to_work_in_must_exist(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    ran = RUNNER.invoke(whole_app(), ["bench", "import", "--in", str(tmp_path / name)])
    assert isinstance(ran.exception, InputError)
    assert "is no folder. Give one that exists with --in" in str(ran.exception)
