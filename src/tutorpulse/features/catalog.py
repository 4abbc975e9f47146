"""What a feature is: a declared entry, from which query, documentation and hash are made."""

import hashlib
from dataclasses import dataclass
from typing import Literal, TypeAlias

Direction: TypeAlias = Literal["up", "down", "none"]
Reach: TypeAlias = Literal["own", "neighbours", "population"]

COMPOSITE = "entity"
"""The source of measures computed from other measures of the same entity."""


@dataclass(frozen=True)
class Measure:
    """One number (or text) per entity.

    `source` names a relation of `sources`, `sql` is an aggregate over its rows (of relations with one row per entity:
    a plain expression). With the source `COMPOSITE`, `sql` is an expression over the measures named in `uses`.
    `empty` stands in where that is NULL or the source has no rows of the entity; None: it is missing.
    """

    name: str
    source: str
    sql: str
    empty: int | None = None
    uses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Feature(Measure):
    """A measure that is shown: its group, unit, one sentence, the direction that is healthy, and whose events it needs."""

    group: str = ""
    unit: str = ""
    sentence: str = ""
    healthy: Direction = "none"
    reach: Reach = "own"


@dataclass(frozen=True)
class Catalog:
    """Everything known of one kind of entity: the 46 in the contract's order, context, facts, and what they use."""

    features: tuple[Feature, ...]
    context: tuple[Feature, ...]
    facts: tuple[Measure, ...]
    measures: tuple[Measure, ...]

    def __post_init__(self) -> None:
        names = [m.name for m in self.all()]
        twice = {name for name in names if names.count(name) > 1}
        assert not twice, f"defined twice: {twice}"

    def all(self) -> tuple[Measure, ...]:
        """Every entry, shown or not."""
        return (*self.features, *self.context, *self.facts, *self.measures)

    def shown(self) -> tuple[Feature, ...]:
        """The 46, then the context."""
        return (*self.features, *self.context)

    def by_name(self) -> dict[str, Measure]:
        """Every entry by its name."""
        return {measure.name: measure for measure in self.all()}


def digest(catalogs: tuple[Catalog, ...], relations: tuple[str, ...]) -> str:
    """A hash of names and definitions, 16 hexadecimal digits; wording and units do not change it."""
    text = [f"{m.name}|{m.source}|{m.sql}|{m.empty}|{m.uses}" for c in catalogs for m in c.all()]
    return hashlib.blake2b("\n".join([*text, *relations]).encode(), digest_size=8).hexdigest()
