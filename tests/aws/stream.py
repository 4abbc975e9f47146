"""Records as Kinesis delivers them, and a processor to take them."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from tutorpulse.aws.processing import Processor, Record
from tutorpulse.aws.table import Items
from tutorpulse.aws.taking import Taker
from tutorpulse.clock import DAY_US, FixedClock, format_time
from tutorpulse.settings import Settings

NOW_US = 20_000 * DAY_US


def processor(
    table: Items, poisoned: list[tuple[Record, str]] | None = None, now_us: int = NOW_US
) -> Processor:
    told = [] if poisoned is None else poisoned
    return Processor(table, Taker(table), Settings(), FixedClock(now_us), lambda *said: told.append(said))


def records(bodies: Iterable[bytes], first: int = 1, arrived_us: int = NOW_US) -> list[Record]:
    return [Record(f"{number:056d}", body, arrived_us) for number, body in enumerate(bodies, first)]


def event(
    number: int, event_type: str = "session_completed", days_ago: float = 1, **payload: Any
) -> dict[str, Any]:
    """An event whose payload has what every session needs, unless told otherwise."""
    usual = (
        {"session_id": f"s{number}", "student_id": "st1", "tutor_id": "t1"} if "session" in event_type else {}
    )
    return {
        "event_id": f"e{number}",
        "event_type": event_type,
        "timestamp": format_time(int(NOW_US - days_ago * DAY_US)),
        "payload": {k: v for k, v in {**usual, **payload}.items() if v is not None},
    }


def bodies(events: Sequence[dict[str, Any]]) -> list[bytes]:
    return [msgspec.json.encode(one) for one in events]
