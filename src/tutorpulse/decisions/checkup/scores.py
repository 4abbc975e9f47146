"""Checks of the last refresh: is it of the newest events and the model in force, whom did it score, and how harshly?"""

from collections.abc import Callable

from tutorpulse.clock import DAY_US, HOUR_US, format_time
from tutorpulse.decisions.checkup.facts import Facts, KindFacts, ScoredFacts
from tutorpulse.decisions.checkup.finding import Check, Finding, KindFind, counted, on_kinds, percent
from tutorpulse.decisions.segments import SEGMENTS
from tutorpulse.decisions.status import SCORED_STATUSES
from tutorpulse.features.frame import EntityType

WORST_SHARE_MAX = 0.25
"""A worst segment that holds more than this of the scored tells nobody where to begin."""

UNSCORED_SHARE_NOTICE = 0.9
COHORT_SHARE_NOTICE = 0.5

WORST_SETTINGS: dict[EntityType, tuple[str, str]] = {
    "tutor": ("churning_burnout_above", "churning_health_below"),
    "student": ("churned_churn_14d_above", "churned_health_below"),
}
"""The thresholds that make the worst segment: a risk and a health."""

_REFRESH = "Run `tutorpulse refresh`."


def _never(facts: Facts) -> Finding | None:
    if facts.run is not None:
        return None
    return Finding(
        "notice", "refresh.never", "There was no refresh yet: nobody has a prediction or a segment.", _REFRESH
    )


def _old(facts: Facts) -> Finding | None:
    if facts.run is None or facts.log is None or facts.log.clocks.newest_us <= facts.run.as_of_us:
        return None
    late_us = facts.log.clocks.newest_us - facts.run.as_of_us
    late = f"{late_us / HOUR_US:.0f} hours" if late_us < 2 * DAY_US else f"{late_us / DAY_US:.0f} days"
    return Finding(
        "notice" if late_us < DAY_US else "warning",
        "refresh.old",
        f"The last refresh is as of {format_time(facts.run.as_of_us)}; the newest event is {late} newer.",
        _REFRESH,
    )


def _other_model(facts: Facts) -> Finding | None:
    if facts.run is None or facts.model is None or facts.run.model_version == facts.model.version:
        return None
    return Finding(
        "notice",
        "refresh.model",
        f"The last refresh used the model {facts.run.model_version}; in force is {facts.model.version}.",
        _REFRESH,
    )


def _on_scored(find: Callable[[Facts, KindFacts, ScoredFacts], Finding | None]) -> KindFind:
    return lambda facts, kind: find(facts, kind, kind.scored) if kind.scored else None


def _left_standing(_: Facts, kind: KindFacts, scored: ScoredFacts) -> Finding | None:
    if not scored.stale:
        return None
    return Finding(
        "problem",
        f"scored.stale.{kind.entity_type}",
        f"The predictions of {counted(scored.stale, kind.entity_type)} are old: at the last refresh the model could not be used.",
        "Run `tutorpulse refresh` again; its notes say what was wrong with the model.",
    )


def _unscored(_: Facts, kind: KindFacts, scored: ScoredFacts) -> Finding | None:
    everybody = sum(scored.statuses.values())
    live = sum(scored.statuses.get(status, 0) for status in SCORED_STATUSES)
    if not everybody or 1 - live / everybody <= UNSCORED_SHARE_NOTICE:
        return None
    told = ", ".join(
        f"{n:,} {status}" for status, n in scored.statuses.items() if n and status not in SCORED_STATUSES
    )
    return Finding(
        "notice" if live else "problem",
        f"scored.share.{kind.entity_type}",
        f"{counted(live, kind.entity_type)} of {everybody:,} are scored; the others are not: {told}.",
        "That is right in a long log, where most have left. If they have not left, look for missing sessions at the end of the "
        f"log, or set a longer `exit_gap_days_{kind.entity_type}`.",
    )


def _worst(facts: Facts, kind: KindFacts, scored: ScoredFacts) -> Finding | None:
    worst = SEGMENTS[kind.entity_type][0]
    judged = sum(scored.segments.values())
    share = scored.segments.get(worst, 0) / judged if judged else 0.0
    if share <= WORST_SHARE_MAX:
        return None
    risk, health = WORST_SETTINGS[kind.entity_type]
    return Finding(
        "warning",
        f"segments.worst.{kind.entity_type}",
        f"The thresholds put {percent(share)} of the scored {kind.entity_type}s ({scored.segments[worst]:,} of {judged:,}) into "
        f"`{worst}`: too many to attend to.",
        f"Raise `{risk}` (now {getattr(facts.settings, risk):g}) or lower `{health}` (now {getattr(facts.settings, health):g}) "
        f"in settings.toml, unless the marketplace really loses them.{_quarters(scored)}",
    )


def _quarters(scored: ScoredFacts) -> str:
    """Where thresholds would have to stand, told for what is known."""
    parts = [
        *([f"a quarter have a risk above {100 * scored.upper_risk:.0f}"] if scored.upper_risk >= 0 else []),
        *([f"a quarter a health below {scored.lower_health:.0f}"] if scored.lower_health >= 0 else []),
    ]
    return f" As it is, {', '.join(parts)}." if parts else ""


def _from_cohort(_: Facts, kind: KindFacts, scored: ScoredFacts) -> Finding | None:
    judged = sum(scored.segments.values())
    share = scored.from_cohort / judged if judged else 0.0
    if share <= COHORT_SHARE_NOTICE:
        return None
    return Finding(
        "notice",
        f"scored.cohort.{kind.entity_type}",
        f"{percent(share)} of the scored {kind.entity_type}s had no session yet and share their cohort's base rate.",
        "Look whether their sessions reach the log; registrations alone say little.",
    )


def _judged(_: Facts, kind: KindFacts) -> object:
    return kind.scored


SCORE_CHECKS: tuple[Check, ...] = (
    Check("refresh.never", "There was a refresh.", _never, lambda facts: facts.log and facts.model),
    Check("refresh.old", "The last refresh saw the newest event.", _old, lambda facts: facts.run),
    Check(
        "refresh.model", "The last refresh used the model in force.", _other_model, lambda facts: facts.run
    ),
    *on_kinds(
        "scored.stale", "Predictions of {}s are of the last refresh.", _on_scored(_left_standing), _judged
    ),
    *on_kinds("scored.share", "Enough {}s are scored.", _on_scored(_unscored), _judged),
    *on_kinds("segments.worst", "The worst segment of {}s is small enough.", _on_scored(_worst), _judged),
    *on_kinds("scored.cohort", "Most {}s have predictions of their own.", _on_scored(_from_cohort), _judged),
)
