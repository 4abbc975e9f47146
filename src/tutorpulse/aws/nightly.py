"""The night: everybody as of the last midnight, in chunks; what a dead-lettered batch left stale is mended, and all are marked."""

from collections.abc import Callable

import msgspec

from tutorpulse.aws import keys, marks
from tutorpulse.aws.events import Who
from tutorpulse.aws.population import Nightly
from tutorpulse.aws.predicting import Kit
from tutorpulse.aws.taking import Touched
from tutorpulse.clock import DAY_US
from tutorpulse.features.frame import EntityType

AT_ONCE = 200
"""Entities of a chunk."""

MENDED_DAYS = 8
"""Totals are made anew of the days of events received in so many days: what the stream keeps, and one more."""


class Job(msgspec.Struct, frozen=True):
    """One chunk's work."""

    kind: EntityType
    midnight_us: int
    chunk: int
    entity_ids: list[str]


def plan_kind(kit: Kit, kind: EntityType, midnight_us: int, hand_on: Callable[[Job], object]) -> int:
    """Hand on the jobs of one kind's night. Returns how many."""
    known = {item["entity_id"] for item in kit.table.of_type(kind)} | {
        mark.entity_id for mark in marks.waiting(kit.table, at_most=None).of(kind)
    }
    jobs = [Job(kind, midnight_us, chunk, list(ids)) for chunk, ids in enumerate(_batches(sorted(known)))]
    _night(kit).plan(kind, midnight_us, len(jobs))
    for job in jobs:
        hand_on(job)
    return len(jobs)


def work(kit: Kit, job: Job) -> bool:
    """Do one chunk's work; doing it again changes nothing. True: it was the night's last."""
    last = _night(kit).work(job.kind, job.midnight_us, job.chunk, job.entity_ids)
    marks.put(kit.table, _stale(kit, job), kit.clock.now_us())
    return last


def _night(kit: Kit) -> Nightly:
    return Nightly(kit.table, kit.scratch, kit.settings, kit.scorer())


def _stale(kit: Kit, job: Job) -> Touched:
    """Everybody of the chunk, with the days of what was received lately."""
    since_us = kit.clock.now_us() - MENDED_DAYS * DAY_US
    touched = Touched()
    for entity_id in job.entity_ids:
        who: Who = (job.kind, entity_id)
        touched.days[who] |= {
            keys.day_of(item["ts"])
            for item in kit.table.between(entity_id, keys.EVENTS, keys.EVENTS + keys.LAST)
            if item["received"] > since_us
        }
    return touched


def _batches(ids: list[str]) -> list[list[str]]:
    return [ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE)]
