"""Erasing one entity from the log."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tutorpulse.errors import InputError, UnknownEntityError
from tutorpulse.events.contract import TABLES, table_columns
from tutorpulse.events.fields import PLACEHOLDER_ID
from tutorpulse.store import archive
from tutorpulse.store.archive import ARCHIVED_TABLES
from tutorpulse.store.database import Database
from tutorpulse.store.digests import digest_ids
from tutorpulse.store.settling import refold

_ENTITY_TYPES = ("tutor", "student")
_BATCH_REJECTS = 10_000


@dataclass(frozen=True)
class Erased:
    """How many events and rejects an erasure removed."""

    events: int
    rejects: int


def erase(database: Database, home: Path, entity_type: str, entity_id: str) -> Erased:
    """Remove every event that names the entity, from the archive too, every reject whose text holds its id as a word, and refold its sessions.

    Sessions belong to both sides: erasing a tutor takes them from the students' histories too. Of the removed events
    only digests of their event ids stay, so that importing a file again does not bring them back; an event of a
    new id is taken. The database file is checkpointed after it, but its freed blocks are overwritten only as new data
    needs them, and copies of the home keep what they hold.

    Raises:
        InputError: the kind is neither tutor nor student, or the id is the placeholder.
        UnknownEntityError: no event and no reject names the entity.
        UnavailableError: it is erased, but not out of the file yet; see `Database.checkpoint`.
    """
    if entity_type not in _ENTITY_TYPES:
        raise InputError(f"{entity_type!r} is no kind of entity. Give tutor or student.")
    if entity_id == PLACEHOLDER_ID:
        raise InputError(f"{PLACEHOLDER_ID!r} stands for an unknown {entity_type} and cannot be erased.")
    with database.transaction():
        events, files = _erase_events(database, home, entity_type, entity_id)
        erased = Erased(events, _erase_rejects(database, entity_id))
        if erased == Erased(0, 0):
            raise UnknownEntityError(f"No {entity_type} {entity_id!r} is known. Check the id and the kind.")
    for file in files:
        file.unlink(missing_ok=True)
    database.checkpoint()
    return erased


def _erase_events(database: Database, home: Path, entity_type: str, entity_id: str) -> tuple[int, list[Path]]:
    """How many were removed, and the files of the archive that the transaction leaves behind."""
    database.execute(
        "CREATE OR REPLACE TEMP TABLE stricken AS SELECT session_id FROM session_events"
        f" WHERE {_named_in('session_events', entity_type)}",
        [entity_id],
    )
    removed = sum(_erase_from(database, table, entity_type, entity_id) for table in TABLES)
    files = [
        file
        for table in ARCHIVED_TABLES
        for file in archive.erase(database, home, table, _named_in(table, entity_type), entity_id)
    ]
    refold(database, "SELECT session_id FROM stricken")
    database.execute("DROP TABLE stricken")
    return removed, files


def _erase_from(database: Database, table: str, entity_type: str, entity_id: str) -> int:
    named = _named_in(table, entity_type)
    found = database.query(f"SELECT seq, event_id FROM {table} WHERE {named}", [entity_id])
    if not len(found["seq"]):
        return 0
    digests = digest_ids(found["event_id"])
    database.insert("erased_ids", {"seq": found["seq"], "hi": digests.hi, "lo": digests.lo})
    database.execute(f"DELETE FROM main.{table} WHERE {named}", [entity_id])
    return len(found["seq"])


def _named_in(table: str, entity_type: str) -> str:
    """A condition on one parameter, the id: the row names the entity."""
    columns = table_columns(table)
    alternatives = [f"{entity_type}_id = $1"] if f"{entity_type}_id" in columns else []
    if "entity_id" in columns:
        alternatives.append(f"(entity_type = '{entity_type}' AND entity_id = $1)")
    return " OR ".join(alternatives) or "$1 IS NULL"


def _erase_rejects(database: Database, entity_id: str) -> int:
    """Delete the rejects that hold the id between other characters than those of ids, plain or escaped as in JSON."""
    spellings = {entity_id.encode(), json.dumps(entity_id)[1:-1].encode()}
    word = re.compile(rb"(?<![\w-])(?:" + b"|".join(map(re.escape, spellings)) + rb")(?![\w-])")
    cursor = database.execute("SELECT reject_id, raw FROM rejects")
    doomed: list[str] = []
    while batch := cursor.fetchmany(_BATCH_REJECTS):
        doomed += [reject_id for reject_id, raw in batch if word.search(raw)]
    if doomed:
        database.make_temporary("doomed", {"reject_id": np.array(doomed, np.object_)})
        database.execute("DELETE FROM rejects WHERE reject_id IN (SELECT reject_id FROM doomed)")
        database.execute("DROP TABLE doomed")
    return len(doomed)
