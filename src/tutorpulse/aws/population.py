"""Everybody as of a midnight: what features compare with, and what one is held against. Worked out in chunks each night.

A chunk holds some entities' part of the populations and their features; when the last chunk of a night is there, a pointer names
that midnight. Until then the midnight before holds.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutorpulse.aws import keys
from tutorpulse.aws.reading import EventReader
from tutorpulse.aws.table import Items
from tutorpulse.decisions.status import is_scored, statuses
from tutorpulse.features.compile import REFERENCES, compile_query
from tutorpulse.features.compute import compute, make_scope
from tutorpulse.features.frame import EntityType, FeatureFrame
from tutorpulse.features.references import References, alike
from tutorpulse.features.relations import activity_sql
from tutorpulse.features.scope import Scope
from tutorpulse.features.store import Store
from tutorpulse.service.population import measured, to_json
from tutorpulse.service.scoring import Scorer
from tutorpulse.settings import Settings

ACTIVE_DAYS = 30
"""A population is of those with an activity in so many days before its midnight, as `compile.REFERENCES` says."""

Arrays = dict[str, NDArray[Any]]
_PLAN = "plan"


class GivenReferences(References):
    """Populations that were worked out elsewhere, by the names of `compile.REFERENCES`; one that is lacking is empty."""

    def __init__(self, rows: Mapping[str, Arrays]) -> None:
        super().__init__()
        self._rows = {name: alike(rows.get(name) or _nobody(name)) for name in REFERENCES}

    def _population(self, store: Store, scope: Scope, name: str) -> Arrays:  # noqa: ARG002
        return self._rows[name]


def _columns(name: str) -> list[str]:
    flat = re.sub(r"\([^()]*\)", "", REFERENCES[name][2])
    return [column.split()[-1] for column in flat.split(",")]


def _nobody(name: str) -> Arrays:
    return {column: _array(column, []) for column in _columns(name)}


def _array(column: str, values: Sequence[Any]) -> NDArray[Any]:
    return np.array(values, object if column == "main_subject" else np.float64)


def contributions(
    store: Store, kind: EntityType, entity_ids: Sequence[str], midnight_us: int, settings: Settings
) -> dict[str, Arrays]:
    """The part that these entities have in the populations of a midnight, by name."""
    then = replace(make_scope(store, kind, midnight_us, midnight_us, settings), straddled=True)
    acts = activity_sql(kind, midnight_us, midnight_us)
    active = store.query(f"SELECT DISTINCT entity_id FROM ({acts}) AS acts WHERE {then.since(ACTIVE_DAYS)}")
    ids = sorted(set(active["entity_id"].tolist()) & set(entity_ids))
    found: dict[str, Arrays] = {}
    with store.relation(then.wanted, {"entity_id": np.array(ids, object)}):
        for name, (of, names, columns, condition) in REFERENCES.items():
            if of == kind:
                valued = compile_query(names, then)
                found[name] = store.query(f"SELECT {columns} FROM ({valued}) AS valued WHERE {condition}")
    return found


@dataclass(frozen=True)
class Nightly:
    """Works out one chunk after another."""

    table: Items
    scratch: Path
    settings: Settings
    scorer: Scorer

    def plan(self, kind: EntityType, midnight_us: int, chunks: int) -> None:
        """Note how many chunks a midnight has."""
        pk = keys.population_id(kind, midnight_us)
        self.table.put({"entity_id": pk, "entity_type": _PLAN, "chunks": chunks})

    def work(self, kind: EntityType, midnight_us: int, chunk: int, entity_ids: Sequence[str]) -> bool:
        """Work out a chunk; True if it was the last that was lacking, so that the midnight holds from now on."""
        given = references(self.table, kind)[1]
        with EventReader(self.table, self.scratch).log(kind, entity_ids, midnight_us) as log:
            parts = contributions(log, kind, entity_ids, midnight_us, self.settings)
            ids = np.array(entity_ids, object)
            frame = compute(log, kind, midnight_us, midnight_us, ids, self.settings, given)
        status = statuses(frame.facts, midnight_us, self.scorer.exit_gap_days.get(kind))
        scored = frame.take(is_scored(status))
        item = {
            "entity_id": keys.population_id(kind, midnight_us),
            "entity_type": f"chunk#{chunk:06d}",
            "parts": {name: {c: _listed(rows[c]) for c in _columns(name)} for name, rows in parts.items()},
            "features": scored.features.tobytes(),
            "context": scored.context.tobytes(),
            "rows": len(scored),
        }
        self.table.put(item)
        return self._finish(kind, midnight_us, frame)

    def _finish(self, kind: EntityType, midnight_us: int, like: FeatureFrame) -> bool:
        items = list(self.table.between(keys.population_id(kind, midnight_us), "chunk#", _PLAN))
        plan = next((item for item in items if item["entity_type"] == _PLAN), None)
        if plan is None or len(items) - 1 < plan["chunks"]:
            return False
        everybody = _together([item for item in items if item is not plan], like)
        kept = to_json(measured(self.scorer, everybody), self.scorer.feature_names(kind))
        self.table.put(
            {
                "entity_id": keys.LOG,
                "entity_type": f"population#{kind}",
                "midnight": midnight_us,
                "population": kept,
                "measured_of": len(everybody),
            }
        )
        return True


def _together(chunks: Sequence[Mapping[str, Any]], like: FeatureFrame) -> FeatureFrame:
    rows = sum(chunk["rows"] for chunk in chunks)
    width = like.context.shape[1]
    none = np.empty(0, np.float64)
    return replace(
        like,
        entity_ids=np.array([""] * rows, object),
        features=np.frombuffer(b"".join(c["features"] for c in chunks), np.float32).reshape(
            rows, -1 if rows else 46
        ),
        context=np.frombuffer(b"".join(c["context"] for c in chunks), np.float32).reshape(rows, width),
        facts=dict.fromkeys(like.facts, none),
    )


def _listed(column: NDArray[Any]) -> list[Any]:
    return (
        [None if value is None else value for value in np.ma.filled(column, np.nan).tolist()]
        if column.dtype.kind != "O"
        else list(column.tolist())
    )


@dataclass(frozen=True)
class Held:
    """What the last whole night measured of a kind: JSON as `service.population` has it, of how many, as of which midnight."""

    midnight_us: int
    population: str
    measured_of: int


def references(table: Items, kind: EntityType) -> tuple[Held | None, GivenReferences]:
    """The population that holds now, and the references of its midnight; nobody where no night was worked out yet."""
    pointer = table.get(keys.LOG, f"population#{kind}")
    if pointer is None:
        return None, GivenReferences({})
    held = Held(pointer["midnight"], pointer["population"], pointer["measured_of"])
    gathered: dict[str, dict[str, list[Any]]] = {}
    for item in table.between(keys.population_id(kind, held.midnight_us), "chunk#", f"chunk#{keys.LAST}"):
        for name, columns in item["parts"].items():
            mine = gathered.setdefault(name, {column: [] for column in _columns(name)})
            for column, values in columns.items():
                mine[column] += values
    rows = {
        name: {c: _array(c, values) for c, values in columns.items()} for name, columns in gathered.items()
    }
    return held, GivenReferences(rows)


def first(table: Items, kind: EntityType, population: str, measured_of: int) -> Held:
    """Keep a population that was measured before the first night, or of more than the last one; the references stay."""
    before = table.get(keys.LOG, f"population#{kind}") or {"midnight": 0}
    held = Held(before["midnight"], population, measured_of)
    table.put(
        {
            "entity_id": keys.LOG,
            "entity_type": f"population#{kind}",
            "midnight": held.midnight_us,
            "population": population,
            "measured_of": measured_of,
        }
    )
    return held
