"""The service as the shell starts it: a process with a home, a port and a socket."""

import json
import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import httpx
import pytest

from tests.api.running.test_listening import make_certificate
from tutorpulse.api.running.allocator import installed
from tutorpulse.cli import serve
from tutorpulse.clock import SystemClock, format_time
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore

COMMAND = [sys.executable, "-m", "tutorpulse"]
EVENT = {
    "event_id": "e1",
    "event_type": "tutor_registered",
    "timestamp": format_time(SystemClock().now_us()),
    "payload": {"tutor_id": "ann", "subjects": ["maths"]},
}


@dataclass
class Served:
    """A running service."""

    home: Path
    process: subprocess.Popen[str]
    address: str
    claim: str
    log: Path

    def verb(self, *arguments: object, given: str | None = None) -> subprocess.CompletedProcess[str]:
        command = [*COMMAND, *map(str, arguments), "--home", str(self.home)]
        return subprocess.run(command, capture_output=True, text=True, input=given, check=False)

    def logged(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=60)


@contextmanager
def served(folder: Path, options: Sequence[str] = ()) -> Iterator[Served]:
    home, log = folder / "home", folder / "log"
    command = [*COMMAND, "serve", "--home", str(home), "--port", "0", "--json", *options]
    with log.open("w") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
    try:
        assert process.stdout
        told = _first_object(process.stdout)
        yield Served(home, process, str(told["address"]), str(told["claim"]), log)
    finally:
        process.kill()
        process.wait()


def _first_object(out: IO[str]) -> dict[str, object]:
    text = ""
    for line in out:
        text += line
        if line == "}\n":
            found: dict[str, object] = json.loads(text)
            return found
    raise AssertionError(f"the service did not start: {text}")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("served")) as found:
        yield found


@pytest.fixture(scope="module")
def key(running: Served) -> dict[str, str]:
    """The first administrator's key, as headers."""
    page = httpx.get(running.claim, follow_redirects=True)
    assert "This link works once" in page.text
    secret = httpx.post(running.claim).json()["secret"]
    return {"Authorization": f"Bearer {secret}"}


def test_the_first_link_makes_one_key_with_every_right(running: Served, key: dict[str, str]) -> None:
    assert httpx.get(running.address + "/v1/tutors", headers=key).status_code == 200
    for again in (httpx.get(running.claim), httpx.post(running.claim)):
        assert again.status_code == 404
        assert "This link was used" in again.json()["detail"]
    assert httpx.post(running.address + "/claim/guess").status_code == 404


def test_a_browser_that_opens_the_first_link_makes_the_first_administrator(tmp_path: Path) -> None:
    with served(tmp_path) as fresh:
        with httpx.Client(base_url=fresh.address, headers={"Origin": fresh.address}) as browser:
            setup = str(browser.get(fresh.claim, follow_redirects=True).url)
            form = {"name": "ada", "password": "correct horse battery", "again": "correct horse battery"}
            entered = browser.post(setup, data=form)
            assert (entered.status_code, entered.headers["location"]) == (303, "/")
            assert browser.get("/v1/audit").json()["items"][0]["actor"] == "ada"
            assert browser.post(setup, data=form).status_code == 404
        assert json.loads(fresh.verb("users", "list", "--json").stdout)[0]["role"] == "admin"
        assert fresh.verb("users", "invite", "bob").stdout.startswith(fresh.address + "/link/")
        assert fresh.stop() == 0
        assert form["password"] not in fresh.log.read_text()
        assert fresh.claim.rpartition("/")[2] not in fresh.log.read_text()


@pytest.mark.skipif(installed(sys.path) is None, reason="needs cmeel-mimalloc, and Linux")
def test_a_service_works_with_mimalloc(running: Served) -> None:
    assert "libmimalloc" in Path(f"/proc/{running.process.pid}/maps").read_text()


def test_without_a_key_nothing_is_shown(running: Served) -> None:
    assert httpx.get(running.address + "/v1/tutors").status_code == 401
    assert httpx.get(running.address + "/healthz").status_code == 200


