"""Bringing a log database to this version's schema, forward only and step by step."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tutorpulse.errors import HomeError, HomeVersionError
from tutorpulse.store.database import Database, DatabaseError
from tutorpulse.store.schema import WHOLE, create_sql

STEPS: Final[tuple[tuple[str, ...], ...]] = (
    (
        f"CREATE SCHEMA {WHOLE}",
        "CREATE TABLE archived (name VARCHAR, log_table VARCHAR, day BIGINT, events BIGINT, last_seq BIGINT,"
        " bytes BIGINT, blake2b VARCHAR)",
    ),
)
"""Statements that lead from version n to n + 1, the first from 1 to 2. Derived tables may simply be emptied:
`DELETE FROM settled_sessions` with `UPDATE facts SET value = 0 WHERE name = 'settled_seq'` folds them anew."""


def bring_up_to_date(database: Database, path: Path, steps: Sequence[Sequence[str]] = STEPS) -> None:
    """Make the tables of an empty database, or take the steps that an older one lacks; all of them or none.

    Raises:
        HomeVersionError: the database is newer than this version; or older, and open for reading only.
        HomeError: it is damaged.
    """
    newest = 1 + len(steps)
    found = _version(database, path)
    if found == newest:
        return
    if found > newest:
        raise HomeVersionError(
            f"{path} has schema {found}; this version knows up to {newest}. Upgrade tutorpulse."
        )
    if database.read_only:
        raise HomeVersionError(
            f"{path} has schema {found}, this version needs {newest}. Open it once for writing: run `tutorpulse refresh`."
        )
    with database.transaction():
        for statement in _statements(found, steps):
            database.execute(statement)
        database.execute("UPDATE facts SET value = ? WHERE name = 'schema_version'", [newest])


def _version(database: Database, path: Path) -> int:
    """The schema's version; 0 for an empty database."""
    try:
        if not database.scalar("SELECT COUNT(*) FROM duckdb_tables() WHERE table_name = 'facts'"):
            return 0
        return int(database.scalar("SELECT value FROM facts WHERE name = 'schema_version'"))
    except DatabaseError as error:
        raise HomeError(
            f"{path} is damaged: {str(error).splitlines()[0]}. Restore a backup into a new home."
        ) from None


def _statements(found: int, steps: Sequence[Sequence[str]]) -> list[str]:
    if found == 0:
        return [
            f"CREATE SCHEMA {WHOLE}",
            *create_sql(),
            "INSERT INTO facts VALUES ('schema_version', 0), ('settled_seq', 0)",
        ]
    return [statement for step in steps[found - 1 :] for statement in step]
