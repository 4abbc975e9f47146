"""The populations that features compare with, worked out once for each midnight and kept while the log before it stays."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from numpy.typing import NDArray

from tutorpulse.clock import midnight_before
from tutorpulse.events.contract import TABLES
from tutorpulse.features.compile import REFERENCES, reference_query
from tutorpulse.features.scope import Scope
from tutorpulse.features.sql import times
from tutorpulse.features.store import Store

_Arrays: TypeAlias = dict[str, NDArray[Any]]
_Content: TypeAlias = tuple[tuple[int, int], ...]


class References:
    """Keeps the newest population asked for of each kind; of one store, for one thread at a time.

    It is worked out anew for another midnight or other settings, and when anything was added to, or erased from, the part
    of the log that it was made of. So what was kept never differs from what would be computed.
    """

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}
        self.was_overtaken = False
        """Whether events came in during the last query; where they do, the next one is asked as if they had already."""

    @contextmanager
    def at_hand(self, store: Store, scope: Scope) -> Iterator[Scope]:
        """The scope, reading its populations from relations that exist within the context."""
        names = [name for name, (kind, *_) in REFERENCES.items() if kind == scope.entity_type]
        with ExitStack() as stack:
            for name in names:
                stack.enter_context(store.relation(f"kept_{name}", self._population(store, scope, name)))
            yield replace(scope, references={name: f"SELECT * FROM kept_{name}" for name in names})

    def _population(self, store: Store, scope: Scope, name: str) -> _Arrays:
        sql, log = reference_query(name, scope), _content(store, "TRUE")
        kept = self._kept.get(name)
        if kept is None or kept.sql != sql or kept.log != log:
            before = _content(store, _before_midnight(scope))
            same = kept is not None and kept.sql == sql and kept.before == before
            rows = kept.rows if kept is not None and same else store.query(sql)
            kept = self._kept[name] = _Kept(sql, log, before, rows)
        return kept.rows


@dataclass(frozen=True)
class _Kept:
    """A population, the query that gave it, and the content of the log, and of the part before midnight, at that time."""

    sql: str
    log: _Content
    before: _Content
    rows: _Arrays


def _before_midnight(scope: Scope) -> str:
    midnight = midnight_before(scope.as_of_us)
    return times(midnight, min(scope.known_at_us, midnight))


def _content(store: Store, condition: str) -> _Content:
    """What tells one content of the log's tables from another: how many events, and the last one's place. Events are added
    at the end and erased for good, so neither can come back to what it was after a change."""
    parts = " UNION ALL ".join(
        f"SELECT COUNT(*) AS events, COALESCE(MAX(seq), -1) AS last_seq FROM {table} WHERE {condition}"
        for table in TABLES
    )
    found = store.query(parts)
    return tuple(zip(found["events"].tolist(), found["last_seq"].tolist(), strict=True))
