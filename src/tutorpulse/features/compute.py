"""Features of all entities of a kind, or of some, as of any time."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import DAY_US
from tutorpulse.features.catalog import Measure
from tutorpulse.features.compile import CATALOGS, compile_query
from tutorpulse.features.frame import EntityType, FeatureFrame
from tutorpulse.features.gathering import planned
from tutorpulse.features.references import References
from tutorpulse.features.relations import entities_sql
from tutorpulse.features.scope import Scope
from tutorpulse.features.store import Store
from tutorpulse.features.zones import zone_offsets
from tutorpulse.settings import Settings
from tutorpulse.store.sessions import straddling_sql

FACT_NAMES = (
    "registered_us",
    "first_activity_us",
    "last_activity_us",
    "departed_us",
    "paused_since_us",
    "paused_until_us",
    "goal_reached_us",
    "activity_count",
    "completed_total",
    "resolved_total",
    "reached_total",
    "first_session_us",
)
"""The columns of `FeatureFrame.facts`, of both kinds."""

FEW_ENTITIES = 1_000
"""Up to so many entities, looking up a log's rows beats reading it: measured on 20,000 tutors."""
FEW_PLANNED = 4_000
"""Up to so many, a query that is planned already and handed its rows costs no more than one that reads the log: they met between
3,000 and 5,000 of 10,000 tutors."""
_LOCAL_DAYS = 100
"""How far back local times are told; more than any window that needs them."""
_DEFAULTS = Settings()


def compute(
    store: Store,
    entity_type: EntityType,
    as_of_us: int,
    known_at_us: int | None = None,
    entity_ids: NDArray[np.object_] | None = None,
    settings: Settings = _DEFAULTS,
    references: References | None = None,
) -> FeatureFrame:
    """The 46 features, the context and the facts as of `as_of_us`, from what was received by `known_at_us`.

    Args:
        store: the log.
        entity_type: tutors or students.
        as_of_us: microseconds since the epoch, inclusive; any time, also one after the newest event.
        known_at_us: None means `as_of_us`, which is how history is to be read; a live service passes its clock's time.
        entity_ids: distinct ids, in the order of the result; of an unknown one everything is missing or 0. None means all
            that an event had named by then, in ascending order.
        settings: `marketplace_timezone` and `premium_tiers` are used.
        references: keeps the population of the last midnight between calls; a caller that asks for a few entities often
            wants one. It changes no result.

    An empty log, or no ids, gives a frame of length 0. A pause whose end is not known has `paused_until_us` infinity.
    """
    known_us = as_of_us if known_at_us is None else known_at_us
    catalog = CATALOGS[entity_type]
    with store.snapshot():
        if entity_ids is None:
            entity_ids = store.query(entities_sql(entity_type, as_of_us, known_us))["entity_id"]
        scope = make_scope(store, entity_type, as_of_us, known_us, settings)
        ids = np.asarray(entity_ids, np.object_)
        columns = _columns(store, scope, ids, references or References())
    order = _places(columns.pop("entity_id"), entity_ids)
    ordered = {name: _float64(column)[order] for name, column in columns.items()}
    return FeatureFrame(
        entity_type,
        as_of_us,
        known_us,
        ids,
        _matrix(ordered, catalog.features, len(entity_ids)),
        _matrix(ordered, catalog.context, len(entity_ids)),
        _facts(ordered, len(entity_ids)),
    )


def facts_alone(
    store: Store, entity_type: EntityType, as_of_us: int, known_at_us: int, settings: Settings = _DEFAULTS
) -> FeatureFrame:
    """As `compute` for everybody, in no order and without features and context, (n, 0): a sixth of the work, to choose by."""
    names = [name for name in FACT_NAMES if name in CATALOGS[entity_type].by_name()]
    columns = measured(store, entity_type, names, as_of_us, known_at_us, settings)
    ids = columns.pop("entity_id")
    none = np.empty((len(ids), 0), np.float32)
    facts = _facts({name: _float64(column) for name, column in columns.items()}, len(ids))
    return FeatureFrame(entity_type, as_of_us, known_at_us, ids, none, none, facts)


