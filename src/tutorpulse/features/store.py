"""What features read of the event store."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeAlias

from numpy.typing import NDArray

Rows: TypeAlias = Any
"""Rows as the store holds them for `Planner.query_over`: an Arrow table."""


class Store(Protocol):
    """The part of `store.log.EventStore` that features need."""

    def query(self, sql: str, params: Sequence[object] = ()) -> dict[str, NDArray[Any]]:
        """The answer to one SELECT, by column."""
        ...

    def relation(self, name: str, columns: dict[str, NDArray[Any]]) -> AbstractContextManager[None]:
        """Makes `columns` readable as the relation `name` within the context."""
        ...

    def snapshot(self) -> AbstractContextManager[None]:
        """Queries within the context see the log of one moment."""
        ...


class Planner(Protocol):
    """A store that keeps the plan of a query."""

    def query_over(
        self, sql: str, sources: Mapping[str, str | dict[str, NDArray[Any]] | Rows]
    ) -> tuple[dict[str, NDArray[Any]], int]:
        """The answer to one SELECT over relations that are given as SELECTs over the log, as columns or as rows; and how many rows those held."""
        ...

    def rows(self, sql: str, values: Mapping[str, int]) -> Rows:
        """The answer to one SELECT over the log, with the values of its parameters."""
        ...

    def changes_until(self, received_us: int) -> int | None:
        """A number that stays the same, from one snapshot to the next, while what was received by a time does; None: not known."""
        ...
