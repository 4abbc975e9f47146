"""`tutorpulse evaluate --protocol simulated`."""

import json

import pytest
from typer.testing import CliRunner

from tutorpulse.cli import console
from tutorpulse.cli.loading import whole_app
from tutorpulse.errors import InputError

RUNNER = CliRunner()
ASKED = ["evaluate", "--protocol", "simulated", "--tutors", "40", "--students", "400"]
SMALL = ["--mornings", "1", "--continuations", "4", "--oracle-marketplaces", "0"]


@pytest.mark.slow
def test_simulated_prints_one_json_object() -> None:
    ran = RUNNER.invoke(whole_app(), [*ASKED, *SMALL, "--seeds", "401", "--json"])
    assert ran.exit_code == 0, ran.output
    found = json.loads(ran.stdout)
    assert (found["tutors"], found["students"], found["mornings"], found["continuations"]) == (40, 400, 1, 4)
    assert [each["seed"] for each in found["seeds"]] == [401]
    student = found["seeds"][0]["scorers"]["starter"]["student"]["risks"]["churn_risk_14d"]
    assert 0.5 < student["auc"] < 1
    assert found["spread"]["starter"]["student"]["churn_risk_14d"]["auc"]["mean"] == student["auc"]


@pytest.mark.slow
def test_simulated_prints_tables_for_people(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "140")
    monkeypatch.setattr(console, "out", console.Console(highlight=False))
    ran = RUNNER.invoke(whole_app(), [*ASKED, *SMALL, "--seeds", "402"])
    assert ran.exit_code == 0, ran.output
    for words in ("starter model, tutors", "starter model, students", "churn_risk_30d", "always the mean"):
        assert words in ran.stdout


@pytest.mark.parametrize("seeds", ["one", "1,,2", ""])
def test_what_is_no_seed_is_refused(seeds: str) -> None:
    ran = RUNNER.invoke(whole_app(), [*ASKED, "--seeds", seeds])
    assert isinstance(ran.exception, InputError)
    assert "are no seeds. Give whole numbers such as 201,202,203" in str(ran.exception)


def test_a_seed_that_taught_is_refused() -> None:
    ran = RUNNER.invoke(whole_app(), [*ASKED, "--seeds", "150"])
    assert isinstance(ran.exception, InputError)
    assert "Seed 150 cannot judge" in str(ran.exception)
