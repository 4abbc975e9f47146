"""The catalog as one query per kind of entity.

Measures are grouped by their source: one aggregation per relation, joined to the entities that are wanted. Over that
stand measures computed from measures, and over those the relations that compare entities. Only what the asked-for names
need is in the query. The same function compiles a neighbour's own values and the population's references.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial

from tutorpulse.clock import midnight_before
from tutorpulse.features.catalog import COMPOSITE, Catalog, Measure, digest
from tutorpulse.features.frame import EntityType
from tutorpulse.features.relations import activity_sql
from tutorpulse.features.scope import Relation, Scope
from tutorpulse.features.sources import SHARED
from tutorpulse.features.student import STUDENT
from tutorpulse.features.student_sources import STUDENT_RELATIONS
from tutorpulse.features.tutor import TUTOR
from tutorpulse.features.tutor_sources import TUTOR_RELATIONS

CATALOGS: dict[EntityType, Catalog] = {"tutor": TUTOR, "student": STUDENT}

NEIGHBOUR_VALUES = ("avg_rating", "available_hours_this_week", "main_subject")
"""What a student's features take from the tutors' own."""


def compile_query(names: Sequence[str], scope: Scope) -> str:
    """One SELECT giving `entity_id` and the named measures, one row per entity of the relation `scope.wanted`.

    Raises:
        KeyError: a name that the catalog of this kind does not hold.
    """
    catalog = CATALOGS[scope.entity_type].by_name()
    measures = _with_used((catalog[name] for name in names), catalog)
    late = [m for m in measures if _relation(m.source, scope).measures]
    inputs = [name for m in late for name in _relation(m.source, scope).measures]
    measures = _with_used((*measures, *(catalog[name] for name in inputs)), catalog)
    early = [m for m in measures if m not in late]
    ctes = _relations((m.source for m in early if m.source != COMPOSITE), scope)
    ctes["measures"] = _measures(early, scope)
    ctes |= _relations((m.source for m in late), scope, set(ctes))
    parts = ",\n".join(f"{name} AS (\n{sql}\n)" for name, sql in ctes.items())
    return f"WITH {parts}\n{_joined('measures', late, scope, names)}"


def _with_used(measures: Iterable[Measure], catalog: dict[str, Measure]) -> list[Measure]:
    """The measures and all that they are computed from, each once."""
    found: dict[str, Measure] = {}
    for measure in measures:
        found |= {name: catalog[name] for name in measure.uses}
        found[measure.name] = measure
    return list(found.values())


def _relation(name: str, scope: Scope) -> Relation:
    if name == COMPOSITE:
        return Relation(COMPOSITE, "", one_row=True)
    return _all_relations(scope.entity_type)[name]


def _all_relations(entity_type: EntityType) -> dict[str, Relation]:
    own = TUTOR_RELATIONS if entity_type == "tutor" else STUDENT_RELATIONS
    return {relation.name: relation for relation in (*SHARED, *own, *_COMPILED)}


def _relations(wanted: Iterable[str], scope: Scope, known: set[str] | None = None) -> dict[str, str]:
    """The relations and all that they read, each after what it needs; without those already `known`."""
    found: dict[str, str] = {}
    for name in wanted:
        if name not in found and name not in (known or set()):
            relation = _relation(name, scope)
            found |= _relations(relation.needs, scope, (known or set()) | set(found))
            found[name] = scope.references.get(name) or relation.build(scope)
    return found


def _measures(measures: Sequence[Measure], scope: Scope) -> str:
    own = [m for m in measures if m.source != COMPOSITE]
    composite = [m for m in measures if m.source == COMPOSITE]
    joined = _joined(scope.wanted, own, scope, [m.name for m in own])
    computed = "".join(f",\n    {m.sql} AS {m.name}" for m in composite)
    return f"SELECT joined.*{computed}\nFROM (\n{joined}\n) AS joined"


def _joined(base: str, sourced: Sequence[Measure], scope: Scope, names: Sequence[str]) -> str:
    """The named measures per row of `base`: those in `sourced` aggregated from their sources, the others `base`'s own."""
    by_source: dict[str, list[Measure]] = {}
    for measure in sourced:
        by_source.setdefault(measure.source, []).append(measure)
    at = {m.name: _or_empty(m) for m in sourced}
    columns = "".join(f",\n    {at.get(name, f'base.{name}')} AS {name}" for name in names)
    joins = "".join(
        f"\nLEFT JOIN (\n{_aggregated(_relation(source, scope), group)}\n) AS from_{source}"
        f" ON from_{source}.entity_id = base.entity_id"
        for source, group in _in_turn(by_source, scope)
    )
    return f"SELECT base.entity_id{columns}\nFROM {base} AS base{joins}"


