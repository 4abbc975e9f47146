"""How bad an alert is, and what one can be about."""

from typing import Literal, TypeAlias, get_args

Severity: TypeAlias = Literal["info", "warning", "critical"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""From mild to bad."""

About: TypeAlias = Literal["tutor", "student", "subject", "system"]
ABOUT: tuple[About, ...] = get_args(About)
"""What an alert can be about; `system` is the log, or the model."""

UNKNOWN, NONE = -1, 0
"""Ranks beside those of severities: the fact is missing, and its value is no cause for an alert."""


def rank(severity: str) -> int:
    """1 for info to 3 for critical."""
    return SEVERITIES.index(severity) + 1


def of_rank(rank: int) -> Severity:
    """The severity of a rank from 1 to 3."""
    return SEVERITIES[rank - 1]
