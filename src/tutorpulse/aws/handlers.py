"""What Lambda calls. Clients are made once for each process; everything else is in the rooms beside.

The environment names what a function works with: `TABLE`, `STREAM`, `ENDPOINT`, `BUS`, `JOBS_QUEUE`, `POISON_QUEUE`,
`TOPIC_CRITICAL`, `TOPIC_WARNING`, `TOPIC_INFO`; `TUTORPULSE_HOME` is a folder of the asset with the user's settings and rules.
"""

import base64
import logging
import os
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import msgspec
from botocore.config import Config

from tutorpulse import settings as table_of
from tutorpulse.aws import names, nightly, redriving
from tutorpulse.aws.endpoint import SageMakerTransport
from tutorpulse.aws.ingesting import Ingest
from tutorpulse.aws.metrics import Metrics
from tutorpulse.aws.notifying import Notifier
from tutorpulse.aws.predicting import Kit
from tutorpulse.aws.predicting import predict as predict_changed
from tutorpulse.aws.processing import Processor, Record
from tutorpulse.aws.table import Table
from tutorpulse.aws.taking import Taker
from tutorpulse.clock import SystemClock, midnight_before
from tutorpulse.features.frame import ENTITY_TYPES
from tutorpulse.settings import Settings
from tutorpulse.store.home import Home

logging.getLogger().setLevel(logging.INFO)
_CLOCK = SystemClock()
_SCRATCH = Path("/tmp")
_CONFIG = Config(retries={"mode": "adaptive", "max_attempts": 5}, max_pool_connections=32)
_ENDPOINT_CONFIG = Config(read_timeout=30, retries={"mode": "standard", "max_attempts": 2})


@cache
def _client(service: str) -> Any:
    return boto3.client(service, config=_ENDPOINT_CONFIG if service == "sagemaker-runtime" else _CONFIG)


@cache
def _home() -> Home:
    return Home(Path(os.environ.get("TUTORPULSE_HOME", "/var/task/home")))


@cache
def _settings() -> Settings:
    return table_of.load(_home().path)


@cache
def _table() -> Table:
    return Table(_client("dynamodb"), os.environ["TABLE"])


@cache
def _kit() -> Kit:
    topics = {severity: os.environ.get(f"TOPIC_{severity.upper()}", "") for severity in names.SEVERITIES}
    return Kit(
        _table(),
        SageMakerTransport(_client("sagemaker-runtime"), os.environ["ENDPOINT"]),
        Notifier(_client("events"), _client("sns"), topics, os.environ["BUS"]),
        _settings(),
        _CLOCK,
        _home(),
        _SCRATCH,
    )


def _metrics() -> Metrics:
    return Metrics(lambda line: sys.stdout.write(line + "\n"), _CLOCK)


def _poisoned(record: Record, reason: str) -> None:
    told = {
        "sequence": record.sequence,
        "reason": reason,
        "data": base64.b64encode(record.data[:180_000]).decode(),
    }
    _client("sqs").send_message(
        QueueUrl=os.environ["POISON_QUEUE"], MessageBody=msgspec.json.encode(told).decode()
    )


@cache
def _processor() -> Processor:
    return Processor(_table(), Taker(_table()), _settings(), _CLOCK, _poisoned)


def ingest(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Events from API Gateway into the stream."""
    return Ingest(_client("kinesis"), os.environ["STREAM"], _settings(), _CLOCK).answer(event)


def process(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Records of the stream into the table; the lowest sequence number that is not done is reported."""
    counts, failed = _processor().take([Record.of(record) for record in event["Records"]])
    _metrics().put(
        {"Function": "process"},
        {
            "Accepted": counts.accepted,
            "Duplicate": counts.duplicate,
            "Rejected": counts.rejected,
            "Poison": counts.poison,
        },
    )
    return {"batchItemFailures": [] if failed is None else [{"itemIdentifier": failed}]}


def predict(_event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Predictions of whoever changed since the last minute. Returns the summary."""

    def seconds_left() -> float:
        return float(context.get_remaining_time_in_millis()) / 1_000

    found: dict[str, Any] = msgspec.to_builtins(predict_changed(_kit(), _metrics(), seconds_left))
    return found


def night(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Without records: hands on the night's jobs. With records of the queue: does them."""
    if "Records" in event:
        jobs = [msgspec.json.decode(record["body"], type=nightly.Job) for record in event["Records"]]
        return {"finished": [job.kind for job in jobs if nightly.work(_kit(), job)]}
    midnight_us = midnight_before(_CLOCK.now_us())
    return {kind: nightly.plan_kind(_kit(), kind, midnight_us, _hand_on) for kind in ENTITY_TYPES}


def _hand_on(job: nightly.Job) -> None:
    body = msgspec.json.encode(job).decode()
    _client("sqs").send_message(QueueUrl=os.environ["JOBS_QUEUE"], MessageBody=body)


def redrive(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Takes again what a dead-lettered batch held, from the stream, which keeps it for a week."""
    taken = [
        redriving.redrive(_client("kinesis"), _processor(), record["body"]) for record in event["Records"]
    ]
    return {"taken": sum(taken)}


@cache
def _insights() -> Any:
    from tutorpulse.aws import reading_api

    return reading_api.create(_table(), _settings(), _CLOCK, _home())


def insights(event: Mapping[str, Any], context: object) -> Any:
    """The Insights API behind API Gateway."""
    return _insights()(event, context)
