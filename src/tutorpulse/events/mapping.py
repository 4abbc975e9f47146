"""Mappings of foreign tables onto the contract, as declared data in TOML.

about = "Purchases of a shop"
timezone = "Europe/Madrid"          # of times without an offset; default UTC
received = "loaded_at"              # column of the received time; default: when it happened
unknown_columns = "drop"            # or "keep": in the event's extra fields, the default

[[events]]                          # one row may be several events
type = "session_completed"
time = "purchased_on"
when = [{ column = "status", in = ["paid"] }]
[events.fields]
student_id = "customer_id"          # the column of that name
tutor_id = { constant = "-" }
session_id = { template = "shop-{@row}" }
price = { column = "cents", multiply = 0.01 }
cancelled_by = { column = "who", values = { T = "tutor", S = "student" }, otherwise = "platform" }
"""

import re
import tomllib
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal, NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

from tutorpulse.errors import MappingError
from tutorpulse.events.contract import EVENT_TYPES, EventType
from tutorpulse.events.tolerant import aliases

ROW_ID = "@row"
"""In a template: an id of the row, made of all its cells and the number of equal rows before it in the file."""

_SHIPPED = "tutorpulse.events.mappings"
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")

Scalar = str | bool | float
EpochUnit = Literal["s", "ms", "us"]


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a value comes from: a `column`, a `constant`, or a `template` of columns in braces.

    For a column: `values` replaces what is in the cell (as text) and `otherwise` what `values` does not name; without
    `otherwise` such a row is rejected. `multiply` scales a number. For times: `format` (as strptime), or `epoch` units of a number, and the
    `timezone` of a time without an offset.
    """

    column: str | None = None
    constant: Scalar | None = None
    template: str | None = None
    values: dict[str, Scalar] | None = None
    otherwise: Scalar | None = None
    multiply: float | None = None
    format: str | None = None
    epoch: EpochUnit | None = None
    timezone: str | None = None

    def columns(self) -> tuple[str, ...]:
        """The columns it reads."""
        if self.template is not None:
            return tuple(name for name in _PLACEHOLDER.findall(self.template) if name != ROW_ID)
        return () if self.column is None else (self.column,)


class Condition(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"among": "in", "not_among": "not_in"}
):
    """A row counts only if the cell is `in` a list, `not_in` one (as text), or is `present` (or, if false, empty)."""

    column: str
    among: list[Scalar] | None = None
    not_among: list[Scalar] | None = None
    present: bool | None = None


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One event that a row may be: its type, time, fields, and the conditions that all must hold.

    Without `id` the event's id is derived from its content and its number among equals of the file.
    """

    type: str
    time: str | Source
    fields: dict[str, str | Source]
    id: str | Source | None = None
    when: list[Condition] = []


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mapping file. See the module's example."""

    events: Annotated[list[Rule], Meta(min_length=1)]
    about: str = ""
    timezone: str = "UTC"
    received: str | Source | None = None
    unknown_columns: Literal["keep", "drop"] = "keep"

    def columns(self) -> set[str]:
        """All columns that it reads."""
        sources: list[str | Source | None] = [self.received]
        conditions: list[Condition] = []
        for rule in self.events:
            sources += [rule.time, rule.id, *rule.fields.values()]
            conditions += rule.when
        named = {name for source in sources if source is not None for name in as_source(source).columns()}
        return named | {condition.column for condition in conditions}

    def uses_row_id(self) -> bool:
        """Whether any template asks for the row's id."""
        rules = (source for rule in self.events for source in (rule.time, rule.id, *rule.fields.values()))
        return any(f"{{{ROW_ID}}}" in (as_source(s).template or "") for s in rules if s is not None)


def as_source(source: str | Source) -> Source:
    """A plain name is the column of that name."""
    return Source(column=source) if isinstance(source, str) else source


def shipped_mappings() -> list[str]:
    """Names of the mappings that come with the package."""
    files = resources.files(_SHIPPED).iterdir()
    return sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml"))


def load_mapping(name_or_path: str) -> Mapping:
    """The mapping of that name in the package, or in that file.

    Raises:
        MappingError: there is none, or it is wrong: the message names the file, the key and what is allowed.
    """
    if name_or_path in shipped_mappings():
        text = (resources.files(_SHIPPED) / f"{name_or_path}.toml").read_bytes()
    else:
        text = _read(name_or_path)
    return parse_mapping(text, name_or_path)


