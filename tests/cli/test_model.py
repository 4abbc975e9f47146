"""`tutorpulse model`: packaged, then served by the real command."""

import json
import signal
import subprocess
import sys
import tarfile
import urllib.request
from pathlib import Path

import pytest

from tests.cli.conftest import Run

Capture = pytest.CaptureFixture[str]


def test_a_packaged_model_is_served_until_it_is_stopped(run: Run, capsys: Capture, tmp_path: Path) -> None:
    events, home, out = tmp_path / "events.ndjson", tmp_path / "home", tmp_path / "model.tar.gz"
    days = ("--start", "2026-01-01", "--end", "2026-02-01")
    assert run("simulate", "--tutors", 3, "--students", 20, *days, "--out", events) == 0
    assert run("import", events, "--home", home) == 0
    capsys.readouterr()
    assert run("model", "package", "--home", home, "--out", out, "--json") == 0
    packed = json.loads(capsys.readouterr().out)
    assert packed["bytes"] == out.stat().st_size
    assert packed["model_version"].startswith("starter-")
    with tarfile.open(out) as tar:
        tar.extractall(tmp_path / "model", filter="data")
    command = [
        sys.executable,
        "-m",
        "tutorpulse",
        "model",
        "serve",
        "--folder",
        tmp_path / "model",
        "--port",
        "0",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as served:
        assert served.stdout is not None
        address = served.stdout.readline().split(" at ")[1].strip()
        assert urllib.request.urlopen(address + "/ping").status == 200
        asked = urllib.request.Request(
            address + "/invocations",
            b",".join([b"1"] * 46),
            {"Content-Type": "text/csv", "X-Amzn-SageMaker-Custom-Attributes": "entity_type=tutor"},
        )
        assert len(json.load(urllib.request.urlopen(asked))["predictions"]) == 1
        served.send_signal(signal.SIGTERM)
    assert served.returncode in (0, -signal.SIGTERM)


def test_an_archive_of_another_kind_is_refused(run: Run, capsys: Capture, tmp_path: Path) -> None:
    assert run("model", "package", "--out", tmp_path / "model.zip") == 2
    assert "is no .tar.gz" in capsys.readouterr().err.replace("\n", " ")


def test_the_models_in_force_are_written_as_onnx_graphs(run: Run, capsys: Capture, tmp_path: Path) -> None:
    events, home, out = tmp_path / "events.ndjson", tmp_path / "home", tmp_path / "graphs"
    days = ("--start", "2026-01-01", "--end", "2026-01-10")
    assert run("simulate", "--tutors", 3, "--students", 20, *days, "--out", events) == 0
    assert run("import", events, "--home", home) == 0
    capsys.readouterr()
    assert run("model", "export", "--onnx", out, "--home", home, "--json") == 0
    written = json.loads(capsys.readouterr().out)
    assert [Path(graph["file"]).name for graph in written] == ["tutor.onnx", "student.onnx"]
    for graph in written:
        assert graph["bytes"] == Path(graph["file"]).stat().st_size
        assert {"churn_risk_14d", "health_score", "session_velocity"} <= set(graph["outputs"])
    (tmp_path / "file").write_text("")
    assert run("model", "export", "--onnx", tmp_path / "file", "--home", home) == 2
    assert "cannot be written" in " ".join(capsys.readouterr().err.split())
