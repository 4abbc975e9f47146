"""What each feature is made of: the fields and event types that its definition reads, found in its own SQL.

Read from the words of the definitions, not from a second list: of a feature's expression, of those it uses, and of the
relations between them and the log. Relations that hand on the log's columns under their own names (`PLAIN`) count only by
what is asked of them. A relation's words belong to everybody who reads it, so a feature may be said to read a field that only
its neighbour in the same relation needs. What the fold makes of several fields (a session's outcome and times) is not traced.
"""

import re
from dataclasses import dataclass

from tutorpulse.events.contract import EVENT_TYPES, TABLES, table_columns
from tutorpulse.events.fields import Kind
from tutorpulse.features.catalog import Measure
from tutorpulse.features.compile import CATALOGS, NEIGHBOUR_VALUES
from tutorpulse.features.frame import EntityType
from tutorpulse.features.scope import Relation, Scope
from tutorpulse.features.sources import SHARED
from tutorpulse.features.student_sources import STUDENT_RELATIONS
from tutorpulse.features.tutor_sources import TUTOR_RELATIONS

PLAIN = frozenset({"sessions", "recent", "ratings", "newest_ratings", "profiles", "activity", "zones"})
"""Relations whose columns carry the fields' own names."""

_PROFILES = "profiles"
_NEIGHBOURS = "neighbour_values"


@dataclass(frozen=True)
class Reads:
    """What a feature reads: (table, column) pairs of the log without ids, the event types that it names, and whether it
    needs the id of the other side. `optional` are the columns for which another one, or a constant, can stand."""

    columns: frozenset[tuple[str, str]]
    event_types: frozenset[str]
    other_side: bool
    optional: frozenset[tuple[str, str]] = frozenset()

    def __or__(self, other: "Reads") -> "Reads":
        return Reads(
            self.columns | other.columns,
            self.event_types | other.event_types,
            self.other_side or other.other_side,
            self.optional | other.optional,
        )


def reads_of(entity_type: EntityType) -> dict[str, Reads]:
    """What each of the 46 reads, by name."""
    return {feature.name: _of(entity_type, feature) for feature in CATALOGS[entity_type].features}


def _of(entity_type: EntityType, measure: Measure) -> Reads:
    relations = _closure(entity_type, measure.source)
    used = [*measure.uses, *(name for relation in relations for name in relation.measures)]
    catalog = CATALOGS[entity_type].by_name()
    reads = _own(entity_type, measure, relations)
    for name in used:
        reads |= _of(entity_type, catalog[name])
    for relation in relations:
        if _NEIGHBOURS in relation.needs:
            asked = _behind(relation.build(Scope(entity_type, 0, 0)), _words(measure.sql))
            for name in asked & set(NEIGHBOUR_VALUES):
                reads |= _of("tutor", CATALOGS["tutor"].by_name()[name])
    return reads


def _own(entity_type: EntityType, measure: Measure, relations: list[Relation]) -> Reads:
    scope = Scope(entity_type, 0, 0)
    texts = {relation.name: relation.build(scope) for relation in relations}
    between = "\n".join(text for name, text in texts.items() if name not in PLAIN)
    asked = _words(measure.sql) | _words(between)
    asked |= _behind(texts.get(_PROFILES, ""), _words(measure.sql))
    reached = {table for table in TABLES for text in texts.values() if table in _words(text)}
    columns = frozenset((table, column) for table in reached for column in _fields(table) & asked)
    replaceable = _replaceable(f"{measure.sql}\n{between}")
    return Reads(
        columns,
        frozenset(_event_types(measure.sql) or _event_types(between)),
        "other_id" in asked,
        frozenset((table, column) for table, column in columns if column in replaceable),
    )


def _behind(text: str, asked: set[str]) -> set[str]:
    """The words of the expressions that a relation calls by the asked names; such items stand on a line each."""
    items = re.findall(r"^\s*(.+) AS (\w+),?$", text, re.MULTILINE)
    return set().union(*(_words(expression) for expression, name in items if name in asked))


def _replaceable(text: str) -> set[str]:
    """The names for which a COALESCE has a substitute: all but the first, and the first too before a constant."""
    found: set[str] = set()
    for inside in re.findall(r"COALESCE\(([^()]+)\)", text):
        arguments = [_words(argument) for argument in inside.split(",")]
        found |= set().union(*(arguments[1:] if all(arguments) else arguments))
    return found


def _closure(entity_type: EntityType, source: str) -> list[Relation]:
    """The relation and all that it reads; what is compiled from the catalogs is left to the measures it is made of."""
    own = TUTOR_RELATIONS if entity_type == "tutor" else STUDENT_RELATIONS
    known = {relation.name: relation for relation in (*SHARED, *own)}
    found: dict[str, Relation] = {}
    wanted = [source]
    while wanted:
        name = wanted.pop()
        if name in known and name not in found:
            found[name] = known[name]
            wanted += known[name].needs
    return list(found.values())


def _fields(table: str) -> set[str]:
    return {name for name, kind in table_columns(table).items() if kind is not Kind.ID}


def _words(text: str) -> set[str]:
    """The names in a text of SQL, without those in quotes."""
    return set(re.findall(r"[a-z_][a-z_0-9]*", re.sub(r"'[^']*'", "", text)))


def _event_types(text: str) -> set[str]:
    return set(re.findall(r"'([a-z_]+)'", text)) & EVENT_TYPES.keys()
