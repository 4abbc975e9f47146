"""Saved views of tables: a name for a query of a page."""

import secrets
import sqlite3

import msgspec

from tutorpulse.errors import InputError, UnknownEntityError
from tutorpulse.store.state.connection import transaction

NAME_MAX, QUERY_MAX, VIEWS_MAX = 60, 2_000, 100


class ViewRow(msgspec.Struct, frozen=True):
    """One saved view: `query` is what follows the `?` of the page's address."""

    view_id: str
    page: str
    name: str
    query: str
    saved_by: str
    saved_us: int


_FIELDS = ViewRow.__struct_fields__
_LIST = ", ".join(_FIELDS)


class ViewTable:
    """Reads and writes saved views; everybody sees them."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def of(self, page: str) -> list[ViewRow]:
        """Those of a page, by name."""
        found = self._connection.execute(
            f"SELECT {_LIST} FROM saved_views WHERE page = ? ORDER BY name COLLATE NOCASE", (page,)
        )
        return [ViewRow(*line) for line in found]

    def save(self, page: str, name: str, query: str, saved_by: str, saved_us: int) -> ViewRow:
        """Save a view; one of the page with that name is replaced.

        Raises:
            InputError: the name is empty or too long, or so is the query; or the page has too many views.
        """
        row = ViewRow(secrets.token_hex(8), page, _name(name), query, saved_by, saved_us)
        if len(query) > QUERY_MAX:
            raise InputError(
                f"The view has more than {QUERY_MAX:,} characters of filters. Save a simpler one."
            )
        with transaction(self._connection):
            if sum(view.name != row.name for view in self.of(page)) >= VIEWS_MAX:
                raise InputError(f"The page has {VIEWS_MAX} saved views. Remove one first.")
            self._connection.execute(
                f"INSERT OR REPLACE INTO saved_views ({_LIST}) VALUES ({', '.join('?' * len(_FIELDS))})",
                msgspec.structs.astuple(row),
            )
        return row

    def remove(self, view_id: str) -> None:
        """Remove a view.

        Raises:
            UnknownEntityError: there is none of that id.
        """
        with transaction(self._connection):
            if not self._connection.execute("DELETE FROM saved_views WHERE view_id = ?", (view_id,)).rowcount:
                raise UnknownEntityError(f"There is no saved view {view_id!r}. It was removed already.")


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not 0 < len(name) <= NAME_MAX:
        raise InputError(f"A view needs a name of 1 to {NAME_MAX} characters.")
    return name
