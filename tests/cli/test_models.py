import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.model.made import HASH, artifact_of
from tests.service.logs import home_with, lessons
from tutorpulse.model.artifact import save
from tutorpulse.service.lifecycle import promoting
from tutorpulse.store.home import Home

OWN = artifact_of()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(promoting, "feature_set_hash", lambda: HASH)
    path = tmp_path / "home"
    home_with(path, lessons(2, 30))
    save(OWN, Home.open(path).models_path)
    return path


def test_models_are_listed_promoted_and_rolled_back(
    home: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("models", "list", "--home", home, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [m["version"] for m in found["models"]][1:] == [OWN.version]
    assert found["history"] == []
    assert run("models", "promote", OWN.version, "--reason", "try it", "--home", home) == 0
    assert capsys.readouterr().out == f"In force: {OWN.version}; before: the starter model.\n"
    assert run("models", "rollback", "--home", home, "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"model_version": "starter", "before": OWN.version}
    assert run("models", "list", "--home", home) == 0
    shown = capsys.readouterr().out
    assert f"promoted {OWN.version} by " in shown
    assert "(try it)" in shown
    assert run("audit", "--home", home, "--json") == 0
    acts = [(e["actor_kind"], e["action"], e["target_id"]) for e in json.loads(capsys.readouterr().out)]
    assert acts == [("shell", "rollback model", "starter"), ("shell", "promote model", OWN.version)]
    assert run("models", "rollback", "--home", home) == 2
    assert "no record of what served before the starter model" in " ".join(capsys.readouterr().err.split())


def test_an_unknown_model_is_refused_with_the_known_ones(
    home: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in (("promote", "nope"), ("compare", OWN.version, "nope")):
        assert run("models", *arguments, "--home", home) == 2
        assert "There is no model 'nope' here." in " ".join(capsys.readouterr().err.split())


def test_a_model_is_set_in_shadow_shown_in_the_list_and_lifted(
    home: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("models", "shadow", "--home", home) == 0
    assert capsys.readouterr().out == "In shadow: none.\n"
    assert run("models", "shadow", OWN.version, "--home", home) == 0
    assert capsys.readouterr().out == f"In shadow: {OWN.version}.\n"
    assert run("models", "list", "--home", home) == 0
    assert "in shadow" in capsys.readouterr().out
    assert run("models", "shadow", OWN.version, "--off", "--home", home) == 2
    assert "not both" in capsys.readouterr().err
    assert run("models", "shadow", "--off", "--home", home, "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"shadow": None}
    assert run("audit", "--home", home, "--json") == 0
    acts = [e["action"] for e in json.loads(capsys.readouterr().out)]
    assert acts == ["lift shadow", "cast shadow"]
