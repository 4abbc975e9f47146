"""What a checkup says, and the declared form of what it looks at."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from tutorpulse.clock import format_time
from tutorpulse.decisions.checkup.facts import Facts, KindFacts, LogFacts, ModelFacts
from tutorpulse.features.frame import ENTITY_TYPES, EntityType

Level: TypeAlias = Literal["ok", "notice", "warning", "problem"]
LEVELS: tuple[Level, ...] = get_args(Level)
"""From nothing to say, over what one should know and what spoils results, to what makes them useless."""


@dataclass(frozen=True)
class Finding:
    """One thing found: `sentence` says what, with its values, `advice` what to do (empty where all is well), `details` what
    makes it up, a line each."""

    level: Level
    key: str
    sentence: str
    advice: str = ""
    details: tuple[str, ...] = ()


Applies: TypeAlias = Callable[[Facts], object]
Find: TypeAlias = Callable[[Facts], Finding | None]
KindApplies: TypeAlias = Callable[[Facts, KindFacts], object]
KindFind: TypeAlias = Callable[[Facts, KindFacts], Finding | None]


@dataclass(frozen=True)
class Check:
    """One declared check.

    `find` is silent (None) on a fit home, and then `fine` is said. It is asked only where `applies` is true: what is not
    there is neither fit nor unfit.
    """

    key: str
    fine: str
    find: Find
    applies: Applies


def percent(share: float) -> str:
    """Such as "12 %" or "0.4 %"; "under 0.1 %" and "over 99.9 %" at the ends, but for 0 and 100 themselves."""
    shown = 100 * share
    if 0 < shown < 0.1:
        return "under 0.1 %"
    if 99.9 < shown < 100:
        return "over 99.9 %"
    return f"{shown:.0f} %" if 1 <= shown <= 99 or shown in (0.0, 100.0) else f"{shown:.1f} %"


def date(us: int) -> str:
    """The UTC day."""
    return format_time(us)[:10]


def counted(count: int, noun: str) -> str:
    """Such as "1 event", "1,200 events"."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def listed(items: Iterable[str], most: int = 6) -> str:
    """The first few between commas, and how many more there are."""
    all_items = list(items)
    more = len(all_items) - most
    return ", ".join(all_items[:most]) + (f" and {more} more" if more > 0 else "")


def on_log(key: str, fine: str, find: Callable[[Facts, LogFacts], Finding | None]) -> Check:
    """A check of the log, made where there are events."""
    return Check(
        key, fine, lambda facts: find(facts, facts.log) if facts.log else None, lambda facts: facts.log
    )


def on_model(key: str, fine: str, find: Callable[[Facts, ModelFacts], Finding | None]) -> Check:
    """A check of the model in force, made where there is one that can be loaded."""
    return Check(
        key,
        fine,
        lambda facts: find(facts, facts.model) if facts.model else None,
        lambda facts: facts.model and not facts.model.unusable,
    )


def on_kinds(
    key: str,
    fine: str,
    find: KindFind,
    applies: KindApplies = lambda _facts, _kind: True,
) -> tuple[Check, ...]:
    """A check of each kind of entity, made of the kinds that the log names; `{}` in `fine` is the kind."""
    return tuple(_of_kind(f"{key}.{kind}", fine.format(kind), kind, find, applies) for kind in ENTITY_TYPES)


def _of_kind(
    key: str,
    fine: str,
    kind: EntityType,
    find: KindFind,
    applies: KindApplies,
) -> Check:
    return Check(
        key,
        fine,
        lambda facts: find(facts, facts.kinds[kind]),
        lambda facts: kind in facts.kinds and applies(facts, facts.kinds[kind]),
    )
