"""The kinds of value that an event's fields hold: what is accepted, and the column each becomes."""

import enum
from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

PLACEHOLDER_ID = "-"
"""Stands for the unknown side of a one-sided log; it is never an entity."""

LIST_SEPARATOR = "\x1f"
"""Lists of text are one column: each item stands between two separators, so that membership is a substring test."""


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


def _meta(kind: Kind, **bounds: float) -> Meta:
    return Meta(extra={"kind": kind}, **bounds)  # type: ignore[arg-type]


Id = Annotated[str, _meta(Kind.ID, min_length=1, max_length=128)]
Text = Annotated[str, _meta(Kind.TEXT)]
Time = Annotated[datetime, _meta(Kind.TIME)]
Flag = Annotated[bool, _meta(Kind.FLAG)]
TextList = Annotated[list[str], _meta(Kind.TEXT_LIST)]
Slots = Annotated[dict[str, list[int]] | list[str], _meta(Kind.JSON)]

Rating = Annotated[float, _meta(Kind.NUMBER, ge=1, le=5)]
Hours = Annotated[float, _meta(Kind.NUMBER, ge=0)]
Minutes = Annotated[float, _meta(Kind.NUMBER, ge=0)]
Seconds = Annotated[float, _meta(Kind.NUMBER, ge=0)]
Years = Annotated[float, _meta(Kind.NUMBER, ge=0)]
Count = Annotated[float, _meta(Kind.NUMBER, ge=0)]
Money = Annotated[float, _meta(Kind.NUMBER)]
Number = Annotated[float, _meta(Kind.NUMBER)]
Score = Annotated[float, _meta(Kind.NUMBER, ge=0, le=100)]
Sentiment = Annotated[
    Literal["positive", "neutral", "negative"] | Annotated[float, Meta(ge=-1, le=1)], _meta(Kind.NUMBER)
]

SENTIMENTS = {"positive": 1.0, "neutral": 0.0, "negative": -1.0}
"""Words for a call's mood, as numbers from -1 to 1."""

Side = Annotated[Literal["tutor", "student", "platform"], _meta(Kind.TEXT)]
EntityKind = Annotated[Literal["tutor", "student"], _meta(Kind.TEXT)]
