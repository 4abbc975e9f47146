"""Parameters that several routes take."""

import re
from typing import Annotated

from fastapi import Depends, Path
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from starlette.convertors import PathConvertor, register_url_convertor
from starlette.requests import Request

from tutorpulse.clock import parse_time
from tutorpulse.errors import InputError
from tutorpulse.features.frame import EntityType
from tutorpulse.service.queries.listing import LIMIT_MAX


def _is_time(text: str) -> str:
    try:
        parse_time(text)
    except (InputError, OverflowError) as error:
        raise ValueError(str(error)) from None
    return text


Time = Annotated[
    str,
    AfterValidator(_is_time),
    Field(examples=["2026-03-01T00:00:00Z"], json_schema_extra={"format": "date-time"}),
]
"""RFC 3339, or a plain date."""


class _IdConvertor(PathConvertor):
    """Any text: Starlette's own `path` stops at the end of a line."""

    regex = "(?s:.*)"


register_url_convertor("id", _IdConvertor())

ENTITY = "{entity_id:id}"
"""An entity's id in the path of a route."""

EntityId = Annotated[
    str,
    Path(description="The id that the events gave.", min_length=1, max_length=128, examples=["tutor-0007"]),
]
KINDS: dict[str, EntityType] = {"tutors": "tutor", "students": "student"}
"""The kind of entity in each collection, `/v1/tutors` and `/v1/students`."""


async def _kind_of_path(request: Request) -> EntityType:
    return KINDS[request.scope["route"].path.split("/")[2]]


Kind = Annotated[EntityType, Depends(_kind_of_path)]
"""The kind of entity that the path of the route names."""

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")


def _as_json_writes(text: object) -> object:
    if isinstance(text, str) and not _NUMBER.fullmatch(text):
        raise ValueError(f"{text!r} is not a number. Write digits, as in 20 or 0.5")
    return text


Written = BeforeValidator(_as_json_writes)
"""A number as JSON writes it: Pydantic alone takes blanks around it and `1_000` too."""

Fraction = Annotated[float | None, Field(ge=0, le=1), Written]
Limit = Annotated[int, Field(ge=1, le=LIMIT_MAX, description="Items on a page at most."), Written]
Cursor = Annotated[
    str | None,
    Field(max_length=1024, description="`next_cursor` of the page before; none: from the beginning."),
]


class Strict(BaseModel):
    """Base of query parameters: a misspelt one is refused, not ignored."""

    model_config = ConfigDict(extra="forbid")


def micros(text: str | None) -> int | None:
    """A time that was validated, in microseconds since the epoch."""
    return None if text is None else parse_time(text)
