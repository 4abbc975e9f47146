"""Requests that a person look at what is held and predicted about somebody."""

import sqlite3

import msgspec

from tutorpulse.errors import UnknownEntityError
from tutorpulse.store.state.connection import transaction


class ReviewRow(msgspec.Struct, frozen=True):
    """One request; open until it has `answered_us`. `outcome` is what the answer came to, in a word."""

    review_id: str
    entity_type: str
    entity_id: str
    asked_us: int
    asked_by: str
    reason: str
    answered_us: int | None = None
    answered_by: str | None = None
    outcome: str | None = None
    answer: str | None = None


_LIST = ", ".join(ReviewRow.__struct_fields__)
_PLACES = ", ".join("?" * len(ReviewRow.__struct_fields__))


class ReviewTable:
    """Reads and writes requests for review."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, row: ReviewRow) -> None:
        """Add a request."""
        with transaction(self._connection):
            self._connection.execute(
                f"INSERT INTO reviews ({_LIST}) VALUES ({_PLACES})", msgspec.structs.astuple(row)
            )

    def get(self, review_id: str) -> ReviewRow:
        """One by its id.

        Raises:
            UnknownEntityError: there is none.
        """
        found = self._connection.execute(
            f"SELECT {_LIST} FROM reviews WHERE review_id = ?", (review_id,)
        ).fetchone()
        if found is None:
            raise UnknownEntityError(
                f"No request for review has the id {review_id!r}. `tutorpulse reviews list` shows them."
            )
        return ReviewRow(*found)

    def answer(self, row: ReviewRow) -> None:
        """Keep the answer that `row` has to the request of its id."""
        with transaction(self._connection):
            self._connection.execute(
                "UPDATE reviews SET answered_us = ?, answered_by = ?, outcome = ?, answer = ? WHERE review_id = ?",
                (row.answered_us, row.answered_by, row.outcome, row.answer, row.review_id),
            )

    def listed(self, is_open: bool | None = None) -> list[ReviewRow]:
        """All, oldest first; those that are open, or answered, where that is asked."""
        found = self._connection.execute(
            f"SELECT {_LIST} FROM reviews WHERE :open IS NULL OR (answered_us IS NULL) = :open ORDER BY asked_us, review_id",
            {"open": None if is_open is None else int(is_open)},
        )
        return [ReviewRow(*line) for line in found]

    def of_entity(self, entity_type: str, entity_id: str) -> list[ReviewRow]:
        """All about one entity, oldest first."""
        found = self._connection.execute(
            f"SELECT {_LIST} FROM reviews WHERE entity_type = ? AND entity_id = ? ORDER BY asked_us, review_id",
            (entity_type, entity_id),
        )
        return [ReviewRow(*line) for line in found]
