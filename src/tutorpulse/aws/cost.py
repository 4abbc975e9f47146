"""What a month costs, from stated prices and stated amounts; nothing is taken from a bill.

Prices are AWS's list prices on demand in eu-central-1 or us-east-1 as named, without free tiers, taxes or discounts. They change:
`PRICES` says what was assumed, and whoever reads the page can put others in.
"""

from collections.abc import Mapping
from dataclasses import dataclass

DAYS = 30
"""Days of a month here."""

PRICES: Mapping[str, float] = {
    "Lambda, GB-second": 0.0000166667,
    "Lambda, request": 0.20e-6,
    "DynamoDB, write request unit": 0.625e-6,
    "DynamoDB, read request unit": 0.125e-6,
    "DynamoDB, GB-month": 0.25,
    "Kinesis on demand, stream-hour": 0.04,
    "Kinesis on demand, GB in": 0.08,
    "Kinesis on demand, GB out": 0.04,
    "Kinesis, GB-month of retention beyond a day": 0.023,
    "Firehose, GB in": 0.029,
    "API Gateway REST, request": 3.50e-6,
    "S3, GB-month": 0.023,
    "SageMaker serverless, second at 2 GB": 0.00004,
    "CloudWatch, GB of logs": 0.50,
    "CloudWatch, metric-month": 0.30,
    "CloudWatch, alarm-month": 0.10,
    "KMS, key-month": 1.00,
}
"""US dollars, list prices of us-east-1 as known when this was written; check them at aws.amazon.com/pricing before relying on a sum."""


@dataclass(frozen=True)
class Load:
    """What a marketplace does, as far as it costs."""

    sessions_per_day: float
    events_per_session: float = 6.0
    event_bytes: float = 400.0
    events_per_post: float = 20.0
    entities: float = 0.0
    history_events: float = 200.0

    @property
    def events_per_month(self) -> float:
        """Events of a month."""
        return self.sessions_per_day * self.events_per_session * DAYS

    @property
    def known(self) -> float:
        """Tutors and students: given, or one student for each 0.15 sessions a day and a tutor for ten of them."""
        return self.entities or self.sessions_per_day / 0.15 * 1.1


@dataclass(frozen=True)
class Amounts:
    """What an event and a look at a person use.

    Write units are upper bounds, held by a test that counts them on DynamoDB Local. The rest are estimates of ours that no bill
    has confirmed: seconds of functions and of the model, and that a look reads four histories (its own, and neighbours').
    """

    write_units_per_event: float = 8.0
    write_units_per_look: float = 6.0
    looks_per_event: float = 2.0
    looks_in_passing_per_person_day: float = 1.0
    histories_per_look: float = 4.0
    process_gb_seconds_per_event: float = 0.02
    gb_seconds_per_look: float = 0.06
    gb_seconds_per_minute: float = 2.0
    gb_seconds_per_post: float = 0.05
    model_seconds_per_look: float = 0.0005
    model_seconds_per_minute: float = 0.1


@dataclass(frozen=True)
class Line:
    """One line of the bill: what, how many of which price's unit, and the sum."""

    what: str
    price: str
    amount: float

    @property
    def usd(self) -> float:
        """The sum of the month."""
        return self.amount * PRICES[self.price]


def month(load: Load, used: Amounts = Amounts()) -> list[Line]:
    """The lines of a month's bill."""
    events, posts = load.events_per_month, load.events_per_month / load.events_per_post
    gigabytes = events * load.event_bytes / 1e9
    minutes = DAYS * 24 * 60
    looks = min(events * used.looks_per_event, load.known * minutes)
    looks += load.known * DAYS * used.looks_in_passing_per_person_day
    read_units = looks * load.history_events * load.event_bytes * used.histories_per_look / 4_096
    stored_gb = load.known * load.history_events * load.event_bytes * 3 / 1e9
    return [
        Line("events in: requests", "API Gateway REST, request", posts),
        Line("events in: function", "Lambda, GB-second", posts * used.gb_seconds_per_post),
        Line("stream", "Kinesis on demand, stream-hour", DAYS * 24),
        Line("stream: in", "Kinesis on demand, GB in", max(gigabytes, events * 1_024 / 1e9)),
        Line("stream: out, to the processor and the archive", "Kinesis on demand, GB out", 2 * gigabytes),
        Line("stream: seven days", "Kinesis, GB-month of retention beyond a day", gigabytes / DAYS * 6),
        Line(
            "archive: delivery, each event as 5 KB",
            "Firehose, GB in",
            events * 5_120 / 1e9,
        ),
        Line("archive: a year's events, compressed fivefold", "S3, GB-month", gigabytes * 12 / 5),
        Line("processor", "Lambda, GB-second", events * used.process_gb_seconds_per_event),
        Line("processor: writes", "DynamoDB, write request unit", events * used.write_units_per_event),
        Line(
            "looks: function",
            "Lambda, GB-second",
            looks * used.gb_seconds_per_look + minutes * used.gb_seconds_per_minute,
        ),
        Line("looks: reads", "DynamoDB, read request unit", read_units),
        Line("looks: writes", "DynamoDB, write request unit", looks * used.write_units_per_look),
        Line(
            "model",
            "SageMaker serverless, second at 2 GB",
            looks * used.model_seconds_per_look + minutes * used.model_seconds_per_minute,
        ),
        Line("table", "DynamoDB, GB-month", stored_gb),
        Line("logs", "CloudWatch, GB of logs", looks * 300 / 1e9 + events * 20 / 1e9),
        Line("own metrics", "CloudWatch, metric-month", 28),
        Line("alarms", "CloudWatch, alarm-month", 19),
        Line("key of the topics", "KMS, key-month", 1),
    ]


def total(lines: list[Line]) -> float:
    """The sum of a bill."""
    return sum(line.usd for line in lines)
