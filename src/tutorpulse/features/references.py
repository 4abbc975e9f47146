"""The populations that features compare with, worked out once for each midnight and kept while the log before it stays."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import midnight_before
from tutorpulse.events.contract import TABLES
from tutorpulse.features.compile import REFERENCES, reference_query
from tutorpulse.features.portions import Portion
from tutorpulse.features.scope import Scope
from tutorpulse.features.sql import times
from tutorpulse.features.store import Planner, Store
from tutorpulse.store.mirror import Mirror

_Arrays: TypeAlias = dict[str, NDArray[Any]]
_Numbers: TypeAlias = tuple[int, ...]

_KEPT = "kept_"


class References:
    """Keeps the newest population asked for of each kind; of one store, for one thread at a time.

    It is worked out anew for another midnight or other settings, and when anything was added to, or erased from, the part
    of the log that it was made of. So what was kept never differs from what would be computed.

    With a `planner`, the same store, the query about a few entities is planned once, too: for a caller that asks all the time. It is
    handed the rows of a `portion` at once.
    """

    def __init__(self, planner: Planner | None = None, portion: Portion | None = None) -> None:
        self.planner = planner
        self.portion = portion or Portion()
        self.told = None if planner is None else Mirror(planner.rows)
        """What tutors told, most of which is their hours: half of a log, of which each look reads a little of everybody's."""
        self._kept: dict[str, _Kept] = {}

    @contextmanager
    def at_hand(self, store: Store, scope: Scope) -> Iterator[Scope]:
        """The scope, reading its populations from relations that exist within the context."""
        with ExitStack() as stack:
            for name, rows in self.rows(store, scope).items():
                stack.enter_context(store.relation(name, rows))
            yield self.reading(scope)

    def reading(self, scope: Scope) -> Scope:
        """The scope, reading its populations from relations of the names of `rows`."""
        return replace(scope, references={name: f"SELECT * FROM {_KEPT}{name}" for name in _names(scope)})

    def rows(self, store: Store, scope: Scope) -> dict[str, _Arrays]:
        """The populations that the scope compares with, by the names of relations that are to hold them."""
        return {f"{_KEPT}{name}": self._population(store, scope, name) for name in _names(scope)}

    def _population(self, store: Store, scope: Scope, name: str) -> _Arrays:
        then = _at_midnight(scope)
        sql, kept = _text(name, then), self._kept.get(name, _NONE_KEPT)
        changes = None if self.planner is None else self.planner.changes_until(then.as_of_us)
        if kept.sql == sql and changes is not None and kept.changes == changes:
            return kept.rows
        before = kept.log if kept.sql == sql else _NOTHING
        now = _content(store, times(then.as_of_us, then.known_at_us), before)
        stays = kept.sql == sql and (now.part, now.erased) == (before.part, before.erased)
        rows = kept.rows if stays else alike(store.query(sql))
        self._kept[name] = _Kept(sql, now, rows, changes)
        return rows


def _names(scope: Scope) -> list[str]:
    return [name for name, (kind, *_) in REFERENCES.items() if kind == scope.entity_type]


@dataclass(frozen=True)
class _Content:
    """What tells one content of the log's tables from another: the place of the last event of each table, how many came that are of
    the `part` that counts, and how many were erased. Events are added at the end only."""

    last_seq: _Numbers
    part: int
    erased: int


_NOTHING = _Content((-1,) * len(TABLES), 0, 0)


@dataclass(frozen=True)
class _Kept:
    """A population, the query that gave it, what the log held then, and the planner's number of that."""

    sql: str
    log: _Content
    rows: _Arrays
    changes: int | None = None


_NONE_KEPT = _Kept("", _NOTHING, {})


def alike(rows: _Arrays) -> _Arrays:
    """The different rows of a population, and as `alike` how many there are of each, as `Scope.references` has them: a look ranks
    among these instead of everybody."""
    counted = Counter(zip(*(column.tolist() for column in rows.values()), strict=True))
    columns = zip(*counted, strict=True) if counted else ((),) * len(rows)
    different = {
        name: np.array(values, dtype=column.dtype)
        for (name, column), values in zip(rows.items(), columns, strict=True)
    }
    return different | {"alike": np.fromiter(counted.values(), np.int64, len(counted))}


def _at_midnight(scope: Scope) -> Scope:
    """The scope of the last midnight, and of what was known by then: a population is the same in both."""
    midnight = midnight_before(scope.as_of_us)
    return replace(scope, as_of_us=midnight, known_at_us=min(scope.known_at_us, midnight))


_text = lru_cache(maxsize=2 * len(REFERENCES))(reference_query)


def _content(store: Store, condition: str, before: _Content) -> _Content:
    """The content now; of the tables only what was added since `before` is looked at."""
    added = [
        f"SELECT COALESCE(MAX(seq), {after:d}) AS last_seq, COUNT(CASE WHEN {condition} THEN 1 END) AS n FROM {table} WHERE seq > {after:d}"
        for table, after in zip(TABLES, before.last_seq, strict=True)
    ]
    erased = "SELECT -1 AS last_seq, COUNT(*) AS n FROM erased_ids"
    found = store.query(" UNION ALL ".join([*added, erased]))
    *part, erasures = found["n"].tolist()
    return _Content(tuple(found["last_seq"].tolist()[:-1]), before.part + sum(part), erasures)