def _in_turn(by_source: dict[str, list[Measure]], scope: Scope) -> Iterable[tuple[str, list[Measure]]]:
    """Of a few rows a join costs by the columns that it carries on, so the source of the fewest comes first."""
    found = by_source.items()
    return sorted(found, key=lambda source: len(source[1])) if scope.gathered else found


def _or_empty(measure: Measure) -> str:
    column = f"from_{measure.source}.{measure.name}"
    return column if measure.empty is None else f"COALESCE({column}, {measure.empty})"


def _aggregated(relation: Relation, measures: Sequence[Measure]) -> str:
    columns = "".join(f",\n    {m.sql} AS {m.name}" for m in measures)
    group = "" if relation.one_row else " GROUP BY entity_id"
    return f"SELECT entity_id{columns}\nFROM {relation.name}{group}"


def _neighbour_values(scope: Scope) -> str:
    return compile_query(NEIGHBOUR_VALUES, scope.of("tutor", "met_tutors"))


def reference_query(name: str, scope: Scope) -> str:
    """The population that features are compared with: see `REFERENCES`; as of the last 00:00 UTC and known by then."""
    midnight = midnight_before(scope.as_of_us)
    entity_type, names, columns, condition = REFERENCES[name]
    then = replace(
        scope.of(entity_type, "everybody"),
        as_of_us=midnight,
        known_at_us=min(scope.known_at_us, midnight),
        references={},
        few=False,
        straddled=True,
    )
    return f"""WITH everybody AS (
    SELECT DISTINCT entity_id FROM ({_active(then)}) AS active
)
SELECT {columns} FROM (
{compile_query(names, then)}
) AS valued WHERE {condition}"""


def _active(scope: Scope) -> str:
    activity = activity_sql(scope.entity_type, scope.as_of_us, scope.known_at_us)
    return f"SELECT entity_id, ts_us FROM ({activity}) AS acts WHERE {scope.since(30)}"


REFERENCES: dict[str, tuple[EntityType, tuple[str, ...], str, str]] = {
    "market_rates": (
        "tutor",
        ("main_subject", "charge"),
        "main_subject, charge",
        "main_subject IS NOT NULL AND charge IS NOT NULL",
    ),
    "engaged_students": (
        "student",
        ("sessions_30d", "questions_asked_30d", "materials_accessed_30d"),
        "sessions_30d AS lessons, COALESCE(questions_asked_30d, 0) AS questions, "
        "COALESCE(materials_accessed_30d, 0) AS materials",
        "TRUE",
    ),
}
"""Reference by name: of which kind, which measures, the columns shown, and which rows count. All over the entities with an
activity in the 30 days before."""

_COMPILED = (
    Relation("neighbour_values", _neighbour_values, ("met_tutors",)),
    *(Relation(name, partial(reference_query, name)) for name in REFERENCES),
)


def feature_set_hash() -> str:
    """A hash of the names and definitions of every feature, context feature and fact, with the relations they read.

    An artifact keeps it, and is refused where it differs. Wording, units and groups do not change it.
    """
    some = {kind: Scope(kind, 0, 0, premium_tiers=()) for kind in CATALOGS}
    return digest(
        tuple(CATALOGS.values()),
        tuple(relation.build(some[kind]) for kind in CATALOGS for relation in _all_relations(kind).values()),
    )
