"""Turns of phrase of the catalog's SQL, in the subset that every engine runs."""

from tutorpulse.clock import DAY_US
from tutorpulse.events.fields import PLACEHOLDER_ID

COMPLETED = "outcome = 'completed'"
REACHED = "outcome IN ('completed', 'unsuccessful', 'no_show')"
RESOLVED = "outcome IS NOT NULL"


def last_days(days: int, age: str = "age_us") -> str:
    """The half-open window (as_of - days, as_of] over a row's age, which is never negative."""
    return f"{age} < {days * DAY_US:d}"


def count(condition: str) -> str:
    """How many rows of the group fulfil the condition."""
    return f"COUNT(CASE WHEN {condition} THEN 1 END)"


def total(value: str, condition: str) -> str:
    """The sum over rows that fulfil the condition; NULL where none has a value."""
    return f"SUM(CASE WHEN {condition} THEN {value} END)"


def mean(value: str, condition: str) -> str:
    """The mean over rows that fulfil the condition and have a value."""
    return f"AVG(CASE WHEN {condition} THEN {value} END)"


def geometric_mean(value: str, condition: str) -> str:
    """The geometric mean of a tenth more than each value, over rows that fulfil the condition and have a value of 0 or more."""
    return f"EXP(AVG(CASE WHEN {condition} THEN LN({value} + 0.1) END))"


def share(condition: str, of: str) -> str:
    """Of the rows that fulfil `of`, the share that fulfils `condition` too; NULL where there are none."""
    return f"{count(f'({of}) AND ({condition})')} / NULLIF({count(of)}, 0)"


def newest(value: str, order: str = "place") -> str:
    """The value of the last row, by `order`, that has one."""
    return f"MAX_BY({value}, CASE WHEN {value} IS NOT NULL THEN {order} END)"


def known(column: str, condition: str, otherwise: str = "0") -> str:
    """`condition`'s aggregate where any row of the group carries `column` (or `otherwise` of it); else missing."""
    return f"CASE WHEN COUNT({column}) > 0 THEN COALESCE({condition}, {otherwise}) END"


def quoted(text: str) -> str:
    """A string literal."""
    return "'" + text.replace("'", "''") + "'"


def listed(texts: tuple[str, ...]) -> str:
    """String literals between commas; of no texts, NULL, which nothing equals."""
    return ", ".join(quoted(text) for text in texts) or "NULL"


def times(as_of_us: int, known_at_us: int) -> str:
    """The condition of both times on a table of the log."""
    return f"ts_us <= {as_of_us:d} AND received_us <= {known_at_us:d}"


def is_entity(column: str) -> str:
    """The condition that `column` names somebody."""
    return f"{column} <> {quoted(PLACEHOLDER_ID)}"
