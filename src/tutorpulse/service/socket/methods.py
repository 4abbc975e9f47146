"""What can be asked of a service over its socket: the event store's own methods, and a refresh."""

import secrets
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import Any

from tutorpulse.events.batch import EventBatch
from tutorpulse.service.refresh import RefreshReport
from tutorpulse.store.database import Arrays
from tutorpulse.store.erasure import Erased
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore
from tutorpulse.store.rejects import State

Tell = Callable[[str, str], None]
"""Takes news of a call at work: its kind and its text, as in `wire.Told`."""


@dataclass(frozen=True)
class Work:
    """What the service does otherwise than a process that holds the home alone.

    `refresh` judges everybody now, and with True tells a `line` of each change; `erase` removes an entity from wherever the
    service keeps it.
    """

    refresh: Callable[[bool, Tell], RefreshReport]
    erase: Callable[[str, str], Erased]


@dataclass(frozen=True)
class Method:
    """One method: the types of its arguments, what runs it, and whether it may be stopped half way."""

    arguments: Any
    run: Callable[..., object]
    stoppable: bool = False
    tells: bool = False


def methods(home: Home, store: EventStore, work: Work, guest: ExitStack) -> dict[str, Method]:
    """Every method by its name, for one connection, which is served by one thread; what it leaves open ends with `guest`."""
    temporary, still, snapshot = _Relations(store), _Kept(store.still), _Kept(store.snapshot)
    guest.enter_context(still.held)
    guest.enter_context(snapshot.held)
    nothing = tuple[()]
    plain = (store.settle, store.newest_us, store.oldest_us, store.newest_received_us, store.counts)
    return {
        **{method.__name__: Method(nothing, method, stoppable=True) for method in plain},
        "count": Method(nothing, store.__len__),
        "query": Method(tuple[str, list[Any]], store.query, stoppable=True),
        "copy": Method(tuple[str, str], _Copies(home, store).copy, stoppable=True),
        "entity_ids": Method(tuple[str], store.entity_ids, stoppable=True),
        "begin_relation": Method(tuple[str, Arrays], temporary.begin),
        "end_relation": Method(tuple[str], temporary.end),
        "begin_still": Method(nothing, still.begin),
        "end_still": Method(nothing, still.end),
        "begin_snapshot": Method(nothing, snapshot.begin),
        "end_snapshot": Method(nothing, snapshot.end),
        "append": Method(tuple[EventBatch], lambda batch: store.append(batch).status),
        "rejects": Method(tuple[State | None, int | None, int], store.rejects),
        "reject": Method(tuple[str], store.reject),
        "mark_rejects": Method(tuple[Sequence[str], State], store.mark_rejects),
        "archive": Method(tuple[int], store.archive),
        "compact": Method(nothing, store.compact),
        "archive_damage": Method(nothing, store.archive_damage),
        "erase": Method(tuple[str, str], work.erase),
        "refresh": Method(tuple[bool], work.refresh, tells=True),
    }


class _Relations:
    """Temporary relations that outlive the call which makes them; they end with the connection at the latest."""

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._open: dict[str, ExitStack] = {}

    def begin(self, name: str, columns: Arrays) -> None:
        with ExitStack() as stack:
            stack.enter_context(self._store.relation(name, columns))
            self._open[name] = stack.pop_all()

    def end(self, name: str) -> None:
        self._open.pop(name).close()


class _Kept:
    """A context of the log's that lasts from one call to another, at most until the connection ends."""

    def __init__(self, context: Callable[[], AbstractContextManager[None]]) -> None:
        self._context = context
        self.held = ExitStack()

    def begin(self) -> None:
        self.held.enter_context(self._context())

    def end(self) -> None:
        self.held.close()


class _Copies:
    """Answers as files: written in the home, handed over as bytes."""

    def __init__(self, home: Home, store: EventStore) -> None:
        self._home, self._store = home, store

    def copy(self, sql: str, options: str) -> bytes:
        path = self._home.scratch_path / f"copy-{secrets.token_hex(8)}"
        path.parent.mkdir(exist_ok=True)
        try:
            self._store.copy_to(sql, str(path), options)
            return path.read_bytes()
        finally:
            path.unlink(missing_ok=True)
