"""Keeping the settled sessions up to date: only sessions that new events touched are folded anew."""

import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import DAY_US
from tutorpulse.store.database import Database
from tutorpulse.store.places import SessionPlaces
from tutorpulse.store.sessions import PLACE_OF_FEW, fold_sql

_SEASON_US = 120 * DAY_US
ORDER = f"last_us // {_SEASON_US:d}, tutor_id"
"""The order of settled rows: see `_fold`."""
FEW_EVENTS = 50_000
LOG_PER_EVENT = 25
"""Up to so many new events of sessions, or one for so many events in the log, their sessions are looked up; reading the log
once is faster for more."""
UNORDERED_EVENTS = 10_000
"""The sessions of so many events fill no block of a table, so that their order would spare no read anything."""
# The bound spares the search the archive, but for sessions that reach into it.
_AT_PLACES = "SELECT * FROM session_events WHERE seq IN (SELECT seq FROM incoming) AND seq >= $first"
_TOUCHED = "SELECT session_id FROM session_events WHERE seq > {seq:d}"


def settle(database: Database, places: SessionPlaces) -> None:
    """Fold what was touched since the last time. A read-only database gets a temporary table of the same name.

    Few new events cost what their sessions' events cost, found by `places`; many are met by reading the log once.
    """
    if database.read_only:
        _settle_aside(database)
        return
    with database.transaction():
        settle_within(database, places)


def settle_within(database: Database, places: SessionPlaces) -> None:
    """As `settle`, within the caller's transaction. Where that fails, `places` may know of events that are not there: clear them."""
    settled = settled_seq(database)
    newest, count = _new(database, settled)
    if not count:
        return
    if settled and count <= max(FEW_EVENTS, newest // LOG_PER_EVENT):
        _refold_few(database, places.together_with(database, settled, newest), settled)
    else:
        refold(database, _TOUCHED.format(seq=settled))
    # Not updated in place: while anybody read the moment before, DuckDB would make no checkpoint.
    database.execute("DELETE FROM facts WHERE name = 'settled_seq'")
    database.execute("INSERT INTO facts VALUES ('settled_seq', ?)", [newest])


def _new(database: Database, settled: int) -> tuple[int, int]:
    """The newest place of a session's event after `settled` (0 if there is none), and how many there are."""
    found = database.query(
        f"SELECT COALESCE(MAX(seq), 0) AS newest, COUNT(*) AS n FROM session_events WHERE seq > {settled:d}"
    )
    return int(found["newest"][0]), int(found["n"][0])


def _refold_few(database: Database, places: NDArray[np.int64], settled: int) -> None:
    """Fold the sessions anew whose events are at these places, all of them."""
    _remove(database, _last_us(database, places[places <= settled]))
    order = f"ORDER BY {ORDER}" if len(places) > UNORDERED_EVENTS else ""
    fold = fold_sql(f"({_AT_PLACES})", PLACE_OF_FEW)
    database.execute_again(
        f"INSERT INTO settled_sessions SELECT * FROM ({fold}) {order}", _first(places), {"seq": places}
    )


def _last_us(database: Database, places: NDArray[np.int64]) -> dict[str, int]:
    """The time of the last of the events at these places, by session."""
    last_us: dict[str, int] = {}
    if len(places):
        sql = f"SELECT session_id, ts_us FROM ({_AT_PLACES})"
        found = database.query_again(sql, _first(places), {"seq": places})
        for session_id, ts_us in zip(found["session_id"].tolist(), found["ts_us"].tolist(), strict=True):
            last_us[session_id] = max(ts_us, last_us.get(session_id, ts_us))
    return last_us


def _remove(database: Database, last_us: dict[str, int]) -> None:
    """Remove the settled rows of sessions, given with their `last_us`."""
    if not last_us:
        return
    # Settled rows lie by season, so the bounds spare the search most of the table.
    database.execute_again(
        """DELETE FROM settled_sessions WHERE last_us BETWEEN $oldest AND $newest
            AND session_id IN (SELECT session_id FROM incoming)""",
        {"oldest": min(last_us.values()), "newest": max(last_us.values())},
        {"session_id": np.array(list(last_us), dtype=object)},
    )


def _first(places: NDArray[np.int64]) -> dict[str, int]:
    return {"first": int(places.min())}


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
