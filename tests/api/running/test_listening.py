import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tutorpulse.api.running.listening import Listening, check_proxies, listen
from tutorpulse.errors import InputError, SettingsError
from tutorpulse.settings import Settings

ANY = Settings(port=0)


def with_(**changed: object) -> Settings:
    return msgspec.structs.replace(ANY, **changed)


@pytest.fixture
def bound() -> Iterator[Listening]:
    listening = listen(ANY)
    yield listening
    listening.socket.close()


def test_it_takes_connections_before_anybody_serves(bound: Listening) -> None:
    host, port = bound.socket.getsockname()
    with socket.create_connection((host, port), timeout=5):
        assert bound.address == f"http://127.0.0.1:{port}"
    assert not bound.exposed


def test_an_ipv6_address_stands_in_brackets() -> None:
    listening = listen(with_(host="::1"))
    assert listening.address.startswith("http://[::1]:")
    listening.socket.close()


def test_every_address_of_the_machine_is_exposed_without_tls() -> None:
    listening = listen(with_(host="0.0.0.0"))
    assert listening.exposed
    assert not Listening(listening.socket, secure=True).exposed
    listening.socket.close()


def test_a_taken_port_is_refused(bound: Listening) -> None:
    port = bound.socket.getsockname()[1]
    with pytest.raises(InputError, match=rf"Cannot listen on 127.0.0.1 port {port}: .*--host and --port"):
        listen(with_(port=port))


def test_an_address_of_nobody_is_refused() -> None:
    with pytest.raises(InputError, match=r"Cannot listen on 192\.0\.2\.1 port 0"):
        listen(with_(host="192.0.2.1"))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"tls_key": "k.pem"}, "tls_key without tls_certificate"),
        ({"tls_certificate": "nowhere.pem"}, r"nowhere\.pem cannot be used: No such file"),
        ({"tls_certificate": __file__}, r"cannot be used: .*Give PEM files with tls_certificate and tls_key"),
    ],
)
def test_a_certificate_that_cannot_be_used_is_refused(changed: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        listen(with_(**changed))


def test_with_a_certificate_the_address_is_https(tmp_path: Path) -> None:
    certificate, key = tmp_path / "c.pem", tmp_path / "k.pem"
    make_certificate(certificate, key)
    listening = listen(with_(tls_certificate=str(certificate), tls_key=str(key)))
    assert listening.address.startswith("https://127.0.0.1:")
    listening.socket.close()


def make_certificate(certificate: Path, key: Path) -> None:
    """A certificate for this machine, signed by itself."""
    made = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*made.split(), *names], check=True, capture_output=True)


@pytest.mark.parametrize("proxy", ["10.0.0.0/8", "127.0.0.1", "::1", "fd00::/8"])
def test_proxies_are_named_by_address_or_network(proxy: str) -> None:
    check_proxies((proxy,))


@pytest.mark.parametrize("proxy", ["*", "proxy.example", "10.0.0.1/8"])
def test_no_other_name_of_a_proxy_is_trusted(proxy: str) -> None:
    with pytest.raises(SettingsError, match="Give addresses or networks"):
        check_proxies(("127.0.0.1", proxy))
