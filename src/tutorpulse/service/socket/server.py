"""The service's end of the socket: a thread for each connection, until the service stops."""

import os
import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass

from tutorpulse import __version__
from tutorpulse.errors import InputError, TutorpulseError
from tutorpulse.service.socket.methods import Method, Work, methods
from tutorpulse.service.socket.place import SOCKET_FILE, listen
from tutorpulse.service.socket.wire import (
    PROTOCOL,
    Answer,
    Call,
    Hello,
    Refusal,
    Told,
    pack,
    receive,
    send,
    unpack,
)
from tutorpulse.store.database import DatabaseError, Interrupted
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore

_WAITING_MAX = 64
_LOOK_EVERY_MS = 200
_AGAIN_AFTER_S = 0.02


@dataclass(eq=False)
class _Guest:
    connection: socket.socket
    thread: threading.Thread | None = None


class SocketServer:
    """Serves the home's socket from `start` to `close`. Only this user (and root) can connect."""

    def __init__(self, home: Home, store: EventStore, work: Work, address: str | None = None) -> None:
        self._home, self._store, self._work = home, store, work
        self._hello = Hello(__version__, PROTOCOL, os.getpid(), address)
        self._guests: set[_Guest] = set()
        self._closing = False
        self._lock = threading.Lock()

    def start(self) -> None:
        """Listen. The caller holds the home's lock."""
        self._listener = listen(self._home.path, _WAITING_MAX)
        self._accepting = threading.Thread(target=self._accept, name="socket", daemon=True)
        self._accepting.start()

    def close(self, timeout_s: float) -> None:
        """Take no more connections, stop what can be stopped, and wait for the rest, up to the timeout for each."""
        with self._lock:
            self._closing = True
            guests = list(self._guests)
        (self._home.path / SOCKET_FILE).unlink(missing_ok=True)
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join(timeout_s)
        for guest in guests:
            with suppress(OSError):
                guest.connection.shutdown(socket.SHUT_RD)
        for guest in guests:
            if guest.thread:
                guest.thread.join(timeout_s)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            guest = _Guest(connection)
            guest.thread = threading.Thread(
                target=self._serve, args=(guest,), name="socket-guest", daemon=True
            )
            with self._lock:
                if self._closing:
                    connection.close()
                    return
                self._guests.add(guest)
            guest.thread.start()

    def _serve(self, guest: _Guest) -> None:
        with ExitStack() as stack:
            stack.callback(self._guests.discard, guest)
            stack.enter_context(guest.connection)
            interrupt = stack.enter_context(self._store.visit())
            known = methods(self._home, self._store, self._work, stack)
            with suppress(OSError, Interrupted):
                send(guest.connection, self._hello)
                while isinstance(call := receive(guest.connection), Call):
                    self._answer(guest, call, known, interrupt)

    def _answer(
        self, guest: _Guest, call: Call, known: dict[str, Method], interrupt: Callable[[], None]
    ) -> None:
        try:
            method = known.get(call.method)
            if method is None:
                raise InputError(f"The service knows no {call.method!r}. Use the version that it runs.")
            value = self._run(guest, method, call, interrupt)
        except TutorpulseError as error:
            send(guest.connection, Refusal(type(error).__name__, str(error)))
        except DatabaseError as error:
            if isinstance(error, Interrupted):
                raise
            said = str(error).splitlines()[0]
            send(guest.connection, Refusal("HomeError", f"The service's database cannot do this: {said}."))
        else:
            send(guest.connection, Answer(value))

    def _run(self, guest: _Guest, method: Method, call: Call, interrupt: Callable[[], None]) -> bytes:
        arguments = unpack(call.arguments, method.arguments)
        told = [lambda kind, text: _tell(guest.connection, kind, text)] if method.tells else []
        with _watched(guest, interrupt) if method.stoppable else ExitStack():
            return pack(method.run(*arguments, *told))


def _tell(connection: socket.socket, kind: str, text: str) -> None:
    with suppress(OSError):  # a call that is not stoppable goes on when nobody listens
        send(connection, Told(kind, text))


@contextmanager
def _watched(guest: _Guest, interrupt: Callable[[], None]) -> Iterator[None]:
    """Stop the running statement when the other side hangs up, or the service closes."""
    done = threading.Event()
    watcher = threading.Thread(target=_watch, args=(guest.connection, interrupt, done), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()


def _watch(connection: socket.socket, interrupt: Callable[[], None], done: threading.Event) -> None:
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    while not done.is_set():
        # Nobody sends while a call is at work: what can be read is the end. The statement may not have begun yet: hence again.
        if poll.poll(_LOOK_EVERY_MS) and not done.wait(_AGAIN_AFTER_S):
            interrupt()