def test_verbs_work_through_the_service_and_the_api_sees_what_they_did(
    running: Served, key: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "events.ndjson"
    file.write_text(json.dumps(EVENT) + "\nnonsense\n")
    done = running.verb("import", file, "--json")
    assert done.returncode == 0, done.stderr
    assert {k: json.loads(done.stdout)[k] for k in ("accepted", "rejected")} == {"accepted": 1, "rejected": 1}
    assert json.loads(running.verb("rejects", "list", "--json").stdout)[0]["event"] == "nonsense"
    assert httpx.get(running.address + "/v1/rejects", headers=key).json()["items"]
    refreshed = running.verb("refresh", "--json")
    assert json.loads(refreshed.stdout)["tutors_processed"] == 1
    assert httpx.get(running.address + "/v1/tutors/ann", headers=key).status_code == 200
    shown = running.verb("show", "ann", "--json")
    assert json.loads(shown.stdout)["entity_id"] == "ann"
    assert running.verb("show", "nobody").returncode == 2
    asked = running.verb("erase", "ann", "--entity", "tutor", given="n\n")
    assert (asked.returncode, "Erase tutor ann for good?" in asked.stderr) == (1, True)
    assert running.verb("erase", "ann", "--entity", "tutor", "--yes").returncode == 0
    assert httpx.get(running.address + "/v1/tutors/ann", headers=key).status_code == 404


def test_a_served_home_is_backed_up_and_restored_beside_it(
    running: Served, key: dict[str, str], tmp_path: Path
) -> None:
    sent = {**EVENT, "event_id": "backed-up", "payload": {"tutor_id": "bea"}}
    posted = httpx.post(running.address + "/v1/events", headers=key, json=sent)
    assert posted.json()["accepted"] == 1
    made = running.verb("backup", tmp_path / "copy", "--json")
    assert made.returncode == 0, made.stderr
    command = [*COMMAND, "restore", str(tmp_path / "copy"), "--home", str(tmp_path / "new")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert f"{json.loads(made.stdout)['events']:,} events" in done.stdout, done.stderr
    with EventStore.open(Home.open(tmp_path / "new")) as store:
        assert "bea" in store.entity_ids("tutor").tolist()
    assert running.verb("restore", tmp_path / "copy").returncode == 2


def test_a_served_home_is_verified(running: Served) -> None:
    done = running.verb("verify", "--json")
    assert (done.returncode, json.loads(done.stdout)["whole"]) == (0, True), done.stderr


def test_a_second_service_is_refused_with_the_address_of_the_first(running: Served) -> None:
    second = running.verb("serve", "--port", "0")
    assert second.returncode == 2
    assert f"is served at {running.address} by process {running.process.pid}" in " ".join(
        second.stderr.split()
    )


def test_a_revoked_key_is_refused_without_a_restart(running: Served, key: dict[str, str]) -> None:
    made = json.loads(running.verb("keys", "create", "guest", "--scope", "read", "--json").stdout)
    guest = {"X-API-Key": made["secret"]}
    assert httpx.get(running.address + "/v1/summary", headers=guest).status_code != 401
    assert running.verb("keys", "revoke", made["key_id"]).returncode == 0
    answers = (httpx.get(running.address + "/v1/summary", headers=guest).status_code for _ in range(2_000))
    assert 401 in answers


def test_the_log_is_json_and_holds_no_secret(running: Served, key: dict[str, str]) -> None:
    httpx.get(running.address + "/v1/tutors?cursor=private", headers=key)
    assert any(line["logger"] == "tutorpulse.requests" for line in running.logged())
    written = running.log.read_text()
    for secret in ("private", key["Authorization"].split()[1], running.claim.rpartition("/")[2]):
        assert secret not in written


def test_a_killed_service_leaves_a_home_that_serves_again(tmp_path: Path) -> None:
    with served(tmp_path) as first:
        first.stop(signal.SIGKILL)
        assert (first.home / "serve.sock").exists()
        assert first.verb("keys", "list").returncode == 0
        with served(tmp_path) as second:
            assert httpx.get(second.address + "/healthz").status_code == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_open_streams_and_closes_the_home(tmp_path: Path, number: int) -> None:
    with served(tmp_path) as fresh:
        secret = httpx.post(fresh.claim).json()["secret"]
        headers = {"Authorization": f"Bearer {secret}"}
        with httpx.stream("GET", fresh.address + "/insights/stream", headers=headers, timeout=60) as stream:
            parts = stream.iter_text()
            next(parts)
            assert fresh.stop(number) == 0
            assert "".join(parts) is not None
        assert fresh.logged()[-1]["message"] == "stopped"
        assert not (fresh.home / "serve.sock").exists()
        assert fresh.verb("rejects", "list").stdout == "No rejects.\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("after_s", [0.0, 0.5])
def test_a_signal_while_the_model_is_being_read_closes_the_home(
    tmp_path: Path, number: int, after_s: float
) -> None:
    with served(tmp_path) as fresh:
        time.sleep(after_s)
        assert fresh.stop(number) == 0
        assert fresh.logged()[-1]["message"] == "stopped"


def test_with_a_certificate_it_speaks_tls(tmp_path: Path) -> None:
    certificate, key = tmp_path / "c.pem", tmp_path / "k.pem"
    make_certificate(certificate, key)
    options = ["--tls-certificate", str(certificate), "--tls-key", str(key)]
    with served(tmp_path, options) as secure:
        trust = ssl.create_default_context(cafile=str(certificate))
        assert httpx.get(secure.address + "/healthz", verify=trust).status_code == 200


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "find_spec", lambda name: None if name == "uvloop" else os)
    with pytest.raises(
        serve.InputError, match=r"needs uvloop\. Install with `pip install 'tutorpulse\[serve\]'`"
    ):
        serve.check_installed()
