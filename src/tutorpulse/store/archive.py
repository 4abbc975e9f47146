"""Old events in Parquet files by day, still read as part of the log.

What moves are the families whose old events are only ever read through time windows or through settled sessions. The others (profiles,
requests, payments, contacts) are read whole at each look at somebody, so they stay in the database, where that costs no file openings.

Readers see no difference: the schema `whole`, where names are sought first, has a view of the table's name over the table and its files.
The view says up to which time and place its files reach, so a query of newer events opens none of them. A file is written and
synced before the transaction that takes its events out of the table, counts it in `archived` and changes the view.
"""

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from tutorpulse.clock import DAY_US, us_to_datetime
from tutorpulse.errors import HomeError
from tutorpulse.store.database import Database
from tutorpulse.store.files import sync_folder
from tutorpulse.store.schema import WHOLE

ARCHIVED_TABLES = ("session_events", "other_events")
"""The families that move; see above."""

DAYS_AT_ONCE = 30
"""Days that one step moves, so that writers wait for no more than that."""

_OPTIONS = "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20480"
_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True)
class Archived:
    """How many events were moved, into how many files, of how many bytes."""

    events: int = 0
    files: int = 0
    bytes: int = 0

    def __add__(self, other: "Archived") -> "Archived":
        return Archived(self.events + other.events, self.files + other.files, self.bytes + other.bytes)


@dataclass(frozen=True)
class _File:
    name: str
    day: int
    events: int
    last_seq: int


def begin(database: Database, home: Path) -> None:
    """Have names sought in `whole` first, and files below the home."""
    place = str(home.resolve()).replace("'", "''")
    database.begin_with(f"SET search_path = '{WHOLE},main'", f"SET file_search_path = '{place}'")


def move(database: Database, home: Path, before_us: int) -> Archived:
    """Move some of the oldest days of events that happened before `before_us` (a midnight, UTC); all moved: (0, 0, 0).

    Within the caller's lock. The sessions must be settled: what is settled later must not reach into the archive.

    Raises:
        HomeError: the files cannot be written, or DuckDB could not find them in a folder of that name.
    """
    if "," in str(home.resolve()):
        raise HomeError(
            f"The archive needs a home without a comma in its path, unlike {home}. Move the home."
        )
    moved = Archived()
    for table in ARCHIVED_TABLES:
        days = _days(database, table, before_us)
        if days:
            moved += _move_days(database, home, table, days)
    return moved


def _days(database: Database, table: str, before_us: int) -> list[int]:
    found = database.query(
        f"SELECT DISTINCT ts_us // {DAY_US:d} AS day FROM main.{table} WHERE ts_us < ? ORDER BY day LIMIT {DAYS_AT_ONCE:d}",
        [before_us],
    )
    return [int(day) for day in found["day"]]


def _move_days(database: Database, home: Path, table: str, days: list[int]) -> Archived:
    folder = home / "archive" / table
    folder.mkdir(parents=True, exist_ok=True)
    end_us = (days[-1] + 1) * DAY_US
    with database.transaction():
        files = [_write(database, home, table, day, _of_day(table, day)) for day in days]
        for path in (folder, folder.parent, home):
            sync_folder(path)
        _count(database, home, table, files)
        database.execute(f"DELETE FROM main.{table} WHERE ts_us < ?", [end_us])
        make_view(database, table)
    size = sum((home / file.name).stat().st_size for file in files)
    return Archived(sum(file.events for file in files), len(files), size)


def _of_day(table: str, day: int) -> str:
    return f"SELECT * FROM main.{table} WHERE ts_us >= {day * DAY_US:d} AND ts_us < {(day + 1) * DAY_US:d}"


def _write(database: Database, home: Path, table: str, day: int, query: str) -> _File:
    """A new file with the rows of a query, on disk when this returns."""
    date = us_to_datetime(day * DAY_US).date().isoformat()
    name = f"archive/{table}/{date}-{secrets.token_hex(4)}.parquet"
    place = str(home / name).replace("'", "''")
    database.execute(f"COPY ({query} ORDER BY seq) TO '{place}' ({_OPTIONS})")
    with (home / name).open("rb") as file:
        os.fsync(file.fileno())
    found = database.query(f"SELECT COUNT(*) AS n, MAX(seq) AS seq FROM read_parquet('{place}')")
    return _File(name, day, int(found["n"][0]), int(found["seq"][0]))


