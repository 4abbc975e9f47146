"""The populations that features compare with, worked out once for each midnight and kept while the log before it stays."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any, TypeAlias

from numpy.typing import NDArray

from tutorpulse.clock import midnight_before
from tutorpulse.events.contract import TABLES
from tutorpulse.features.compile import REFERENCES, reference_query
from tutorpulse.features.scope import Scope
from tutorpulse.features.sql import times
from tutorpulse.features.store import Store

_Arrays: TypeAlias = dict[str, NDArray[Any]]


class References:
    """Keeps the newest population asked for of each kind; of one store, for one thread at a time.

    It is worked out anew for another midnight or other settings, and when anything was added to, or erased from, the part
    of the log that it was made of. So what was kept never differs from what would be computed.
    """

    def __init__(self) -> None:
        self._kept: dict[str, tuple[object, _Arrays]] = {}

    @contextmanager
    def at_hand(self, store: Store, scope: Scope) -> Iterator[Scope]:
        """The scope, reading its populations from relations that exist within the context."""
        names = [name for name, (kind, *_) in REFERENCES.items() if kind == scope.entity_type]
        queries = {}
        with ExitStack() as stack:
            for name in names:
                stack.enter_context(store.relation(f"kept_{name}", self._population(store, scope, name)))
                queries[name] = f"SELECT * FROM kept_{name}"
            yield replace(scope, references=queries)

    def _population(self, store: Store, scope: Scope, name: str) -> _Arrays:
        sql = reference_query(name, scope)
        state = (sql, _content(store, scope))
        kept = self._kept.get(name)
        if kept is None or kept[0] != state:
            kept = self._kept[name] = (state, store.query(sql))
        return kept[1]


def _content(store: Store, scope: Scope) -> tuple[float, ...]:
    """What tells one content of the log up to midnight from another: the number of its events, and the sum of their places."""
    midnight = midnight_before(scope.as_of_us)
    cut = times(midnight, min(scope.known_at_us, midnight))
    parts = " UNION ALL ".join(
        f"SELECT COUNT(*) AS events, SUM(seq) AS places FROM {t} WHERE {cut}" for t in TABLES
    )
    found = store.query(f"SELECT SUM(events) AS events, SUM(places) AS places FROM ({parts}) AS tables")
    return float(found["events"][0]), float(found["places"][0])
