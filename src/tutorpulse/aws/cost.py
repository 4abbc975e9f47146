"""What a month costs, from stated prices and stated amounts; nothing is taken from a bill.

Prices are assumptions: AWS's list prices on demand of one region, as they were remembered when this was written, without free
tiers, taxes or discounts. Each says on which page to look it up. Whoever relies on a sum looks them up first.
"""

from collections.abc import Mapping
from dataclasses import dataclass

DAYS = 30
"""Days of a month here."""

REGION, WRITTEN = "us-east-1", "November 2026"
"""Whose list prices are meant, and when they were written down. They were not looked up for it."""

_AT = "https://aws.amazon.com/"


@dataclass(frozen=True)
class Price:
    """An assumed price in US dollars, and the page that has the one in force."""

    usd: float
    page: str

    @property
    def address(self) -> str:
        """The page's address."""
        return f"{_AT}{self.page}/"


PRICES: Mapping[str, Price] = {
    "Lambda, GB-second": Price(0.0000166667, "lambda/pricing"),
    "DynamoDB, write request unit": Price(0.625e-6, "dynamodb/pricing/on-demand"),
    "DynamoDB, read request unit": Price(0.125e-6, "dynamodb/pricing/on-demand"),
    "DynamoDB, GB-month": Price(0.25, "dynamodb/pricing/on-demand"),
    "DynamoDB, GB-month of recovery to a point in time": Price(0.20, "dynamodb/pricing/on-demand"),
    "Kinesis on demand, stream-hour": Price(0.04, "kinesis/data-streams/pricing"),
    "Kinesis on demand, GB in": Price(0.08, "kinesis/data-streams/pricing"),
    "Kinesis on demand, GB out": Price(0.04, "kinesis/data-streams/pricing"),
    "Kinesis on demand, GB-month kept for up to seven days": Price(0.10, "kinesis/data-streams/pricing"),
    "Firehose, GB in": Price(0.029, "firehose/pricing"),
    "API Gateway REST, request": Price(3.50e-6, "api-gateway/pricing"),
    "S3, GB-month": Price(0.023, "s3/pricing"),
    "SageMaker serverless, second at 2 GB": Price(0.00004, "sagemaker/ai/pricing"),
    "CloudWatch, GB of logs": Price(0.50, "cloudwatch/pricing"),
    "CloudWatch, metric-month": Price(0.30, "cloudwatch/pricing"),
    "CloudWatch, alarm-month": Price(0.10, "cloudwatch/pricing"),
    "KMS, key-month": Price(1.00, "kms/pricing"),
}
"""What is assumed of each."""


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

    @classmethod
    def of_events(cls, events_per_month: float) -> "Load":
        """As many sessions as make so many events a month."""
        return cls(events_per_month / DAYS / cls.events_per_session)


@dataclass(frozen=True)
class Estimate:
    """What the predecessor reckoned for itself: the load, the sum of a month in US dollars and the most of it, and the page of its repository."""

    load: str
    events_per_month: float
    usd: float
    most: str
    page: str


PREDECESSOR = (
    Estimate(
        "its own traffic, at most 150 events an hour",
        108_000,
        52.00,
        "47 for a model endpoint that never sleeps",
        "docs/PITCH-SCRIPT.md",
    ),
    Estimate(
        "2,000 metrics a minute",
        86_400_000,
        36_272.36,
        "32,400 for a language model that is asked about each",
        "docs/cost-estimate.md",
    ),
    Estimate(
        "the same, after the savings that it proposed",
        86_400_000,
        3_872.01,
        "1,814 for the language model, asked about 7 %; 1,511 for functions",
        "docs/cost-estimate.md",
    ),
)
"""Of November 2025, from the repository `intelligent-ops-dashboard`, at the prices that it states for us-east-2."""


@dataclass(frozen=True)
class Amounts:
    """What an event and a look at a person use.

    Write units are upper bounds of events that come one by one, held by a test that counts them on DynamoDB Local; in batches they
    are about half. The rest are estimates of ours that no bill
    has confirmed: seconds of functions and of the model, and that a look reads four histories (its own, and neighbours').
    """

    write_units_per_event: float = 7.0
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
        """The sum of the month at the assumed price."""
        return self.amount * PRICES[self.price].usd


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
        Line(
            "stream: seven days",
            "Kinesis on demand, GB-month kept for up to seven days",
            gigabytes / DAYS * 6,
        ),
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
        Line("table: recovery", "DynamoDB, GB-month of recovery to a point in time", stored_gb),
        Line("logs", "CloudWatch, GB of logs", looks * 300 / 1e9 + events * 20 / 1e9),
        Line("own metrics", "CloudWatch, metric-month", 28),
        Line("alarms", "CloudWatch, alarm-month", 19),
        Line("key of the topics", "KMS, key-month", 1),
    ]


def total(lines: list[Line]) -> float:
    """The sum of a bill."""
    return sum(line.usd for line in lines)
