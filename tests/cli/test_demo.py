"""The demonstration's end: a service with a feed. The rest of it is tested with the verbs."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO

import httpx
import pytest

from tests.cli.conftest import Run
from tutorpulse.store.home import Home

SERVE = """
import sys
from pathlib import Path
from tutorpulse.cli.demo_live import Feed, serve_demo
from tutorpulse.simulate import parameters, population
from tutorpulse.store.home import Home
world = population.new_world(parameters.load(None), 20, 200, 20_000, 30, 7)
home = Home.open(Path(sys.argv[1]), create=True)
serve_demo(home.path, 0, Feed(world, 200.0), {"summary": 1})
"""


def watch(command: list[str], needed: int) -> dict[str, object]:
    """What the command tells as JSON, once its feed has brought so many events in and it was stopped in order."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout
        told: dict[str, object] = json.loads(_first_object(process.stdout))
        headers = {"Authorization": f"Bearer {told['key']}"}
        with httpx.Client() as browser:
            assert browser.get(str(told["link"])).headers["location"] == "/"
            assert browser.get(f"{told['address']}/v1/audit").status_code == 200
        assert httpx.get(str(told["link"])).status_code == 404
        while _accepted(str(told["address"]), headers) < needed:
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0
        return told
    finally:
        process.kill()
        process.wait()


def _first_object(out: IO[str]) -> str:
    text = ""
    for line in out:
        text += line
        if line == "}\n":
            break
    return text


def _accepted(address: str, headers: dict[str, str]) -> float:
    text = httpx.get(address + "/metrics", headers=headers).text
    line = next(x for x in text.splitlines() if x.startswith('tutorpulse_events_total{outcome="accepted"}'))
    return float(line.split()[-1])


def test_the_demonstration_serves_on_loopback_and_is_fed(tmp_path: Path) -> None:
    told = watch([sys.executable, "-c", SERVE, str(tmp_path / "home")], 100)
    assert str(told["address"]).startswith("http://127.0.0.1:")
    assert told["summary"] == 1
    log = (tmp_path / "home" / "serve.log").read_text()
    assert json.loads(log.splitlines()[-1])["message"] == "stopped"
    assert str(told["key"]) not in log
    assert str(told["link"]).rpartition("/")[2] not in log


def test_a_demonstration_that_runs_is_not_replaced(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = Home.open(tmp_path / "demo", create=True)
    (home.path / "made-by-demo").touch()
    with home.lock():
        assert run("demo", "--once", "--home", home.path) == 2
    assert "is in use" in capsys.readouterr().err
    assert (home.path / "version").exists()


@pytest.mark.slow
def test_the_whole_demonstration_ends_in_the_service(tmp_path: Path) -> None:
    size = ["--tutors", "60", "--students", "400", "--port", "0", "--rate", "20", "--json"]
    told = watch([sys.executable, "-m", "tutorpulse", "demo", "--home", str(tmp_path / "d"), *size], 20)
    assert told["today"]
