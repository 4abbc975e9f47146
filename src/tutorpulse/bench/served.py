"""A service in a process of its own, to be measured from outside."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tutorpulse.clock import SystemClock
from tutorpulse.errors import TutorpulseError
from tutorpulse.store.home import Home
from tutorpulse.store.state import State

STOP_S = 30.0
_PLAIN_LEVELS = frozenset({"debug", "info"})
_UNLIMITED = {"TUTORPULSE_REQUESTS_PER_SECOND_MAX": "1000000", "TUTORPULSE_ACCESS_LOG": "false"}


@dataclass(frozen=True)
class Served:
    """Where a service listens, and what opens it. `pid` is the process's."""

    host: str
    port: int
    secret: str
    pid: int

    def head(self, method: str, path: str, media_type: str = "application/json", length: int = 0) -> bytes:
        """The first part of a request, up to its body."""
        return (
            f"{method} {path} HTTP/1.1\r\nhost: {self.host}:{self.port}\r\nauthorization: Bearer {self.secret}\r\n"
            f"content-type: {media_type}\r\ncontent-length: {length}\r\n\r\n"
        ).encode()


@contextmanager
def served(home: Home, module: str = "tutorpulse") -> Iterator[Served]:
    """The home served by `python -m MODULE serve` on a free port of the loopback, within the context.

    Raises:
        TutorpulseError: the process ended before it said where it listens.
    """
    with closing(State(home.state_path)) as state:
        _, secret = state.keys.create("bench", ("admin",), SystemClock().now_us())
    command = [sys.executable, "-m", module, "serve", "--home", str(home.path), "--port", "0", "--json"]
    with _log_path(home).open("wb") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=os.environ | _UNLIMITED)
    try:
        address = urlsplit(_address(process, Path(log.name)))
        yield Served(address.hostname or "", address.port or 0, secret, process.pid)
    finally:
        process.terminate()
        process.wait(STOP_S)


def logged_problems(home: Home) -> list[str]:
    """What the service that was last served from this folder logged as a warning or worse, or said that is no log at all."""
    lines = _log_path(home).read_text(encoding="utf-8", errors="replace").splitlines()
    return [
        line for line in lines if not line.startswith("{") or json.loads(line)["level"] not in _PLAIN_LEVELS
    ]


def _log_path(home: Home) -> Path:
    return home.path.parent / "serve.log"


def refresh_whole(home: Home) -> float:
    """Seconds for a whole refresh, as an operator asks for it."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "tutorpulse", "refresh", "--home", str(home.path), "--json"]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        raise TutorpulseError(f"The refresh failed: {done.stderr.decode(errors='replace')[-500:]}")
    return time.perf_counter() - began


def _address(process: "subprocess.Popen[bytes]", log: Path) -> str:
    assert process.stdout is not None
    said = b""
    while line := process.stdout.readline():
        said += line
        if line.startswith(b"}"):
            return str(json.loads(said)["address"])
    raise TutorpulseError(
        f"The service did not start: {log.read_text(encoding='utf-8', errors='replace')[-500:]}"
    )


def resident_mb(pid: int) -> float | None:
    """The memory that a process holds now; None where the system does not say."""
    return _status_mb(pid, "VmRSS:")


def own_memory_mb(pid: int) -> float | None:
    """As `resident_mb`, without what it has mapped of files, which the system takes back at will."""
    return _status_mb(pid, "RssAnon:")


def _status_mb(pid: int, name: str) -> float | None:
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return None
    for line in status.read_text(encoding="utf-8").splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    return None
