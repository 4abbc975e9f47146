"""`tutorpulse train` and `tutorpulse evaluate` as the shell runs them."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.training.worlds import tutor_events
from tutorpulse.model import registry
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def tutors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tutors") / "home"
    with EventStore.open(Home.open(path, create=True)) as store:
        store.append(tutor_events())
    return path


def test_train_prints_the_manifest_and_puts_the_model_in_force(
    tutors: Path, run: Run, capsys: Capture
) -> None:
    assert run("train", "--home", tutors, "--dates", 8, "--json") == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["model_version"] == registry.current_version(Home.open(tutors).models_path)
    assert printed["kinds"]["tutor"]["snapshot_count"] <= 8
    assert "cohorts" not in printed["kinds"]["tutor"]


def test_train_says_gap_missing_outputs_and_held_out_time(tutors: Path, run: Run, capsys: Capture) -> None:
    assert run("train", "--home", tutors, "--dates", 8, "--as-of", "1970-05-01", "--entity", "tutor") == 0
    printed = capsys.readouterr().out
    assert "tutor: " in printed
    assert "exit gap: " in printed
    assert "not predicted: first_session_success" in printed
    assert "no figures: the history is too short to hold any of it out" in " ".join(printed.split())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("train", "--as-of", "soon"), "'soon' is not a time"),
        (("train", "--entity", "student"), "There is no activity of any student"),
        (("train", "--as-of", "1970-01-20"), "too short to learn from"),
        (("evaluate", "--protocol", "cdnow", "--sample", "missing.txt"), "missing.txt cannot be read"),
    ],
)
def test_what_cannot_be_done_is_said_with_exit_code_2(
    tutors: Path, run: Run, capsys: Capture, arguments: tuple[str, ...], message: str
) -> None:
    assert run(*arguments, "--home", tutors) == 2
    assert message in " ".join(capsys.readouterr().err.split())


def test_without_a_home_train_says_to_import(tmp_path: Path, run: Run, capsys: Capture) -> None:
    assert run("train", "--home", tmp_path / "none") == 2
    assert "tutorpulse import" in capsys.readouterr().err