def measured(
    store: Store,
    entity_type: EntityType,
    names: Sequence[str],
    as_of_us: int,
    known_at_us: int,
    settings: Settings = _DEFAULTS,
) -> dict[str, NDArray[Any]]:
    """Some measures of the catalog, hidden ones included, of everybody whom an event had named: `entity_id` and the names.

    In no order; missing is NaN or None. For figures of a whole market; what is predicted from comes from `compute`.

    Raises:
        KeyError: a name that the catalog of this kind does not hold.
    """
    with store.snapshot():
        ids = store.query(entities_sql(entity_type, as_of_us, known_at_us))["entity_id"]
        scope = make_scope(store, entity_type, as_of_us, known_at_us, settings)
        with store.relation(scope.wanted, {"entity_id": ids}):
            return store.query(compile_query(names, scope))


def _columns(
    store: Store, scope: Scope, ids: NDArray[np.object_], references: References
) -> dict[str, NDArray[Any]]:
    """Every measure of these entities, by name; `entity_id` gives the order of the rows."""
    catalog = CATALOGS[scope.entity_type]
    names = [m.name for m in _once((*catalog.shown(), *catalog.facts))]
    if references.planner is not None and len(ids) <= FEW_PLANNED and not scope.straddled:
        return planned(store, references.planner, references, scope, names, ids)
    with references.at_hand(store, scope) as scope, store.relation(scope.wanted, {"entity_id": ids}):
        return store.query(compile_query(names, replace(scope, few=len(ids) <= FEW_ENTITIES)))


def is_straddled(store: Store, as_of_us: int, known_at_us: int) -> bool:
    """Whether some session may go on after one of the two times."""
    return len(store.query(straddling_sql(as_of_us, known_at_us))["beyond"]) > 0


def make_scope(
    store: Store, entity_type: EntityType, as_of_us: int, known_at_us: int, settings: Settings = _DEFAULTS
) -> Scope:
    """The scope of a query over this store: with the offsets of every time zone that its profiles name."""
    named = store.query(
        "SELECT timezone FROM tutor_events WHERE timezone IS NOT NULL UNION "
        "SELECT timezone FROM student_events WHERE timezone IS NOT NULL"
    )["timezone"]
    fallback = settings.marketplace_timezone
    return Scope(
        entity_type=entity_type,
        as_of_us=as_of_us,
        known_at_us=known_at_us,
        marketplace_timezone=fallback,
        premium_tiers=settings.premium_tiers,
        zone_offsets=zone_offsets(named, fallback, as_of_us - _LOCAL_DAYS * DAY_US, as_of_us),
        straddled=is_straddled(store, as_of_us, known_at_us),
    )


def _once(measures: Sequence[Measure]) -> list[Measure]:
    return list({m.name: m for m in measures}.values())


def _places(found: NDArray[np.object_], wanted: NDArray[np.object_]) -> NDArray[np.int64]:
    """Where each wanted id stands in what was found; both hold the same ids."""
    row = {entity_id: place for place, entity_id in enumerate(found.tolist())}
    return np.array([row[entity_id] for entity_id in wanted.tolist()], np.int64)


def _float64(column: NDArray[Any]) -> NDArray[np.float64]:
    if isinstance(column, np.ma.MaskedArray):
        filled: NDArray[np.float64] = np.ma.filled(column.astype(np.float64), np.nan)
        return filled
    return column.astype(np.float64)


def _matrix(
    columns: dict[str, NDArray[np.float64]], measures: Sequence[Measure], rows: int
) -> NDArray[np.float32]:
    matrix = np.empty((rows, len(measures)), np.float32)
    for place, measure in enumerate(measures):
        matrix[:, place] = columns[measure.name]
    return matrix


def _facts(columns: dict[str, NDArray[np.float64]], rows: int) -> dict[str, NDArray[np.float64]]:
    facts = {name: columns.get(name, np.full(rows, np.nan)) for name in FACT_NAMES}
    endless = ~np.isnan(facts["paused_since_us"]) & np.isnan(facts["paused_until_us"])
    return facts | {"paused_until_us": np.where(endless, np.inf, facts["paused_until_us"])}
