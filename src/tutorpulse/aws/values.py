"""Plain values to DynamoDB's attribute values and back."""

from collections.abc import Mapping
from typing import Any, TypeAlias

Value: TypeAlias = Any
"""Text, whole numbers, floats, truth values, bytes, lists, dicts with text keys, sets of text; None and NaN are left out."""

Item: TypeAlias = dict[str, Value]
"""An item as plain values, by attribute."""


def pack(item: Mapping[str, Value]) -> dict[str, Any]:
    """An item as the service takes it, without what is missing; floats keep every digit that tells them apart."""
    return {name: _packed(value) for name, value in item.items() if not _is_missing(value)}


def unpack(item: Mapping[str, Any]) -> Item:
    """An item as plain values; a number is an int where it has no fraction."""
    return {name: _unpacked(value) for name, value in item.items()}


def _is_missing(value: Value) -> bool:
    return (
        value is None
        or (isinstance(value, float) and value != value)
        or (value == set() and isinstance(value, set))
    )


def _packed(value: Value) -> dict[str, Any]:
    match value:
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int() | float():
            return {"N": repr(value)}
        case bytes():
            return {"B": value}
        case set() | frozenset():
            return {"SS": sorted(value)}
        case dict():
            return {"M": pack(value)}
        case list() | tuple():
            return {"L": [_packed(item) for item in value]}
    raise TypeError(f"{type(value).__name__} is no value of an item")


def _unpacked(value: Mapping[str, Any]) -> Value:
    ((kind, content),) = value.items()
    match kind:
        case "N":
            return _number(content)
        case "SS":
            return set(content)
        case "M":
            return unpack(content)
        case "L":
            return [_unpacked(item) for item in content]
    return content


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)
