"""`tutorpulse features` and its benchmark."""

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.cli.conftest import Run, session
from tests.service.world import NOW_US, opened
from tutorpulse.cli.loading import whole_app
from tutorpulse.features.compile import CATALOGS, feature_set_hash
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def logged(tmp_path: Path) -> Path:
    """A home with two sessions of two tutors, a day before its newest event."""
    path = tmp_path / "home"
    with opened(path, NOW_US, session(0, "ann", 30.0), session(1, "bob", 90.0)):
        return path


def test_features_are_written_in_the_catalogs_order(logged: Path, run: Run, tmp_path: Path) -> None:
    out = tmp_path / "tutors.csv"
    assert run("features", "--home", logged, "--entity", "tutor", "--as-of", "2024-10-04", "--out", out) == 0
    with out.open(encoding="utf-8") as file:
        header, *rows = list(csv.reader(file))
    shown = [feature.name for feature in CATALOGS["tutor"].shown()]
    assert header == ["entity_type", "entity_id", "as_of", *shown]
    ann, bob = (dict(zip(header, row, strict=True)) for row in rows)
    assert (ann["entity_id"], ann["as_of"], ann["entity_type"]) == ("ann", "2024-10-04T00:00:00Z", "tutor")
    assert float(ann["sessions_completed_7d"]) == 1
    assert (bob["avg_rating"], float(bob["days_since_last_session"])) == ("", 1)


def test_features_are_written_as_parquet(logged: Path, run: Run, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "students.parquet"
    arguments = ("features", "--home", logged, "--entity", "student", "--out", out, "--json")
    assert run(*arguments) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 1
    assert out.read_bytes()[:4] == b"PAR1"


def test_features_of_an_old_log_are_as_of_its_newest_event(
    logged: Path, run: Run, tmp_path: Path, capsys: Capture
) -> None:
    assert run("features", "--home", logged, "--entity", "tutor", "--out", tmp_path / "t.csv") == 0
    printed = capsys.readouterr().out
    assert "2 rows of tutors as of 2024-10-04T00:00:00Z" in printed
    assert "That is the newest event's time, more than a day ago. Give --as-of for another." in printed


def test_a_time_asked_for_is_seen_with_what_was_known_by_then(
    logged: Path, run: Run, tmp_path: Path, capsys: Capture
) -> None:
    asked = ("features", "--home", logged, "--entity", "tutor", "--out", tmp_path / "t.csv", "--json")
    assert run(*asked, "--as-of", "2024-10-04", "--known-at", "2024-10-01") == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 0


def test_the_catalog_is_listed(run: Run, capsys: Capture) -> None:
    assert run("features", "--list", "--entity", "student") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(CATALOGS["student"].shown())
    assert lines[0] == "student  1 sessions_7d (sessions): Completed sessions of the last 7 days."


def test_the_catalog_is_listed_as_json(run: Run, capsys: Capture) -> None:
    assert run("features", "--list", "--json") == 0
    listed = json.loads(capsys.readouterr().out)
    assert set(listed) == {"hash", "tutor", "student"}
    assert listed["hash"] == feature_set_hash()
    assert set(listed["tutor"][0]) == {"name", "group", "unit", "sentence", "healthy", "reach"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--entity", "tutors"), "'tutors' is no kind of entity. Give one of: tutor, student."),
        (("--entity", "tutor"), "Give --entity and --out, or --list"),
        (("--entity", "tutor", "--out", "t.xls"), "t.xls ends with none of .csv"),
        (("--entity", "tutor", "--out", "t.csv", "--as-of", "May"), "'May' is not a time"),
    ],
    ids=lambda value: value[-1] if isinstance(value, tuple) else "",
)
def test_bad_arguments_end_with_2_and_say_what_to_do(
    logged: Path, run: Run, capsys: Capture, arguments: tuple[str, ...], message: str
) -> None:
    assert run("features", "--home", logged, *arguments) == 2
    assert message in " ".join(capsys.readouterr().err.split())


def test_features_of_an_empty_home_say_to_import_first(run: Run, tmp_path: Path, capsys: Capture) -> None:
    EventStore.open(Home.open(tmp_path / "home", create=True)).close()
    asked = ("features", "--home", tmp_path / "home", "--entity", "tutor", "--out", tmp_path / "t.csv")
    assert run(*asked) == 2
    assert "holds no events. Run `tutorpulse import FILE` first." in " ".join(capsys.readouterr().err.split())


def test_bench_features_prints_one_json_object(tmp_path: Path) -> None:
    ran = CliRunner().invoke(
        whole_app(),
        ["bench", "features", "--events", "5000", "--repeats", "2", "--in", str(tmp_path), "--json"],
    )
    assert ran.exit_code == 0, ran.output
    found = json.loads(ran.stdout)
    assert (found["name"], found["unit"], len(found["repeats"])) == ("features", "s", 2)
    assert found["details"]["events"] == 5000
    assert found["details"]["tutors"] == 10
    assert 0 < found["ratio"] <= 1
