"""The kinds of value that an event's fields hold: what is accepted, and the column each becomes."""

import enum
from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

PLACEHOLDER_ID = "-"
"""Stands for the unknown side of a one-sided log; it is never an entity."""

LIST_SEPARATOR = "\x1f"
"""Lists of text are one column: each item stands between two separators, so that membership is a substring test.

The empty list is one separator, so it differs from a missing one. No item holds a separator.
"""


class Kind(enum.Enum):
    """What a field's column holds."""

    ID = enum.auto()
    TEXT = enum.auto()
    NUMBER = enum.auto()
    FLAG = enum.auto()
    TIME = enum.auto()
    TEXT_LIST = enum.auto()
    JSON = enum.auto()


SQL_TYPES = {
    Kind.ID: "VARCHAR",
    Kind.TEXT: "VARCHAR",
    Kind.NUMBER: "DOUBLE",
    Kind.FLAG: "BOOLEAN",
    Kind.TIME: "BIGINT",
    Kind.TEXT_LIST: "VARCHAR",
    Kind.JSON: "VARCHAR",
}
"""The column type of each kind; times are microseconds since the epoch."""


Id = Annotated[str, Meta(min_length=1, max_length=128, extra={"kind": Kind.ID})]
Text = Annotated[str, Meta(extra={"kind": Kind.TEXT})]
Time = Annotated[datetime, Meta(extra={"kind": Kind.TIME})]
Flag = Annotated[bool, Meta(extra={"kind": Kind.FLAG})]
_Item = Annotated[str, Meta(pattern=f"^[^{LIST_SEPARATOR}]*$")]
TextList = Annotated[list[_Item], Meta(extra={"kind": Kind.TEXT_LIST})]
Slots = Annotated[dict[str, list[int]] | list[str], Meta(extra={"kind": Kind.JSON})]

Rating = Annotated[float, Meta(ge=1, le=5, extra={"kind": Kind.NUMBER})]
Hours = Annotated[float, Meta(ge=0, extra={"kind": Kind.NUMBER})]
Minutes = Annotated[float, Meta(ge=0, extra={"kind": Kind.NUMBER})]
Seconds = Annotated[float, Meta(ge=0, extra={"kind": Kind.NUMBER})]
Years = Annotated[float, Meta(ge=0, extra={"kind": Kind.NUMBER})]
Count = Annotated[float, Meta(ge=0, extra={"kind": Kind.NUMBER})]
Money = Annotated[float, Meta(extra={"kind": Kind.NUMBER})]
Number = Annotated[float, Meta(extra={"kind": Kind.NUMBER})]
Score = Annotated[float, Meta(ge=0, le=100, extra={"kind": Kind.NUMBER})]

SENTIMENTS = {"positive": 1.0, "neutral": 0.0, "negative": -1.0}
"""Words for a call's mood, as numbers from -1 to 1."""

Sentiment = Annotated[
    Literal["positive", "neutral", "negative"] | Annotated[float, Meta(ge=-1, le=1)],
    Meta(extra={"kind": Kind.NUMBER, "words": SENTIMENTS}),
]

Side = Annotated[Literal["tutor", "student", "platform"], Meta(extra={"kind": Kind.TEXT})]
EntityKind = Annotated[Literal["tutor", "student"], Meta(extra={"kind": Kind.TEXT})]
