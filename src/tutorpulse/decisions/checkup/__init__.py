"""The checkup: is this home, its data and its model fit for use? Declared checks over facts gathered beforehand."""

from collections.abc import Iterable

from tutorpulse.clock import DAY_US, format_time
from tutorpulse.decisions.checkup.data import HOME_CHECKS, LOG_CHECKS
from tutorpulse.decisions.checkup.facts import Facts
from tutorpulse.decisions.checkup.fields import FIELD_CHECKS
from tutorpulse.decisions.checkup.finding import LEVELS, Check, Finding, Level, counted, date
from tutorpulse.decisions.checkup.history import HISTORY_CHECKS
from tutorpulse.decisions.checkup.model import MODEL_CHECKS
from tutorpulse.decisions.checkup.scores import SCORE_CHECKS

__all__ = ["CHECKS", "Check", "Facts", "Finding", "Level", "checkup", "is_fit", "overview"]

CHECKS: tuple[Check, ...] = (
    *HOME_CHECKS,
    *LOG_CHECKS,
    *FIELD_CHECKS,
    *HISTORY_CHECKS,
    *MODEL_CHECKS,
    *SCORE_CHECKS,
)
"""Every check, in the order in which a home comes to life."""


def checkup(facts: Facts, checks: Iterable[Check] = CHECKS) -> list[Finding]:
    """What the checks that apply have found, worst first, and among equals in the order of the checks.

    One finding for each: of level `ok` where there is nothing to say.
    """
    found = [
        check.find(facts) or Finding("ok", check.key, check.fine) for check in checks if check.applies(facts)
    ]
    return sorted(found, key=lambda finding: -LEVELS.index(finding.level))


def is_fit(findings: Iterable[Finding]) -> bool:
    """Whether nothing that was found makes the home useless."""
    return all(finding.level != "problem" for finding in findings)


def overview(facts: Facts) -> list[str]:
    """What there is, in a few lines: the log, its people, the model, the last refresh; nothing of what is not there."""
    lines = []
    if facts.log is not None:
        days = facts.log.days.day
        span = f"{date(int(days[0]) * DAY_US)} to {date(int(days[-1]) * DAY_US)}"
        lines.append(f"{counted(facts.log.events, 'event')}, {span}")
    for kind in facts.kinds.values():
        gap = "none" if kind.exit_gap.days is None else counted(kind.exit_gap.days, "day")
        lines.append(f"{counted(kind.entities, kind.entity_type)}; exit gap: {gap} ({kind.exit_gap.reason})")
    if facts.model is not None:
        refreshed = f", last refresh as of {format_time(facts.run.as_of_us)}" if facts.run else ""
        lines.append(f"model {facts.model.version}{refreshed}")
    return lines
