"""The other processes' end of the socket: the event store of a home that a service holds."""

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from tutorpulse import __version__, errors
from tutorpulse.errors import HomeError, HomeVersionError, InputError, TutorpulseError
from tutorpulse.events.batch import EventBatch
from tutorpulse.service.socket.place import connect
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
from tutorpulse.store.archive import Archived
from tutorpulse.store.compacting import Compacted
from tutorpulse.store.database import Arrays
from tutorpulse.store.erasure import Erased
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore
from tutorpulse.store.receipts import Receipts
from tutorpulse.store.rejects import State, StoredReject

T = TypeVar("T")
Tell = Callable[[str, str], None]
_GREETING_SECONDS = 10.0


def serving_address(folder: Path) -> Hello | None:
    """What the service that holds the home says of itself; None where none does."""
    connection = _connected(folder)
    if connection is None:
        return None
    with connection:
        return _greeting(connection)


class ServedStore(EventStore):
    """An event store whose work is done by the service that holds the home. Each thread has a connection of its own.

    What it answers and refuses is what `EventStore` would, and what it takes is as durable.
    """

    def __init__(self, home: Home, first: socket.socket) -> None:
        self._home = home
        self._local, self._within = threading.local(), threading.local()
        self._lines: list[socket.socket] = []
        self.hello = self._greet(first)

    @classmethod
    def of(cls, home: Home) -> "ServedStore | None":
        """The store of a home that a service holds; None where none does.

        Raises:
            HomeVersionError: the service runs another version.
        """
        first = _connected(home.path)
        return None if first is None else cls(home, first)

    def _greet(self, line: socket.socket) -> Hello:
        hello = _greeting(line)
        if hello is None:
            raise self._broken()
        if (hello.version, hello.protocol) != (__version__, PROTOCOL):
            raise HomeVersionError(
                f"The service that holds {self._home.path} runs version {hello.version}, this is {__version__}. "
                "Restart the service, or use its version."
            )
        self._local.line = line
        self._lines.append(line)
        return hello

    def _line(self) -> socket.socket:
        line: socket.socket | None = getattr(self._local, "line", None)
        if line is None:
            line = _connected(self._home.path)
            if line is None:
                raise self._broken()
            self._greet(line)
        return line

    def ask(self, kind: type[T], method: str, *arguments: object, tell: Tell | None = None) -> T:
        """Call one of `methods.methods`; `tell` hears what the service has to say meanwhile.

        Raises:
            HomeError: the service is gone. TutorpulseError: whatever the service refused with.
        """
        line = self._line()
        try:
            send(line, Call(method, pack(arguments)))
            while isinstance(said := receive(line), Told):
                if tell is not None:
                    tell(said.kind, said.text)
        except OSError:
            raise self._broken() from None
        if isinstance(said, Answer):
            return unpack(said.value, kind)
        if isinstance(said, Refusal):
            raise _error(said)
        raise self._broken()

    def _broken(self) -> HomeError:
        return HomeError(
            f"The service that held {self._home.path} is gone. What was acknowledged is kept; run the command again."
        )

    def close(self) -> None:
        """Hang up."""
        for line in self._lines:
            line.close()

    # As in EventStore

    def append(self, batch: EventBatch) -> Receipts:
        return Receipts(self.ask(np.ndarray, "append", batch))

    def query(self, sql: str, params: Sequence[object] = ()) -> Arrays:
        return self.ask(dict[str, Any], "query", sql, list(params))

    @property
    def planner(self) -> None:
        """None: a plan is kept for a thread that asks often, as only the service's own do."""
        return None

    def copy_to(self, sql: str, path: str, options: str) -> None:
        content = self.ask(bytes, "copy", sql, options)
        try:
            Path(path).write_bytes(content)
        except OSError as error:
            raise InputError(
                f"{path} cannot be written: {error.strerror}. Give a file in a folder that exists."
            ) from None

    @contextmanager
    def relation(self, name: str, columns: Arrays) -> Iterator[None]:
        self.ask(type(None), "begin_relation", name, columns)
        try:
            yield
        except BaseException:
            if not self._in_snapshot:
                self.ask(type(None), "end_relation", name)
            raise
        self.ask(type(None), "end_relation", name)

    @contextmanager
    def visit(self) -> Iterator[Callable[[], None]]:
        """As in `EventStore`, on a connection that ends with the context; its end is all that stops a statement."""
        line = self._line()
        try:
            yield lambda: line.shutdown(socket.SHUT_RDWR)
        finally:
            self._lines.remove(line)
            del self._local.line
            line.close()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        if self._in_snapshot:
            yield
            return
        self.ask(type(None), "begin_snapshot")
        self._within.snapshot = True
        try:
            yield
        finally:
            self._within.snapshot = False
            self.ask(type(None), "end_snapshot")

    @contextmanager
    def still(self) -> Iterator[None]:
        self.ask(type(None), "begin_still")
        try:
            yield
        finally:
            self.ask(type(None), "end_still")

    def settle(self) -> None:
        self.ask(type(None), "settle")

    def newest_us(self) -> int | None:
        return self.ask(int | None, "newest_us")  # type: ignore[arg-type]

    def oldest_us(self) -> int | None:
        return self.ask(int | None, "oldest_us")  # type: ignore[arg-type]

    def newest_received_us(self) -> int | None:
        return self.ask(int | None, "newest_received_us")  # type: ignore[arg-type]

    def counts(self) -> dict[str, int]:
        return self.ask(dict[str, int], "counts")

    def __len__(self) -> int:
        return self.ask(int, "count")

    def entity_ids(self, entity_type: str) -> NDArray[Any]:
        return self.ask(np.ndarray, "entity_ids", entity_type)

    def rejects(
        self, state: State | None = "open", limit: int | None = None, offset: int = 0
    ) -> list[StoredReject]:
        return self.ask(list[StoredReject], "rejects", state, limit, offset)

    def reject(self, reject_id: str) -> StoredReject:
        return self.ask(StoredReject, "reject", reject_id)

    def mark_rejects(self, reject_ids: Sequence[str], state: State) -> None:
        self.ask(type(None), "mark_rejects", list(reject_ids), state)

    def archive(self, before_us: int, progress: Callable[[int], None] = lambda _events: None) -> Archived:  # noqa: ARG002
        return self.ask(Archived, "archive", before_us)

    def compact(self) -> Compacted:
        return self.ask(Compacted, "compact")

    def archive_damage(self) -> list[str]:
        return self.ask(list[str], "archive_damage")

    def erase(self, entity_type: str, entity_id: str) -> Erased:
        return self.ask(Erased, "erase", entity_type, entity_id)


def _greeting(line: socket.socket) -> Hello | None:
    line.settimeout(_GREETING_SECONDS)
    try:
        hello = receive(line)
    except TimeoutError:
        return None
    line.settimeout(None)
    return hello if isinstance(hello, Hello) else None


def _connected(folder: Path) -> socket.socket | None:
    try:
        return connect(folder)
    except OSError as error:
        raise HomeError(
            f"The service that holds {folder} cannot be reached: {error.strerror}. Run this as the user of the service."
        ) from None


def _error(said: Refusal) -> TutorpulseError:
    found = getattr(errors, said.error, None)
    kind = found if isinstance(found, type) and issubclass(found, TutorpulseError) else TutorpulseError
    return kind(said.message)