def _read(name_or_path: str) -> bytes:
    path = Path(name_or_path)
    if not path.is_file():
        raise MappingError(
            f"No mapping {name_or_path!r}: neither a file nor one of {', '.join(shipped_mappings())}. "
            "Give a TOML file, or one of these names."
        )
    return path.read_bytes()


def parse_mapping(text: bytes, file: str) -> Mapping:
    """A mapping from TOML.

    Raises:
        MappingError: as `load_mapping`.
    """
    try:
        mapping = msgspec.convert(tomllib.loads(text.decode()), Mapping)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MappingError(f"{file} is no TOML: {error}. Mend that place.") from None
    except msgspec.ValidationError as error:
        raise MappingError(_explained(file, str(error))) from None
    _check(mapping, file)
    return mapping


def _explained(file: str, message: str) -> str:
    reason, _, place = message.partition(" - at `$")
    place = place.rstrip("`").lstrip(".")
    kind: type[msgspec.Struct] = Source
    if not place:
        kind = Mapping
    elif re.fullmatch(r"events\[[^]]*\]", place):
        kind = Rule
    elif ".when" in place:
        kind = Condition
    allowed = ", ".join(kind.__struct_encode_fields__)
    return f"{file}: {place or 'top level'}: {reason}. The keys there are {allowed}."


def _check(mapping: Mapping, file: str) -> None:
    _check_zone(mapping.timezone, file, "timezone")
    if mapping.received is not None:
        _check_source(as_source(mapping.received), file, "received")
    for number, rule in enumerate(mapping.events):
        _check_rule(rule, file, f"events[{number}]")


def _check_rule(rule: Rule, file: str, place: str) -> None:
    event_type = EVENT_TYPES.get(rule.type)
    if event_type is None:
        _fail(file, f"{place}.type", f"{rule.type!r} is no event type", ", ".join(EVENT_TYPES))
    _check_fields(rule, event_type, file, place)
    named = {"time": rule.time, "id": rule.id} | {f"fields.{name}": s for name, s in rule.fields.items()}
    for key, source in named.items():
        if source is not None:
            _check_source(as_source(source), file, f"{place}.{key}")
    for number, condition in enumerate(rule.when):
        given = (condition.among, condition.not_among, condition.present)
        if sum(test is not None for test in given) != 1:
            _fail(file, f"{place}.when[{number}]", "Needs exactly one test", "in, not_in, present")


def _check_fields(rule: Rule, event_type: EventType, file: str, place: str) -> None:
    renamed = aliases(event_type)
    allowed = [field.name for field in event_type.fields]
    for name in rule.fields:
        if name not in allowed and name not in renamed:
            _fail(file, f"{place}.fields.{name}", f"{rule.type} has no such field", ", ".join(allowed))
    given = {renamed.get(name, name) for name in rule.fields}
    missing = [field.name for field in event_type.fields if field.required and field.name not in given]
    if missing:
        _fail(file, f"{place}.fields", f"{rule.type} requires {', '.join(missing)}", ", ".join(allowed))
    if event_type.one_of and not given & set(event_type.one_of):
        _fail(file, f"{place}.fields", f"{rule.type} requires one more", " or ".join(event_type.one_of))


def _check_source(source: Source, file: str, place: str) -> None:
    kinds = {"column": source.column, "constant": source.constant, "template": source.template}
    if sum(value is not None for value in kinds.values()) != 1:
        _fail(file, place, "Needs exactly one source", ", ".join(kinds))
    if source.column is None and any(
        value is not None
        for value in (source.values, source.otherwise, source.multiply, source.format, source.epoch)
    ):
        _fail(file, place, "Only a column can be changed", "column with values, multiply, format or epoch")
    if source.timezone is not None:
        _check_zone(source.timezone, file, f"{place}.timezone")
    if source.template is not None and re.search(r"[{}]", _PLACEHOLDER.sub("", source.template)):
        _fail(file, f"{place}.template", "Unpaired brace", "text with {column} or {@row} in it")


def _check_zone(name: str, file: str, place: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError, ValueError):
        _fail(file, place, f"{name!r} is no time zone", "an IANA name such as Europe/Madrid")


def _fail(file: str, place: str, reason: str, allowed: str) -> NoReturn:
    raise MappingError(f"{file}: {place}: {reason}. Allowed: {allowed}.")
