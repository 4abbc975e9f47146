"""The event store: the one seam through which events come in, and every read of them goes out."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import midnight_before
from tutorpulse.errors import HomeError, UnavailableError
from tutorpulse.events.batch import EventBatch
from tutorpulse.events.contract import TABLES, table_columns
from tutorpulse.events.fields import PLACEHOLDER_ID
from tutorpulse.store import archive, compacting, erasure, migrations, rejects, rows, settling
from tutorpulse.store.admission import Admission, Claim, Generation
from tutorpulse.store.archive import Archived
from tutorpulse.store.changes import Changes, earliest_of
from tutorpulse.store.compacting import Compacted
from tutorpulse.store.database import DEFAULT_MEMORY_GB, Arrays, Database
from tutorpulse.store.home import Home
from tutorpulse.store.index import FLUSH_IDS, IdIndex
from tutorpulse.store.outline import Batch
from tutorpulse.store.places import SessionPlaces
from tutorpulse.store.receipts import Receipts
from tutorpulse.store.recovery import recover
from tutorpulse.store.rejects import State, StoredReject

if TYPE_CHECKING:
    import pyarrow as pa

_PIN_TRIES = 3
"""Snapshots that are begun before writers are made to wait for one."""


class EventStore:
    """The log of one home. One process holds it at a time; its threads may share it, each append by itself.

    With `read_only` several processes may hold it, and nothing is written.
    """

    def __init__(self, home: Home, database: Database, index: IdIndex, held: ExitStack) -> None:
        self._database = database
        self._index = index
        self.admission = Admission(index)
        self.on_written: Callable[[], None] = lambda: None
        """Called after each write of new events."""
        self.drain: Callable[[], None] = lambda: None
        """Brings in what was acknowledged elsewhere and is not in the database yet: the live door's part."""
        self._held = held
        self.journal_path = home.journal_path
        self._home_path = home.path
        self._places = SessionPlaces(IdIndex(home.places_path))
        self._writing = threading.RLock()
        self._settling = threading.RLock()
        """Taken after `_writing` where both are; settling alone keeps no writer waiting."""
        self._next_seq: int | None = None
        self._written, self._settled = 1, 0
        self._within = threading.local()
        self._changes = Changes()

    @classmethod
    def open(
        cls,
        home: Home,
        read_only: bool = False,
        memory_limit_gb: float = DEFAULT_MEMORY_GB,
        flush_ids: int = FLUSH_IDS,
        recovering: bool = True,
    ) -> "EventStore":
        """Open the log of `home`, making or migrating its tables where need be. Use as a context manager, or close it.

        Args:
            home: the home folder.
            read_only: write nothing; the log must exist and be of this version.
            memory_limit_gb: what DuckDB may use before it spills into the home; the index of ids needs up to 50 MB beside it.
            flush_ids: new ids held in memory before they go to disk (16 bytes each).
            recovering: bring in what a dead service left in its journal; without it, a live door is to be opened before anything is written or read.

        Raises:
            HomeBusyError: another process holds the home.
            HomeVersionError: a newer version wrote the log.
            HomeError: the log cannot be read, or with `read_only` there is none.
        """
        if read_only and not home.events_path.exists():
            raise HomeError(f"The home {home.path} holds no events. Run `tutorpulse import FILE` first.")
        with ExitStack() as stack:
            stack.enter_context(home.lock(read_only))
            database = Database(home.events_path, home.scratch_path, read_only, memory_limit_gb)
            stack.callback(database.close)
            migrations.bring_up_to_date(database, home.events_path)
            archive.begin(database, home.path)
            store = cls(home, database, IdIndex(home.ids_path, flush_ids), stack.pop_all())
        if not read_only:
            with store._closed_on_error():
                archive.remove_strays(database, home.path)
                if recovering:
                    recover(store, home.journal_path)
        return store

    @contextmanager
    def _closed_on_error(self) -> Iterator[None]:
        with ExitStack() as stack:
            stack.enter_context(self._held)
            yield
            self._held = stack.pop_all()

    def __enter__(self) -> "EventStore":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the home. Nothing is lost without it: `append` is durable when it returns."""
        with self._writing, self._settling, self._held:
            self._index.settle_tail()
            self._places.close()

    # In

    def append(self, batch: EventBatch) -> Receipts:
        """Take the batch's new events and its rejects, all or none; durable on return.

        The first event of an id wins, in the log or by position in the batch; rejects already known add nothing.
        Large batches cost least an event: half a million take two thirds of the time of four times 130,000.
        """
        with self._writing:
            claim = self.claim(batch)
            try:
                self.write(Generation([claim]))
            except BaseException:
                self.admission.withdraw(claim)
                raise
        self.tell([claim])
        return claim.receipts()

    def claim(self, batch: Batch) -> Claim:
        """Decide which events of a batch are new; see `Admission.claim`. Nothing is written by it."""
        while (claim := self.admission.claim(batch)) is None:
            with self._writing:
                self._ready_to_write()
        return claim

    def catch_up(self) -> None:
        """Make sure that every known id is in the index, so that the next claim waits for nobody who writes."""
        with self._writing:
            self._ready_to_write()

    def write(self, generation: Generation, settle: bool = False) -> None:
        """Put decided events and their rejects into the database, all or none, and their ids into the index.

        With `settle` the sessions that they touch are folded in the same step, for whoever is about to read them: to wait for the disk
        once takes less than twice.
        """
        with self._writing, self._settling if settle else nullcontext():
            next_seq = self._ready_to_write()
            self.admission.begin(generation)
            # Unknown until both log and index have the batch: whatever fails between, the next call asks the log.
            self._next_seq = None
            try:
                self._insert(generation.claims, next_seq, settle)
                self.admission.landed(generation, next_seq + generation.size - 1)
            except BaseException:
                self.admission.doubt()
                if settle:
                    # They may know places of events that the log does not have, and will give to others.
                    self._places.clear()
                raise
            self._next_seq = next_seq + generation.size

    def _insert(self, claims: Sequence[Claim], next_seq: int, settle: bool) -> None:
        new = [claim for claim in claims if claim.size]
        refused = [reject for claim in claims for reject in claim.batch.rejects]
        if not new and not refused:
            return
        # Rejects are no part of what is kept of the log's past.
        changes = self._changes.made(earliest_of(new)) if new else nullcontext()
        with changes, self._database.transaction():
            for table, columns in rows.of_claims(new, next_seq):
                self._database.insert(table, columns)
            rejects.add(self._database, refused)
            if settle:
                settling.settle_within(self._database, self._places)
        self._written += 1
        if settle:
            self._settled = self._written

    def tell(self, claims: Sequence[Claim]) -> None:
        """Tell whoever listens that the claims are in the database now, where they have a new event."""
        if any(claim.size for claim in claims):
            self.on_written()

    @contextmanager
    def writing(self, timeout_s: float = -1.0) -> Iterator[None]:
        """Nobody else writes within the context.

        Raises:
            UnavailableError: somebody did for all of `timeout_s` seconds (negative: no limit).
        """
        if not self._writing.acquire(timeout=timeout_s):
            raise UnavailableError(
                f"The log was busy for {timeout_s:g} s. Try again when the import is done."
            )
        try:
            yield
        finally:
            self._writing.release()

    @contextmanager
    def still(self) -> Iterator[None]:
        """All that was acknowledged is in the database's file, and no file of the log changes within the context: they may be copied.

        A live service goes on acknowledging meanwhile, into its journal, until that is full.

        Raises:
            UnavailableError: see `Database.checkpoint`.
        """
        with self._writing, self._settling:
            self.drain()
            self._database.checkpoint()
            yield

    def checkpoint_every(self, megabytes: int) -> None:
        """Move events from DuckDB's write-ahead log into its file whenever so much waits there: less delays a write, and an opening.

        Rows stay in the groups in which they come until `compact`: putting them together now and then makes a write wait for a second.
        """
        self._database.execute(f"SET checkpoint_threshold = '{megabytes:d}MB'")
        self._database.execute("SET max_vacuum_tasks = 0")

    def use_threads(self, threads: int) -> None:
        """How many threads one statement may use from now on; at the start as many as there are processors.

        Statements side by side get more done with a thread each than with the threads of all contending.
        """
        self._database.execute(f"SET threads = {threads:d}")

    def _ready_to_write(self) -> int:
        """The next place in the log, after making sure that every known id is in the index."""
        if self._next_seq is None:
            self._next_seq = self.admission.catch_up(self._database)
        return self._next_seq

    # Out

    def query(self, sql: str, params: Sequence[object] = ()) -> Arrays:
        """The answer to one SELECT over the log's tables, `settled_sessions`, `rejects` and relations of `relation`.

        Args:
            sql: DuckDB's SQL; see `schema` for tables, `sessions` for the relation of sessions.
            params: values for its `?`.

        Returns:
            Per column an array: text as object with None, floats with NaN for NULL, integers int64 and truth values
            bool (masked arrays where some are NULL). Sums of integers are float64.
        """
        self._settle_for(sql)
        return self._database.query(sql, params)

    def query_as_it_is(self, sql: str, values: Mapping[str, int], incoming: Arrays | None = None) -> Arrays:
        """The answer to a query that comes again and again: see `Database.execute_again`. Sessions are not settled first:
        `settled_sessions` may lag behind the newest events."""
        return self._database.query_again(sql, values, incoming)

    @property
    def planner(self) -> "EventStore | None":
        """This store, where it can answer `query_over`: that needs pyarrow, which comes with `tutorpulse[serve]`."""
        return self if find_spec("pyarrow") else None

    def rows(self, sql: str, values: Mapping[str, int]) -> "pa.Table":
        """As `query_as_it_is`, as one of the sources of `query_over`."""
        return self._database.rows_again(sql, values)

    def query_over(self, sql: str, sources: "Mapping[str, str | Arrays | pa.Table]") -> tuple[Arrays, int]:
        """As `query`, for a long SELECT that a thread asks over and over: DuckDB plans it once; see `planned`.

        Args:
            sql: reads nothing but the relations in `sources`.
            sources: by name, a SELECT over the log, columns as `relation` takes them, or `rows`; of the same columns and types for
                each query that differs from another only in its times.

        Returns:
            The answer by column, and how many rows the sources held together: all of them are in memory for the query.
        """
        for source in sources.values():
            if isinstance(source, str):
                self._settle_for(source)
        return self._database.query_over(sql, sources)

    def changes_until(self, received_us: int) -> int | None:
        """In a snapshot, a number that is another where another snapshot of this store has another content of what was received
        by a time; None: it is not known, as where somebody adds to that since the snapshot began, or outside of one."""
        return self._changes.until(received_us, self._within.moment) if self._in_snapshot else None

    def copy_to(self, sql: str, path: str, options: str) -> None:
        """Write the answer to one SELECT to a file, as DuckDB's COPY does; `options` such as `FORMAT parquet`."""
        self._settle_for(sql)
        quoted = path.replace("'", "''")
        self._database.execute(f"COPY ({sql}) TO '{quoted}' ({options})")

    @contextmanager
    def relation(self, name: str, columns: Arrays) -> Iterator[None]:
        """Queries of this thread may read `columns` as the relation `name` within the context."""
        self._database.make_temporary(name, columns)
        try:
            yield
        except BaseException:
            # A snapshot in which a query failed takes no statement any more, and its end ends the relation.
            if not self._in_snapshot:
                self._database.execute(f"DROP TABLE {name}")
            raise
        self._database.execute(f"DROP TABLE {name}")

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Queries of this thread within the context see the log of one moment, its sessions settled; others may write meanwhile.

        Whatever was received by this process is in it only if it was received before the context began. Contexts may be nested.
        """
        if self._in_snapshot:
            yield
            return
        self._within.moment = self._changes.moment
        with self._pinned():
            self._within.snapshot = True
            try:
                yield
            finally:
                self._within.snapshot = False

    @contextmanager
    def _pinned(self) -> Iterator[None]:
        """A moment between two writes that finds all sessions settled: tried without holding writers up, then with."""
        with ExitStack() as stack:
            for _ in range(_PIN_TRIES):
                self.settle()
                with ExitStack() as attempt:
                    attempt.enter_context(self._database.reading())
                    # The first read is what pins the moment.
                    if self._database.read_only or settling.is_settled(self._database):
                        stack.push(attempt.pop_all())
                        break
            else:
                with self._writing:
                    self.settle()
                    stack.enter_context(self._database.reading())
                    settling.settled_seq(self._database)
            yield

    @property
    def _in_snapshot(self) -> bool:
        return getattr(self._within, "snapshot", False)

    @contextmanager
    def ids(self, name: str, ids: NDArray[np.object_]) -> Iterator[None]:
        """As `relation`, of one text column `id`."""
        with self.relation(name, {"id": np.asarray(ids, np.object_)}):
            yield

    def places_of_sessions(self, session_ids: NDArray[np.object_], newest: int) -> NDArray[np.int64]:
        """The places in the log (`seq`) of all events up to place `newest`, or later ones, of these sessions, and hardly ever
        of another: for few sessions."""
        with self._settling:
            return self._places.of_sessions(self._database, session_ids, newest)

    def settle(self) -> None:
        """Bring the settled sessions up to date: fold the sessions touched since the last time. Reads do it by themselves."""
        if self._is_settled:
            return
        with self._settling:
            written = self._written
            settling.settle(self._database, self._places)
            self._settled = written

    @property
    def _is_settled(self) -> bool:
        # A reader settles aside for each thread by itself.
        return self._settled == self._written and not self._database.read_only

    def _settle_for(self, sql: str) -> None:
        if "settled_sessions" in sql and not self._in_snapshot:
            self.settle()

    def newest_us(self) -> int | None:
        """The newest event's time; None in an empty log."""
        return self._over_tables("MAX", "ts_us")

    def oldest_us(self) -> int | None:
        """The oldest event's time; None in an empty log."""
        return self._over_tables("MIN", "ts_us")

    def newest_received_us(self) -> int | None:
        """When the last event to be received was received; None in an empty log."""
        return self._over_tables("MAX", "received_us")

    def _over_tables(self, aggregate: str, column: str) -> int | None:
        parts = " UNION ALL ".join(f"SELECT {aggregate}({column}) AS t FROM {table}" for table in TABLES)
        found: int | None = self._database.scalar(f"SELECT {aggregate}(t) FROM ({parts})")
        return found

    def counts(self) -> dict[str, int]:
        """Events by type, without the types that have none; by name."""
        parts = " UNION ALL ".join(f"SELECT event_type FROM {table}" for table in TABLES)
        found = self._database.query(f"SELECT event_type, COUNT(*) AS n FROM ({parts}) GROUP BY 1 ORDER BY 1")
        return dict(zip(found["event_type"].tolist(), found["n"].tolist(), strict=True))

    def __len__(self) -> int:
        """Events in the log."""
        return sum(int(self._database.scalar(f"SELECT COUNT(*) FROM {table}")) for table in TABLES)

    def entity_ids(self, entity_type: str) -> NDArray[Any]:
        """Every tutor or student that an event names, ascending; never the placeholder."""
        column = f"{entity_type}_id"
        parts = " UNION ".join(
            f"SELECT {column} AS id FROM {table}" for table in TABLES if column in table_columns(table)
        )
        sql = f"SELECT id FROM ({parts}) WHERE id IS NOT NULL AND id <> ? ORDER BY id"
        return self._database.query(sql, [PLACEHOLDER_ID])["id"]

    @contextmanager
    def visit(self) -> Iterator[Callable[[], None]]:
        """A thread that comes and goes reads within this context: its temporary relations end with it.

        Gives a function that stops its running statement when another thread calls it; `database.Interrupted` follows.
        """
        with self._database.lease() as interrupt:
            yield interrupt

    # Upkeep

    def archive(self, before_us: int, progress: Callable[[int], None] = lambda _events: None) -> Archived:
        """Move events that happened before the last midnight (UTC) at or before `before_us` into files; see `archive`.

        Nothing that is read changes by it. `progress` is told the events moved so far; writers get their turn in between.

        Raises:
            HomeError: the files cannot be written.
        """
        done = Archived()
        while True:
            with self._writing:
                self.drain()
                self.settle()
                moved = archive.move(self._database, self._home_path, midnight_before(before_us))
            if not moved.events:
                return done
            done += moved
            progress(done.events)

    def compact(self) -> Compacted:
        """Put the settled sessions in order, and free what was deleted; see `compacting`.

        Raises:
            UnavailableError: see `Database.checkpoint`.
        """
        with self._writing:
            self.drain()
            self.settle()
            return compacting.compact(self._database)

    def archive_damage(self) -> list[str]:
        """What is wrong with the files of the archive; empty where nothing is."""
        with self._writing:
            return list(archive.damaged(self._database, self._home_path))

    # Rejects and erasure

    def rejects(
        self, state: State | None = "open", limit: int | None = None, offset: int = 0
    ) -> list[StoredReject]:
        """The rejects in a state (None: in any), in order of source and place."""
        return rejects.listed(self._database, state, limit, offset)

    def reject(self, reject_id: str) -> StoredReject:
        """One reject. Raises InputError where there is none of that id."""
        return rejects.one(self._database, reject_id)

    def mark_rejects(self, reject_ids: Sequence[str], state: State) -> None:
        """Note what became of rejects, once a replay's events are appended, or an operator dismisses them."""
        with self._writing, self._database.transaction():
            rejects.mark(self._database, reject_ids, state)

    def erase(self, entity_type: str, entity_id: str) -> erasure.Erased:
        """Remove every event and reject that names the entity; see `erasure.erase`."""
        with self._writing, self._settling:
            self.drain()
            self._ready_to_write()
            settling.settle(self._database, self._places)
            with self._changes.made():
                erased = erasure.erase(self._database, self._home_path, entity_type, entity_id)
            self._places.clear()
            return erased
