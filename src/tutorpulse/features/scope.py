"""What one query is about: whom, as of when, and what it is told beside the log."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from tutorpulse.clock import DAY_US
from tutorpulse.features.frame import EntityType
from tutorpulse.features.sql import is_entity, times


@dataclass(frozen=True)
class Scope:
    """The parameters of a compiled query.

    `wanted` is the name of a relation with the column `entity_id`, `references` queries that replace relations' own (name of the relation to
    its SQL), those of the population above all (each row stands for as many alike as its column `alike` says), `zone_offsets` the rows (zone, from_us, until_us,
    offset_us) of local time. `few`: the wanted are few, so rows are better looked up than read; it needs tables with a `rowid`. `straddled`: some
    session may go on after one of the two times. `gathered`: the tables hold just the rows of a few that fulfil `times`, each
    with `as_of_us`, and the wanted and the zones have it as `now_us`, so that one text serves all times of a day.
    """

    entity_type: EntityType
    as_of_us: int
    known_at_us: int
    wanted: str = "wanted"
    marketplace_timezone: str = "UTC"
    premium_tiers: tuple[str, ...] = ()
    zone_offsets: tuple[tuple[str, int, int, int], ...] = ()
    references: dict[str, str] = field(default_factory=dict, hash=False)
    few: bool = False
    straddled: bool = True
    gathered: bool = False

    @property
    def own(self) -> str:
        """The column of the entity's id."""
        return f"{self.entity_type}_id"

    @property
    def other(self) -> str:
        """The column of the other side's id."""
        return "student_id" if self.entity_type == "tutor" else "tutor_id"

    @property
    def times(self) -> str:
        """The condition that an event had happened and was known."""
        return "TRUE" if self.gathered else times(self.as_of_us, self.known_at_us)

    def wants(self, column: str = "") -> str:
        """The condition that `column` (the entity's own id, if not given) is among the wanted."""
        return f"{column or self.own} IN (SELECT entity_id FROM {self.wanted})"

    def wants_own(self, column: str = "") -> str:
        """As `wants`, where others' rows would change nothing: of tables that were gathered for the wanted alone it is not asked."""
        return "TRUE" if self.gathered else self.wants(column)

    def wanted_rows(self, table: str) -> str:
        """As `wants_own`, on the rows of a table; few are looked up before the other columns are read."""
        return f"rowid IN (SELECT rowid FROM {table} WHERE {self.wants()})" if self.few else self.wants_own()

    def since(self, days: int, column: str = "ts_us") -> str:
        """The condition that an event happened after as_of - days."""
        if self.gathered:
            return f"{self.age(column)} < {days * DAY_US:d}"
        return f"{column} > {self.as_of_us - days * DAY_US:d}"

    def age(self, column: str = "ts_us") -> str:
        """The expression of how long before `as_of` a time was, in microseconds."""
        if self.gathered:
            table, dot, _ = column.rpartition(".")
            return f"{table}{dot}as_of_us - {column}"
        return f"{self.as_of_us:d} - {column}"

    def now(self, relation: str) -> str:
        """The expression of `as_of` beside the rows of the wanted or of `zones`."""
        return f"{relation}.now_us" if self.gathered else f"{self.as_of_us:d}"

    @property
    def carried(self) -> str:
        """What a relation has to select for `age` to be told of its rows."""
        return ", as_of_us" if self.gathered else ""

    def of(self, entity_type: EntityType, wanted: str) -> "Scope":
        """The same moment for others."""
        return replace(self, entity_type=entity_type, wanted=wanted)

    def alike(self, reference: str) -> str:
        """The expression of how many of a population a row of one of `references` stands for; one, where it is not replaced."""
        return "alike" if reference in self.references else "1"

    def apart(self, partition: str) -> str:
        """A window's `partition`, whose rows are numbered to be compared with each other only; without it where rows are few: numbers
        among all compare the same, and to sort few at once is a third of the work of sorting them apart."""
        return "" if self.gathered else partition

    def ranked(self, over: str) -> str:
        """The expression of a row's place in a window, `PARTITION BY one ORDER BY some`; where rows are few, of its place among all and of
        its part's first, which is as much cheaper."""
        if not self.gathered:
            return f"ROW_NUMBER() OVER ({over})"
        part, order = over.strip().removeprefix("PARTITION BY ").split("ORDER BY ")
        return f"ROW_NUMBER() OVER (ORDER BY {part}, {order}) - RANK() OVER (ORDER BY {part}) + 1"

    def alike_sum(self, value: str, column: str) -> str:
        """The expression of the sum of `value` over the rows with the same `column`."""
        peers = f"ORDER BY {column} DESC RANGE BETWEEN CURRENT ROW AND CURRENT ROW"
        return f"SUM({value}) OVER ({peers if self.gathered else f'PARTITION BY {column}'})"

    def real(self, column: str) -> str:
        """The id in `column`, NULL where it is the placeholder."""
        return f"CASE WHEN {is_entity(column)} THEN {column} END"


@dataclass(frozen=True)
class Relation:
    """A named query that others read.

    `sql` reads the relations in `needs` by their names; it is a function of the scope where it depends on it. `measures` are those of the entities
    that it reads from the relation `measures`. `one_row`: it holds at most one row per entity.
    """

    name: str
    sql: str | Callable[[Scope], str]
    needs: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    one_row: bool = False

    def build(self, scope: Scope) -> str:
        """The relation's SQL in this scope."""
        return self.sql if isinstance(self.sql, str) else self.sql(scope)
