"""Checks of how much history there is: days, entities, sessions, and the exit gap that it shows."""

from tutorpulse.decisions.checkup.facts import Facts, KindFacts
from tutorpulse.decisions.checkup.finding import Check, Finding, counted, on_kinds

ENTITIES_MIN = 100
"""With fewer, a model learns the few by heart, and shares say little: 10 of 100 is 5 to 18 % at 95 % confidence."""

SESSIONS_MIN = 3
"""Below this many completed sessions an entity has no rhythm yet."""


def _length(_: Facts, kind: KindFacts) -> Finding | None:
    if kind.history_days >= kind.label_days and kind.can_hold_out:
        return None
    days = f"The {kind.entity_type}s' history is {counted(int(kind.history_days), 'day')} long"
    if kind.history_days < kind.label_days:
        return Finding(
            "warning",
            f"history.length.{kind.entity_type}",
            f"{days}; only after {kind.label_days:.0f} days has an outcome of every sort come out (warm-up, horizon and exit gap).",
            "Import older events if there are any, or wait; until then some outputs are absent or rest on base rates.",
        )
    return Finding(
        "notice",
        f"history.length.{kind.entity_type}",
        f"{days}: enough to learn from, too short to hold out later time, so nobody can tell how good the model is.",
        "Import older events if there are any, or train again when the history is longer.",
    )


def _entities(_: Facts, kind: KindFacts) -> Finding | None:
    if kind.entities >= ENTITIES_MIN:
        return None
    return Finding(
        "warning",
        f"history.entities.{kind.entity_type}",
        f"The log knows {counted(kind.entities, kind.entity_type)}: too few to learn their ways from.",
        f"Read predictions about {kind.entity_type}s as rough until there are {ENTITIES_MIN}.",
    )


def _sessions(_: Facts, kind: KindFacts) -> Finding | None:
    if not kind.sessions_median < SESSIONS_MIN:
        return None
    return Finding(
        "notice",
        f"history.sessions.{kind.entity_type}",
        f"Half of the {kind.entity_type}s with a completed session have {kind.sessions_median:g} or fewer: their predictions "
        "are close to base rates.",
        "Import older events if there are any.",
    )


def _exit_gap(_: Facts, kind: KindFacts) -> Finding | None:
    gap, key = kind.exit_gap, f"exit_gap.{kind.entity_type}"
    setting = f"`exit_gap_days_{kind.entity_type}`"
    if gap.days is None:
        return Finding(
            "notice",
            key,
            f"No silence of a {kind.entity_type} counts as leaving: {gap.reason}. A risk is then that of "
            "no activity within the horizon, higher for 14 days than for 30.",
            f"If you know after how many days a {kind.entity_type} is gone, set {setting}.",
        )
    if not gap.guessed:
        return None
    return Finding(
        "notice",
        key,
        f"The exit gap of {kind.entity_type}s, {gap.days} days, is a guess: {gap.reason}.",
        f"Set {setting} if you know after how many days of silence a {kind.entity_type} is gone.",
    )


HISTORY_CHECKS: tuple[Check, ...] = (
    *on_kinds("history.length", "The history of {}s is long enough to learn from and to judge by.", _length),
    *on_kinds("history.entities", "There are {}s enough to learn from.", _entities),
    *on_kinds("history.sessions", "Most {}s have a rhythm.", _sessions),
    *on_kinds("exit_gap", "The log shows after which silence a {} is gone.", _exit_gap),
)
