"""What a home needs from time to time: old events into files, the database in order."""

from dataclasses import dataclass

from tutorpulse.clock import DAY_US
from tutorpulse.service.root import Pulse
from tutorpulse.store.archive import Archived
from tutorpulse.store.compacting import Compacted


@dataclass(frozen=True)
class Upkeep:
    """What was moved and put in order."""

    archived: Archived
    compacted: Compacted


def keep_up(pulse: Pulse) -> Upkeep:
    """Move events older than `retention_days` to the archive (0: none), then compact. Reads go on meanwhile, writers wait at most
    for a month's days or for the compaction.

    Raises:
        HomeError: the files cannot be written. UnavailableError: somebody read for too long.
    """
    days = pulse.settings.retention_days
    archived = pulse.store.archive(pulse.clock.now_us() - days * DAY_US) if days else Archived()
    return Upkeep(archived, pulse.store.compact())
