"""Statements that come again and again are parsed once: parsing a query of features takes some 20 ms, the fold of sessions 3."""

import re
from collections.abc import Callable

import duckdb

LONG_SQL = 200
"""Characters from which a query is worth keeping parsed: what a look asks is longer."""
KEPT = 32
"""How many are kept, the newest; a look asks some twenty."""

_TIME_OR_TEXT = re.compile(r"'(?:[^']|'')*'|(?<![\w.])[0-9]{15,18}(?![\w.])")
"""Whole numbers as long as times in microseconds, and texts in quotes, in which there are none."""


def without_times(sql: str) -> tuple[str, dict[str, int]]:
    """The query with a parameter in place of each time, the same one for equal times; and the parameters' values."""
    names: dict[str, str] = {}

    def lifted(match: re.Match[str]) -> str:
        found = match[0]
        return found if found[0] == "'" else f"${names.setdefault(found, f't{len(names)}')}"

    return _TIME_OR_TEXT.sub(lifted, sql), {name: int(time) for time, name in names.items()}


class Statements:
    """The parsed statements of one cursor."""

    def __init__(self, parse: Callable[[str], list[duckdb.Statement]]) -> None:
        self._parse = parse
        self._kept: dict[str, duckdb.Statement] = {}

    def of(self, sql: str) -> tuple[duckdb.Statement, dict[str, int]]:
        """The statement of a long query, and the values that it is to be executed with."""
        text, values = without_times(sql)
        return self.as_it_is(text), values

    def as_it_is(self, text: str) -> duckdb.Statement:
        """The statement of a text that names what changes as parameters."""
        statement = self._kept.pop(text, None) or self._parse(text)[0]
        self._kept[text] = statement
        if len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]
        return statement
