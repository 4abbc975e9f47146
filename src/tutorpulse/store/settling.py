"""Keeping the settled sessions up to date: only sessions that new events touched are folded anew."""

from tutorpulse.clock import DAY_US
from tutorpulse.store.database import Database
from tutorpulse.store.sessions import fold_sql

_SEASON_US = 120 * DAY_US
_TOUCHED = "SELECT session_id FROM session_events WHERE seq > {seq:d}"


def settle(database: Database) -> None:
    """Fold what was touched since the last time. A read-only database gets a temporary table of the same name."""
    settled = settled_seq(database)
    newest = database.scalar("SELECT MAX(seq) FROM session_events") or 0
    if newest <= settled:
        return
    if database.read_only:
        _settle_aside(database, settled)
        return
    with database.transaction():
        refold(database, _TOUCHED.format(seq=settled))
        database.execute("UPDATE facts SET value = ? WHERE name = 'settled_seq'", [newest])


def refold(database: Database, session_ids: str) -> None:
    """Fold the sessions of a query of session ids anew, within the caller's transaction."""
    if database.scalar("SELECT COUNT(*) FROM settled_sessions"):
        database.execute(
            f"CREATE OR REPLACE TEMP TABLE touched AS SELECT DISTINCT session_id FROM ({session_ids})"
        )
        database.execute("DELETE FROM settled_sessions WHERE session_id IN (SELECT session_id FROM touched)")
        _fold(database, "(SELECT * FROM session_events WHERE session_id IN (SELECT session_id FROM touched))")
        database.execute("DROP TABLE touched")
    else:
        _fold(database, "session_events")


def settled_seq(database: Database) -> int:
    """The place in the log up to which sessions are settled."""
    return int(database.scalar("SELECT value FROM facts WHERE name = 'settled_seq'"))


def _fold(database: Database, source: str) -> None:
    # A season at a time, so that reads of recent sessions skip the row groups of old ones; by tutor within it, so that
    # reads of a few tutors skip most blocks of the rest.
    database.execute(
        f"INSERT INTO settled_sessions SELECT * FROM ({fold_sql(source)}) ORDER BY last_us // {_SEASON_US:d}, tutor_id"
    )


def _settle_aside(database: Database, settled: int) -> None:
    if database.scalar(
        "SELECT COUNT(*) FROM duckdb_tables() WHERE temporary AND table_name = 'settled_sessions'"
    ):
        return
    touched = _TOUCHED.format(seq=settled)
    database.execute(
        f"""CREATE TEMP TABLE settled_sessions AS
        SELECT * FROM main.settled_sessions WHERE session_id NOT IN ({touched})
        UNION ALL SELECT * FROM ({fold_sql(f"(SELECT * FROM session_events WHERE session_id IN ({touched}))")})"""
    )
