"""Keeping the settled sessions up to date: only sessions that new events touched are folded anew."""

import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import DAY_US
from tutorpulse.store.database import Database
from tutorpulse.store.places import SessionPlaces
from tutorpulse.store.sessions import fold_sql

_SEASON_US = 120 * DAY_US
ORDER = f"last_us // {_SEASON_US:d}, tutor_id"
"""The order of settled rows: see `_fold`."""
FEW_EVENTS = 50_000
LOG_PER_EVENT = 25
"""Up to so many new events of sessions, or one for so many events in the log, their sessions are looked up; reading the log
once is faster for more."""
_TOUCHED = "SELECT session_id FROM session_events WHERE seq > {seq:d}"


def settle(database: Database, places: SessionPlaces) -> None:
    """Fold what was touched since the last time. A read-only database gets a temporary table of the same name.

    Few new events cost what their sessions' events cost, found by `places`; many are met by reading the log once.
    """
    if database.read_only:
        _settle_aside(database)
        return
    with database.transaction():
        settled = settled_seq(database)
        newest, count = _new(database, settled)
        if not count:
            return
        if settled and count <= max(FEW_EVENTS, newest // LOG_PER_EVENT):
            _refold_few(database, places.together_with(database, settled, newest), settled)
        else:
            refold(database, _TOUCHED.format(seq=settled))
        database.execute("UPDATE facts SET value = ? WHERE name = 'settled_seq'", [newest])


def _new(database: Database, settled: int) -> tuple[int, int]:
    """The newest place of a session's event after `settled` (0 if there is none), and how many there are."""
    found = database.query(
        f"SELECT COALESCE(MAX(seq), 0) AS newest, COUNT(*) AS n FROM session_events WHERE seq > {settled:d}"
    )
    return int(found["newest"][0]), int(found["n"][0])


def _refold_few(database: Database, places: NDArray[np.int64], settled: int) -> None:
    """Fold the sessions anew whose events are at these places, all of them."""
    database.make_temporary("touched_places", {"seq": places})
    # The bound spares the search the archive, but for sessions that reach into it.
    database.execute(
        "CREATE OR REPLACE TEMP TABLE touched_events AS SELECT * FROM session_events"
        f" WHERE seq IN (SELECT seq FROM touched_places) AND seq >= {places.min(initial=settled):d}"
    )
    oldest, newest = _settled_between(database, settled)
    if oldest is not None:
        # Settled rows lie by season, so the bounds spare the search most of the table.
        database.execute(
            f"""DELETE FROM settled_sessions WHERE last_us BETWEEN {oldest:d} AND {newest:d}
                AND session_id IN (SELECT session_id FROM touched_events WHERE seq <= {settled:d})"""
        )
    _fold(database, "touched_events")
    database.execute("DROP TABLE touched_events")
    database.execute("DROP TABLE touched_places")


def _settled_between(database: Database, settled: int) -> tuple[int | None, int | None]:
    """The least and the greatest `last_us` of the settled rows of the touched sessions; None if none has a row."""
    found = database.execute(
        f"""SELECT MIN(last_us), MAX(last_us) FROM (
            SELECT MAX(ts_us) AS last_us FROM touched_events WHERE seq <= {settled:d} GROUP BY session_id)"""
    ).fetchone()
    return found if found is not None else (None, None)


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


def is_settled(database: Database) -> bool:
    """Whether every event of a session is in the settled sessions."""
    return not _new(database, settled_seq(database))[1]


def _fold(database: Database, source: str) -> None:
    # A season at a time, so that reads of recent sessions skip the row groups of old ones; by tutor within it, so that
    # reads of a few tutors skip most blocks of the rest.
    database.execute(f"INSERT INTO settled_sessions SELECT * FROM ({fold_sql(source)}) ORDER BY {ORDER}")


def _settle_aside(database: Database) -> None:
    settled = settled_seq(database)
    if not _new(database, settled)[1] or database.scalar(
        "SELECT COUNT(*) FROM duckdb_tables() WHERE temporary AND table_name = 'settled_sessions'"
    ):
        return
    touched = _TOUCHED.format(seq=settled)
    database.execute(
        f"""CREATE TEMP TABLE settled_sessions AS
        SELECT * FROM main.settled_sessions WHERE session_id NOT IN ({touched})
        UNION ALL SELECT * FROM ({fold_sql(f"(SELECT * FROM session_events WHERE session_id IN ({touched}))")})"""
    )
