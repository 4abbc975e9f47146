"""The connection to SQLite: opened in WAL mode, brought to the newest version, its errors made ours."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import msgspec

from tutorpulse.errors import HomeBusyError, HomeError, HomeVersionError
from tutorpulse.store.state.schema import STEPS

_BUSY_TIMEOUT_S = 5.0
_RETRY_S = 0.01
_CACHE_KB = 8_000
"""Pages that a connection keeps in memory, as far as it reads them: at SQLite's 2 MB each look read the tables' paths from the file anew. With 16 MB the
connections of a busy service came to 24 to 41 MB, more as its state grew; with half of that predictions were fresh as soon (three loads each by turns; one-off looks)."""
WAL_PAGES = 16_000
"""Pages in the write-ahead log (64 MB) before they move into the file. A look at hundreds writes two thousand: at SQLite's 1,000 each moved its own."""
_WAL_PAGES_LEFT = 4 * WAL_PAGES
"""Where somebody else is to move them: a connection that leaves them to others moves so many itself, so that the log ends somewhere."""
_MOVES = 3
"""How often pages are moved, at most, until none is left: whoever writes meanwhile adds some, and while one is left the log grows."""

AMONG = "entity_id IN (SELECT value FROM json_each(?))"
"""The condition that an entity is one of those given as `as_list`: one parameter, however many they are."""


def as_list(entity_ids: Iterable[str]) -> str:
    """Ids as the one parameter of `AMONG`."""
    return msgspec.json.encode(list(entity_ids)).decode()


def rows_about(table: str, entity_ids: Iterable[str] | None) -> tuple[str, str, tuple[str, ...]]:
    """What a statement reads for those of a table's rows that are about these entities: its source, one more condition, and the
    parameters of both, which come first; None: about every entity.

    It looks for one id after another, which costs less than `AMONG`, for that puts them in order first; an id given twice is found twice.
    """
    if entity_ids is None:
        return table, "", ()
    return f"json_each(?) AS asked CROSS JOIN {table}", " AND entity_id = asked.value", (as_list(entity_ids),)


def open_connection(
    path: Path,
    steps: Sequence[Sequence[str]] = STEPS,
    durable: bool = True,
    leaves_pages: bool = False,
) -> sqlite3.Connection:
    """The file at `path`, made where there is none, at the newest version. Threads may hand it on, not share it.

    What is written outlives the process; the machine's own failure only where it is `durable`, or anybody durable wrote later.
    `leaves_pages`: another connection is told to `move_pages` after `WAL_PAGES` or so, so that no writer here waits for it.

    Raises:
        HomeVersionError: it is of a newer version. HomeBusyError: another process holds it. HomeError: it is damaged.
    """
    with _our_errors(path):
        connection = sqlite3.connect(
            path, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KB:d}")
        pages = _WAL_PAGES_LEFT if leaves_pages else WAL_PAGES
        connection.execute(f"PRAGMA wal_autocheckpoint = {pages:d}")
        _migrate(connection, path, steps)
    return connection


def move_pages(connection: sqlite3.Connection) -> bool:
    """Move what is in the write-ahead log into the file while others read and write. False: some of it has to wait for them."""
    for _ in range(_MOVES):
        with _our_errors(None):
            _, pages, moved = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        if moved == pages:
            return True
    return False


def empty_log(connection: sqlite3.Connection) -> bool:
    """Move all that is in the write-ahead log into the file, and cut the log to nothing, so that what was overwritten is nowhere any more.

    False: others were reading or moving pages for so long that it was given up.
    """
    until = monotonic() + _BUSY_TIMEOUT_S
    while True:
        with _our_errors(None):
            busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if not busy or monotonic() > until:
            return not busy
        # Where another connection moves pages, SQLite says so at once, whatever its timeout.
        sleep(_RETRY_S)


def write_if_free(connection: sqlite3.Connection, sql: str, params: Sequence[object]) -> bool:
    """Run one statement that writes, unless somebody else is writing just now. False: nothing was written."""
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        with transaction(connection):
            connection.execute(sql, params)
    except HomeBusyError:
        return False
    finally:
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_S * 1000:.0f}")
    return True


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing, as durable at the end as the connection; inside another one it is part of that."""
    if connection.in_transaction:
        yield
        return
    with _our_errors(None):
        connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _migrate(connection: sqlite3.Connection, path: Path, steps: Sequence[Sequence[str]]) -> None:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > len(steps):
        raise HomeVersionError(
            f"{path} has version {version}; this tutorpulse knows up to {len(steps)}. Upgrade tutorpulse."
        )
    for step, statements in enumerate(steps[version:], version + 1):
        with transaction(connection):
            for statement in statements:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {step}")


@contextmanager
def _our_errors(path: Path | None) -> Iterator[None]:
    name = path or "the state"
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise HomeBusyError(f"Another process writes to {name}. Try again when it is done.") from None
        raise HomeError(f"Cannot open {name}: {error}. Check the folder's permissions and space.") from None
    except sqlite3.DatabaseError as error:
        raise HomeError(
            f"Cannot read {name}: {error}. Move the file away and run `tutorpulse refresh`: it is made anew from the "
            "events, without the history of predictions and what was marked done."
        ) from None
