"""The starter levelled on a log's own outcomes: the same trees, at the level of the marketplace that it serves."""

from collections.abc import Mapping

import msgspec

from tutorpulse.features.frame import EntityType
from tutorpulse.model.artifact import Artifact, versioned
from tutorpulse.model.heads import Head
from tutorpulse.model.manifest import HeadEntry, HeadLevel, KindManifest, Levels


def applied(head: Head, level: HeadLevel | None) -> Head:
    """The head at that level: its margin m becomes m + shift + tilt (m - centre). Without a level the head itself."""
    if level is None:
        return head
    slope = 1 + level.tilt
    return head.calibrated(
        slope * head.slope, slope * head.intercept + level.shift - level.tilt * level.centre
    )


def levelled(starter: Artifact, levels: Mapping[EntityType, Levels]) -> Artifact:
    """The starter at the levels of its kinds, its version being the starter's with a digest of them; itself where there are none.

    Kinds without levels stay as they are.
    """
    here = {kind: told for kind, told in levels.items() if kind in starter.manifest.kinds}
    if not here:
        return starter
    heads = dict(starter.heads)
    kinds = dict(starter.manifest.kinds)
    for kind, told in here.items():
        heads[kind] = {name: applied(head, told.heads.get(name)) for name, head in heads[kind].items()}
        kinds[kind] = _part(kinds[kind], heads[kind], told)
    manifest = versioned(msgspec.structs.replace(starter.manifest, kinds=kinds))
    digest = manifest.version.rpartition("-")[2]
    return Artifact(msgspec.structs.replace(manifest, version=f"{starter.version}-{digest}"), heads)


def relevelled(starter: Artifact | None, before: Artifact | None, trained: Artifact) -> Artifact | None:
    """The starter at the levels that a training found, other kinds at those of `before`, as it served until then; None where it found none.

    So it serves from then on, in a home and in a backtest.
    """
    found = levels_of(trained)
    if starter is None or not found:
        return None
    return levelled(starter, (levels_of(before) if before else {}) | found)


def levels_of(artifact: Artifact) -> dict[EntityType, Levels]:
    """The levels that a training found, or that a starter stands at."""
    return {kind: part.levels for kind, part in artifact.manifest.kinds.items() if part.levels is not None}


def _part(part: KindManifest, heads: Mapping[str, Head], told: Levels) -> KindManifest:
    return msgspec.structs.replace(
        part,
        heads=[_entry(entry, heads[entry.name]) for entry in part.heads],
        cohorts=told.cohorts,
        averages=told.averages,
        held_out=f"{part.held_out}; since then levelled on {told.outcomes:,} outcomes of the log that it serves, known on {told.known[:10]}",
        levels=told,
    )


def _entry(entry: HeadEntry, head: Head) -> HeadEntry:
    return msgspec.structs.replace(entry, slope=head.slope, intercept=head.intercept)