def _count(database: Database, home: Path, table: str, files: list[_File]) -> None:
    for file in files:
        size, digest = sum_of(home / file.name)
        database.execute(
            "INSERT INTO main.archived VALUES (?, ?, ?, ?, ?, ?, ?)",
            [file.name, table, file.day, file.events, file.last_seq, size, digest],
        )


def make_view(database: Database, table: str) -> None:
    """Make the view of a table and its files anew, within the caller's transaction; none where no file is left."""
    found = database.query(
        "SELECT name, day, last_seq FROM main.archived WHERE log_table = ? ORDER BY name", [table]
    )
    if not len(found["name"]):
        database.execute(f"DROP VIEW IF EXISTS {WHOLE}.{table}")
        return
    names = ", ".join(f"'{name}'" for name in found["name"])
    end_us = (int(found["day"].max()) + 1) * DAY_US
    database.execute(
        f"CREATE OR REPLACE VIEW {WHOLE}.{table} AS SELECT * FROM main.{table} UNION ALL"
        f" SELECT * FROM read_parquet([{names}]) WHERE ts_us < {end_us:d} AND seq <= {int(found['last_seq'].max()):d}"
    )


def erase(database: Database, home: Path, table: str, named: str, entity_id: str) -> list[Path]:
    """Write the files of a table anew that hold events which name somebody, without these; within the caller's transaction.

    Args:
        named: a condition on `$1`, the id.

    Returns:
        The files to remove once the transaction is committed.
    """
    known = database.query("SELECT name, day FROM main.archived WHERE log_table = ?", [table])
    days = dict(zip(known["name"].tolist(), known["day"].tolist(), strict=True))
    if not days:
        return []
    listed = ", ".join(f"'{name}'" for name in days)
    reading = f"read_parquet([{listed}], filename = true)"
    holding = database.query(f"SELECT DISTINCT filename FROM {reading} WHERE {named}", [entity_id])[
        "filename"
    ]
    doomed = [name for name in days if any(str(path).endswith(name) for path in holding)]
    for name in doomed:
        _rewrite(database, home, table, days[name], name, (named, entity_id))
    make_view(database, table)
    return [home / name for name in doomed]


def _rewrite(
    database: Database, home: Path, table: str, day: int, name: str, condition: tuple[str, str]
) -> None:
    named, entity_id = condition
    database.execute(
        f"CREATE OR REPLACE TEMP TABLE kept_events AS SELECT * FROM read_parquet('{name}') WHERE ({named}) IS NOT TRUE",
        [entity_id],
    )
    if database.scalar("SELECT COUNT(*) FROM kept_events"):
        file = _write(database, home, table, day, "SELECT * FROM kept_events")
        sync_folder((home / file.name).parent)
        _count(database, home, table, [file])
    database.execute("DROP TABLE kept_events")
    database.execute("DELETE FROM main.archived WHERE name = ?", [name])


def remove_strays(database: Database, home: Path) -> None:
    """Remove files that are no part of the log: left by a process that died while it wrote them, or before it removed them."""
    known = set(database.query("SELECT name FROM main.archived")["name"].tolist())
    for path in (home / "archive").glob("*/*.parquet"):
        if str(path.relative_to(home)) not in known:
            path.unlink()


def damaged(database: Database, home: Path) -> Iterator[str]:
    """The files that are missing, or not as they were written."""
    found = database.query("SELECT name, bytes, blake2b FROM main.archived ORDER BY name")
    for name, size, digest in zip(*(found[c].tolist() for c in ("name", "bytes", "blake2b")), strict=True):
        path = home / name
        if not path.is_file():
            yield f"{name} is missing"
        elif sum_of(path) != (size, digest):
            yield f"{name} is not as it was written"


def sum_of(path: Path) -> tuple[int, str]:
    """A file's size in bytes, and its BLAKE2b digest in hexadecimal."""
    digest = blake2b(digest_size=32)
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
        return file.tell(), digest.hexdigest()
