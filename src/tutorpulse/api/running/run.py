"""A home, served: the service, its socket and its port, from start to end."""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI

from tutorpulse.api.app import create_app
from tutorpulse.api.running import claim as claims
from tutorpulse.api.running.arenas import bound_arenas
from tutorpulse.api.running.keeping import Keeper
from tutorpulse.api.running.listening import Listening, check_proxies, listen
from tutorpulse.api.running.server import Server
from tutorpulse.errors import HomeBusyError
from tutorpulse.service.live.service import Service, open_service
from tutorpulse.service.refresh import RefreshReport
from tutorpulse.service.socket.client import serving_address
from tutorpulse.service.socket.methods import Tell, Work
from tutorpulse.service.socket.refreshing import lines_told
from tutorpulse.service.socket.server import SocketServer
from tutorpulse.settings import Settings
from tutorpulse.store.erasure import Erased

log = logging.getLogger("tutorpulse.serve")

_SOCKET_ENDS_S = 1.0


@dataclass(frozen=True)
class Running:
    """A service that takes requests as soon as `server` runs. `claim` is the path of the first administrator's link, if there is one."""

    service: Service
    server: Server
    listening: Listening
    claim: str | None

    @property
    def address(self) -> str:
        """The service's address as a URL."""
        return self.listening.address


@contextmanager
def opened(
    path: Path, settings: Settings, mount: Callable[[FastAPI], None] | None = None
) -> Iterator[Running]:
    """Open the home and make everything ready to serve it; at the end, close in order. `mount` adds to the application.

    Raises:
        HomeBusyError: it is served already, or in use. InputError, SettingsError: the address or the certificate is wrong.
    """
    refuse_second(path)
    check_proxies(settings.trusted_proxies)
    bound_arenas()
    with ExitStack() as stack:
        listening = listen(settings)
        stack.callback(listening.socket.close)
        service = stack.enter_context(open_service(path, create=True, settings=settings))
        _open_socket(stack, service, listening)
        _keep_up(stack, service)
        yield _running(service, listening, settings, mount)
        log.info("stopping")
    log.info("stopped")


def refuse_second(path: Path) -> None:
    """Raises HomeBusyError, with the address, where a service holds the home."""
    held = serving_address(path)
    if held is not None:
        raise HomeBusyError(
            f"The home {path} is served at {held.address} by process {held.pid}. Stop that first, or give another with --home."
        )


def _open_socket(stack: ExitStack, service: Service, listening: Listening) -> None:
    home, store = service.pulse.home, service.pulse.store
    server = SocketServer(home, store, work_of(service), listening.address)
    server.start()
    stack.callback(server.close, _SOCKET_ENDS_S)


def _keep_up(stack: ExitStack, service: Service) -> None:
    if service.pulse.settings.nightly_upkeep:
        keeper = Keeper(service.pulse.home.path, service.pulse.clock)
        keeper.start()
        stack.callback(keeper.close)


def work_of(service: Service) -> Work:
    """What is asked of the service over its socket and is not the store's alone."""

    def erase(kind: str, entity_id: str) -> Erased:
        erased = service.erase("tutor" if kind == "tutor" else "student", entity_id)
        return Erased(erased.events, erased.rejects)

    def refresh(lines: bool, tell: Tell) -> RefreshReport:
        tell("doing", "everybody")
        with lines_told(tell) if lines else nullcontext():
            return service.refresh()

    return Work(refresh, erase)


def _running(
    service: Service, listening: Listening, settings: Settings, mount: Callable[[FastAPI], None] | None
) -> Running:
    app = create_app(service)
    if mount is not None:
        mount(app)
    claim = claims.Claim(service) if claims.needed(service) else None
    if claim is not None:
        app.include_router(claims.router_of(claim))
    app.state.claim = claim
    log.info("serving", extra={"fields": {"address": listening.address, "pid": os.getpid()}})
    path = None if claim is None else claim.path
    return Running(service, Server(app, listening, settings), listening, path)
