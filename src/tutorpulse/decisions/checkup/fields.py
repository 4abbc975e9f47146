"""Checks of what the events carry: fields never filled and the features they starve, and ids on one side only."""

from collections import defaultdict
from collections.abc import Callable, Set
from dataclasses import dataclass

from tutorpulse.decisions.checkup.facts import Facts, FeatureFill, KindFacts, LogFacts
from tutorpulse.decisions.checkup.finding import Check, Finding, KindFind, Level, on_kinds, percent
from tutorpulse.events.contract import EVENT_TYPES
from tutorpulse.features.frame import ENTITY_TYPES, FEATURE_COUNT

STARVED_MISSING = 0.95
"""A feature that more of the scored than this miss tells nothing."""

STARVED_SHARE_WARNING = 1 / 3
"""With more of the 46 than this starved, predictions rest on little."""

ONE_SIDED, PARTLY_NAMED = 0.99, 0.01
"""Shares of session events without a side's id above which that side counts as unknown, or as partly unknown."""


@dataclass(frozen=True)
class Causes:
    """Why a feature is starved, as far as the log tells: what no event brings (fields, or whole types of events), and
    whether it needs the id of a side that is not named."""

    fields: tuple[str, ...]
    event_types: tuple[str, ...]
    other_side: bool

    def __bool__(self) -> bool:
        return bool(self.fields or self.event_types or self.other_side)

    @property
    def told(self) -> str:
        """Such as "no session_completed.price; no refund_issued or payment_disputed events"."""
        events = f"{' or '.join(self.event_types)} events"
        parts = (" or ".join(self.fields), events if self.event_types else "")
        return "; ".join(f"no {part}" for part in parts if part)


def causes(feature: FeatureFill, kind: KindFacts, log: LogFacts) -> Causes:
    """What `feature` reads and the log does not hold.

    A field that only types absent from the log could carry is told as the absence of these types.
    """
    other = next(k for k in ENTITY_TYPES if k != kind.entity_type)
    fields, absent = set(), {name for name in feature.event_types if not log.types.get(name)}
    for table, column in feature.columns:
        carriers = _carriers(table, column, feature.event_types)
        present = [name for name in carriers if log.types.get(name)]
        if not log.filled.get((table, column)):
            fields.update([f"{'/'.join(present)}.{column}"] if present else [])
            absent.update([] if present else carriers)
    unnamed = feature.other_side and log.placeholder[other] > ONE_SIDED
    return Causes(tuple(sorted(fields)), tuple(sorted(absent)), unnamed)


def _carriers(table: str, column: str, named: Set[str]) -> list[str]:
    """The types that have the field; of a feature that names types of this table, only those."""
    types = [t for t in EVENT_TYPES.values() if t.table == table]
    wanted = {t.name for t in types if t.name in named} or {t.name for t in types}
    return [t.name for t in types if t.name in wanted and any(f.name == column for f in t.fields)]


def starved(kind: KindFacts, log: LogFacts) -> dict[str, Causes]:
    """The features that tell nothing, with their causes (none, if the log holds all that they read).

    Those that most of the scored miss, and those that are the same for all because events of their type never occur.
    """
    found = {feature: causes(feature, kind, log) for feature in kind.features}
    return {
        feature.name: cause
        for feature, cause in found.items()
        if feature.missing > STARVED_MISSING or (feature.constant and cause.event_types)
    }


def _unfilled(_: Facts, kind: KindFacts, log: LogFacts) -> Finding | None:
    features = {n: c for n, c in starved(kind, log).items() if c and not c.other_side}
    if not features:
        return None
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for name, cause in features.items():
        groups[cause.told].append(name)
    largest = sorted(groups.items(), key=lambda group: -len(group[1]))
    return Finding(
        _level(len(features)),
        f"fields.unfilled.{kind.entity_type}",
        f"{len(features)} of {FEATURE_COUNT} {kind.entity_type} features are starved: no event carries what they are made of.",
        "Send these fields or events if the marketplace has them, or map their columns. Without them the features stay "
        "missing, and predictions rest on the others.",
        tuple(f"{missing}: {', '.join(names)}" for missing, names in largest),
    )


def _level(features: int) -> Level:
    return "warning" if features > STARVED_SHARE_WARNING * FEATURE_COUNT else "notice"


def _rare(_: Facts, kind: KindFacts, log: LogFacts) -> Finding | None:
    names = [name for name, cause in starved(kind, log).items() if not cause]
    if not names:
        return None
    return Finding(
        "notice",
        f"features.rare.{kind.entity_type}",
        f"More than {percent(STARVED_MISSING)} of the scored {kind.entity_type}s miss {len(names)} of {FEATURE_COUNT} features, "
        "although the log has what they are made of: too rarely, or too long ago.",
        "If these should be common, look whether all senders fill their fields; otherwise nothing is to be done.",
        tuple(names),
    )


def _side(_: Facts, kind: KindFacts, log: LogFacts) -> Finding | None:
    other = next(k for k in ENTITY_TYPES if k != kind.entity_type)
    unnamed = log.placeholder[other]
    if unnamed <= PARTLY_NAMED:
        return None
    costs = [name for name, cause in starved(kind, log).items() if cause.other_side]
    told = f" {len(costs)} of {FEATURE_COUNT} {kind.entity_type} features are starved by it."
    return Finding(
        "notice" if unnamed > ONE_SIDED else "warning",
        f"sides.{kind.entity_type}",
        f"{percent(unnamed)} of the session events name no {other}.{told if costs else ''}",
        f"Map the column of the {other}'s id if there is one. Without it there is nothing about {other}s, and what a "
        f"{kind.entity_type} has with them is missing.",
        tuple(costs),
    )


def _with_log(find: Callable[[Facts, KindFacts, LogFacts], Finding | None]) -> KindFind:
    return lambda facts, kind: find(facts, kind, facts.log) if facts.log else None


FIELD_CHECKS: tuple[Check, ...] = (
    *on_kinds(
        "fields.unfilled",
        "Events carry what {} features are made of.",
        _with_log(_unfilled),
        lambda _, kind: kind.features,
    ),
    *on_kinds(
        "features.rare",
        "No {} feature is missing for nearly all.",
        _with_log(_rare),
        lambda _, kind: kind.features,
    ),
    *on_kinds("sides", "Sessions of a {} name the other side.", _with_log(_side)),
)
