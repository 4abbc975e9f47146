"""docs/api.md: its examples run against a service that listens, and its table of problems is the one there is."""

import os
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI

from tests.conftest import ROOT
from tutorpulse.api.problems import KINDS
from tutorpulse.client import Client

PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


def blocks(language: str) -> str:
    return "\n".join(re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL))


@pytest.fixture(scope="module")
def address(app: FastAPI) -> Iterator[str]:
    """Where the application listens on loopback, until the tests are done."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


def test_the_curl_examples_run(address: str, key: Callable[..., str], tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "ADDRESS": address, "KEY": key("admin")}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", blocks("bash")],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert '{"accepted":1,"duplicate":0,"rejected":0,"events":[]}' in done.stdout
    assert '"accepted":1,"duplicate":0,"rejected":1' in done.stdout
    assert (tmp_path / "students.csv").read_text().startswith("entity_id,")
    assert "event: insight" in (tmp_path / "stream.txt").read_text()


def test_the_python_example_runs(address: str, key: Callable[..., str]) -> None:
    exec(compile(blocks("python"), "docs/api.md", "exec"), {"address": address, "key": key("admin")})


def test_a_client_follows_the_stream_over_the_network(address: str, key: Callable[..., str]) -> None:
    with Client(address, key("read")) as client:
        following = client.follow("0")
        seen = [next(following) for _ in range(2)]
        following.close()  # type: ignore[attr-defined]
    numbers = [int(event_id) for event_id, _ in seen]
    assert numbers == sorted(set(numbers))


def test_the_table_of_problems_is_whole() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \|", PAGE, re.MULTILINE)
    assert {name: int(status) for name, status in rows} == {n: kind.status for n, kind in KINDS.items()}
