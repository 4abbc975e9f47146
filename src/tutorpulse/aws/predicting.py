"""The prediction function: each minute, whoever changed since the last look."""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tutorpulse.aws import keeping, marks
from tutorpulse.aws.endpoint import remote_scorer
from tutorpulse.aws.looking import Looked, Looker
from tutorpulse.aws.marks import Mark
from tutorpulse.aws.metrics import Metrics
from tutorpulse.aws.notifying import Notifier, notice_item, send_one, send_waiting
from tutorpulse.aws.table import Items
from tutorpulse.clock import SECOND_US, Clock, parse_time
from tutorpulse.decisions.summary import Summary, summary
from tutorpulse.features.frame import ENTITY_TYPES, EntityType, FeatureFrame
from tutorpulse.model.remote import Transport
from tutorpulse.service.scoring import Scorer
from tutorpulse.service.serving import NoModel
from tutorpulse.settings import Settings
from tutorpulse.store.home import Home

log = logging.getLogger("tutorpulse.predictions")

AT_ONCE = 200
"""Entities looked at together."""


@dataclass(frozen=True)
class Kit:
    """What the functions work with. `home` may hold the user's rules, `scratch` is where DuckDB may spill."""

    table: Items
    transport: Transport
    notifier: Notifier
    settings: Settings
    clock: Clock
    home: Home
    scratch: Path

    def scorer(self) -> Scorer:
        """The scorer over the endpoint."""
        return remote_scorer(self.transport, self.table, self.home.path, _not_here)


def _not_here(kind: EntityType, as_of_us: int, entity_ids: NDArray[np.object_] | None) -> FeatureFrame:
    raise AssertionError(f"features of {kind}s are computed by a look, as of {as_of_us}, for {entity_ids}")


@dataclass
class _Tally:
    """What one run did to one kind."""

    segments: list[NDArray[np.object_]] = field(default_factory=list)
    looked: int = 0
    written: int = 0
    insights: int = 0
    notices: int = 0
    unreached: int = 0
    oldest_us: int = 0

    def add(self, seen: list[Mark], looked: Looked) -> None:
        self.looked += len(seen)
        self.segments.append(looked.segments)
        self.written += len(looked.changed.rows)
        self.insights += len(looked.changed.of(keeping.INSIGHTS))
        self.notices += len(looked.changed.of(keeping.NOTICES))
        self.unreached += 0 if looked.reached else len(seen)


def predict(kit: Kit, metrics: Metrics, seconds_left: Callable[[], float], leave_s: float = 20.0) -> Summary:
    """Look at everybody who is marked, tutors first, as long as more than `leave_s` seconds are left; the rest waits.

    Where the model cannot be reached the last predictions stay, marked stale, and the marks stay too.
    """
    send_waiting(kit.table, kit.notifier)
    scorer = kit.scorer()
    tallies = {kind: _Tally() for kind in ENTITY_TYPES}
    waiting = marks.waiting(kit.table)
    for kind in ENTITY_TYPES:
        looker = Looker(kit.table, kind, scorer, kit.settings, kit.clock, kit.home, kit.scratch)
        for seen in marks.some_at_a_time(waiting.of(kind), AT_ONCE):
            if seconds_left() <= leave_s:
                break
            looked = _look(kit, looker, seen)
            if looked.reached:
                waiting.take_away(seen)
            tallies[kind].add(seen, looked)
            tallies[kind].oldest_us = max(
                tallies[kind].oldest_us, kit.clock.now_us() - parse_time(seen[0].since)
            )
            if not looked.reached:
                looker.scorer = scorer = replace(scorer, model=NoModel(looked.notes[0]))
        _measure(metrics, kind, tallies[kind])
        if kind == "tutor":
            waiting.read(only="student")
    version = scorer.model.version
    none = np.empty(0, object)
    segments = {kind: np.concatenate([none, *tally.segments]) for kind, tally in tallies.items()}
    return summary(segments, version, kit.clock.now_us())


def _look(kit: Kit, looker: Looker, seen: list[Mark]) -> Looked:
    looked = looker.look(seen)
    for note in looked.notes:
        log.info("%s", note)
    for row in looked.changed.of(keeping.NOTICES):
        item = notice_item(row)
        send_one(kit.table, kit.notifier, kit.table.get(item["entity_id"], item["entity_type"]))
    return looked


def _measure(metrics: Metrics, kind: EntityType, tally: _Tally) -> None:
    metrics.put(
        {"EntityType": kind},
        {
            "Processed": tally.looked,
            "Written": tally.written,
            "Insights": tally.insights,
            "Notices": tally.notices,
            "Unreached": tally.unreached,
            "OldestWaitSeconds": tally.oldest_us / SECOND_US,
        },
    )
    counted = Counter(segment for part in tally.segments for segment in part.tolist())
    for segment, count in counted.items():
        metrics.put({"EntityType": kind, "Segment": str(segment)}, {"Scored": count})
