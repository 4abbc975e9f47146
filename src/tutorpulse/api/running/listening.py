"""Where the service listens: a bound port, with TLS if there is a certificate."""

import ipaddress
import socket
import ssl
from dataclasses import dataclass

from tutorpulse.errors import InputError, SettingsError
from tutorpulse.settings import Settings

_WAITING_MAX = 2_048


@dataclass(frozen=True)
class Listening:
    """A bound socket that takes connections already; they wait until they are served."""

    socket: socket.socket
    secure: bool

    @property
    def address(self) -> str:
        """The service's address as a URL."""
        host, port = self.socket.getsockname()[:2]
        return f"{'https' if self.secure else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"

    @property
    def exposed(self) -> bool:
        """Whether others than this machine can reach it without TLS."""
        return not self.secure and not ipaddress.ip_address(self.socket.getsockname()[0]).is_loopback


def listen(settings: Settings) -> Listening:
    """Bind the port that the settings name.

    Raises:
        InputError: it is taken, or the address is not this machine's. SettingsError: the certificate cannot be used.
    """
    secure = _check_certificate(settings)
    try:
        family = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0][0]
        bound = socket.create_server(
            (settings.host, settings.port), family=family, backlog=_WAITING_MAX, reuse_port=False
        )
    except OSError as error:
        raise InputError(
            f"Cannot listen on {settings.host} port {settings.port}: {error.strerror}. Give others with --host and --port."
        ) from None
    return Listening(bound, secure)


def check_proxies(proxies: tuple[str, ...]) -> None:
    """Proxies are trusted by address or network only.

    Raises:
        SettingsError: one is neither.
    """
    for proxy in proxies:
        try:
            ipaddress.ip_network(proxy)
        except ValueError:
            raise SettingsError(
                f"Settings: trusted_proxies holds {proxy!r}. Give addresses or networks, such as 10.0.0.0/8."
            ) from None


def _check_certificate(settings: Settings) -> bool:
    if not settings.tls_certificate:
        if settings.tls_key:
            raise SettingsError("Settings: tls_key without tls_certificate. Give both, or neither.")
        return False
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(
            settings.tls_certificate, settings.tls_key or None
        )
    except OSError as error:
        raise SettingsError(
            f"The certificate {settings.tls_certificate} cannot be used: {error.strerror or error}. "
            "Give PEM files with tls_certificate and tls_key."
        ) from None
    return True
