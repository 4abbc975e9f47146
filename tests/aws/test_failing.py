"""What happens when the endpoint is away, when somebody must be told, when a night mends, when a letter is redriven."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.aws.conftest import REGION
from tests.aws.memory_table import MemoryTable
from tests.aws.stream import NOW_US, bodies, event, processor, records
from tests.aws.worlds import NOON_US, Endpoint, Told, kit, lines_of, simulated, stream_in
from tutorpulse.aws import keys, marks, nightly, notifying, redriving, tiles
from tutorpulse.aws.endpoint import SageMakerTransport
from tutorpulse.aws.notifying import Notifier
from tutorpulse.aws.predicting import Kit, predict
from tutorpulse.clock import DAY_US, HOUR_US, FixedClock, midnight_before
from tutorpulse.errors import ModelError, UnavailableError
from tutorpulse.features.frame import ENTITY_TYPES


@pytest.fixture(scope="module")
def events() -> list[dict[str, Any]]:
    return simulated(days=40, tutors=3, students=10)


@pytest.fixture
def filled(events: list[dict[str, Any]], tmp_path: Path) -> tuple[Kit, Endpoint, Told]:
    endpoint, told = Endpoint(), Told()
    made = kit(MemoryTable(), tmp_path, endpoint, told)
    stream_in(made.table, events)
    return made, endpoint, told


def at(made: Kit, now_us: int) -> Kit:
    return replace(made, clock=FixedClock(now_us))


def scored(made: Kit) -> dict[str, dict[str, Any]]:
    found = [item for kind in ENTITY_TYPES for item in made.table.of_type(kind)]
    return {f"{item['entity_type']} {item['entity_id']}": item for item in found if not item["frozen"]}


def test_without_the_endpoint_the_last_predictions_stay_marked_stale_and_are_made_when_it_is_back(
    filled: tuple[Kit, Endpoint, Told],
) -> None:
    made, endpoint, _ = filled
    predict(made, lines_of([]), lambda: 900)
    before = scored(made)
    assert before
    endpoint.reachable = False
    later = at(made, NOON_US + HOUR_US)
    who = [("tutor", item["entity_id"]) for item in before.values() if item["entity_type"] == "tutor"]
    marks.put_all(made.table, who, NOON_US + HOUR_US)
    lines: list[str] = []
    found = predict(later, lines_of(lines), lambda: 900)
    assert found.total_processed == 0
    assert any(json.loads(line).get("Unreached") == len(who) for line in lines)
    for key, item in scored(made).items():
        assert item["stale"] == key.startswith("tutor")
        for name in ("churn_risk_14d", "health_score", "segment", "as_of_us"):
            assert item.get(name) == before[key].get(name)
    assert {mark.entity_id for mark in marks.waiting(made.table).of("tutor")} == {name for _, name in who}
    endpoint.reachable = True
    assert predict(later, lines_of([]), lambda: 900).tutors_processed == len(who)
    assert not any(item["stale"] for item in scored(made).values())


def test_before_the_endpoint_ever_answered_nothing_is_made_up(filled: tuple[Kit, Endpoint, Told]) -> None:
    made, endpoint, _ = filled
    endpoint.reachable = False
    predict(made, lines_of([]), lambda: 900)
    found = scored(made).values()
    assert found
    assert all(item["stale"] and "churn_risk_14d" not in item and "segment" not in item for item in found)


def test_time_that_runs_out_leaves_the_rest_marked(filled: tuple[Kit, Endpoint, Told]) -> None:
    made, _, _ = filled
    waiting = [len(marks.waiting(made.table).of(kind)) for kind in ENTITY_TYPES]
    assert predict(made, lines_of([]), lambda: 5).total_processed == 0
    assert [len(marks.waiting(made.table).of(kind)) for kind in ENTITY_TYPES] == waiting


def test_the_log_has_a_line_for_each_changed_prediction(
    filled: tuple[Kit, Endpoint, Told], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", "tutorpulse.refresh"):
        predict(filled[0], lines_of([]), lambda: 900)
    assert any(line.startswith("Updated tutor predictions for tutor_0") for line in caplog.messages)


def test_alerts_reach_a_queue_behind_the_topic_of_their_severity(filled: tuple[Kit, Endpoint, Told]) -> None:
    made, _, _ = filled
    with mock_aws():
        sns, sqs = boto3.client("sns", region_name=REGION), boto3.client("sqs", region_name=REGION)
        bus = boto3.client("events", region_name=REGION)
        topics, queues = {}, {}
        for severity in ("critical", "warning", "info"):
            topics[severity] = sns.create_topic(Name=severity)["TopicArn"]
            queues[severity] = sqs.create_queue(QueueName=severity)["QueueUrl"]
            arn = sqs.get_queue_attributes(QueueUrl=queues[severity], AttributeNames=["QueueArn"])
            sns.subscribe(TopicArn=topics[severity], Protocol="sqs", Endpoint=arn["Attributes"]["QueueArn"])
        bus.create_event_bus(Name="iops-dashboard-alerts")
        told = replace(made, notifier=Notifier(bus, sns, topics))
        predict(told, lines_of([]), lambda: 900)
        notices = [
            item
            for held in made.table.items.values()
            for item in held.values()
            if item["entity_type"] == keys.NOTICE
        ]  # type: ignore[attr-defined]
        assert notices
        for severity, queue in queues.items():
            got = []
            while page := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
                got += [json.loads(message["Body"])["Message"] for message in page]
                for message in page:
                    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            assert sorted(got) == sorted(n["content"] for n in notices if n["severity"] == severity)
        bus.delete_event_bus(Name="iops-dashboard-alerts")  # Another test of this process may make it.


def test_a_notice_that_could_not_be_sent_is_sent_by_the_next_run_once() -> None:
    table, told = MemoryTable(), Told()
    row = {
        "alert_id": "a1",
        "entity_type": "tutor",
        "entity_id": "t1",
        "kind": "opened",
        "rule": "burnout",
        "team": "ops",
    }
    table.put(
        notifying.notice_item({**row, "number": 1, "severity": "critical", "at_us": NOW_US, "content": "{}"})
    )
    notifier = Notifier(told, told, {"critical": "arn:critical"})
    assert notifying.send_waiting(table, notifier) == 1
    assert notifying.send_waiting(table, notifier) == 0
    assert [message["TopicArn"] for message in told.published] == ["arn:critical"]
    assert len(told.published[0]["Subject"]) <= notifying.SUBJECT_MAX


def test_the_night_mends_what_was_written_and_never_marked(tmp_path: Path) -> None:
    made = kit(MemoryTable(), tmp_path, Endpoint(), now_us=NOW_US + HOUR_US)
    processor(made.table).take(records(bodies([event(1)])))
    predict(made, lines_of([]), lambda: 900)
    assert marks.waiting(made.table).of("tutor") == []
    table: Any = made.table
    from tutorpulse.aws.events import Event
    from tutorpulse.aws.taking import Taker, Touched

    # As a batch whose marks were never put: written, and given up.
    Taker(table).take(Event({**event(2), "received_at": "2024-10-04T00:00:00Z"}), Touched())
    assert tiles.of_entity(table, "t1")[keys.day_of(NOW_US - DAY_US)]["session_completed"]["events"] == 1
    nightly.plan_kind(made, "tutor", midnight_before(NOW_US), lambda job: nightly.work(made, job))
    predict(made, lines_of([]), lambda: 900)
    assert tiles.of_entity(table, "t1")[keys.day_of(NOW_US - DAY_US)]["session_completed"]["events"] == 2


class Shard:
    """A stream that keeps what it was given."""

    def __init__(self, kept: list[dict[str, Any]]) -> None:
        self._kept = kept

    def get_shard_iterator(self, StartingSequenceNumber: str, **_: str) -> dict[str, str]:
        return {"ShardIterator": StartingSequenceNumber}

    def get_records(self, ShardIterator: str, Limit: int) -> dict[str, Any]:
        found = [r for r in self._kept if r["SequenceNumber"] >= ShardIterator][:2]
        last = found[-1]["SequenceNumber"] if found else ShardIterator
        return {"Records": found, "NextShardIterator": f"{int(last) + 1:056d}"}


def test_a_dead_lettered_batch_is_taken_from_the_stream() -> None:
    arrived = datetime.fromtimestamp(NOW_US / 1e6, UTC)
    kept = [
        {"SequenceNumber": f"{n:056d}", "Data": body, "ApproximateArrivalTimestamp": arrived}
        for n, body in enumerate(bodies([event(n) for n in range(6)]))
    ]
    batch = {
        "shardId": "s",
        "streamArn": "arn",
        "startSequenceNumber": kept[1]["SequenceNumber"],
        "endSequenceNumber": kept[4]["SequenceNumber"],
    }
    table = MemoryTable()
    letter = json.dumps({"KinesisBatchInfo": batch, "version": "1.0"})
    assert redriving.redrive(Shard(kept), processor(table), letter) == 4
    held = table.between("t1", keys.EVENTS, keys.EVENTS + keys.LAST)
    assert [item["entity_type"].rsplit("#")[-1] for item in held] == ["e1", "e2", "e3", "e4"]


def test_a_letter_waits_on_while_the_table_is_away() -> None:
    from botocore.exceptions import EndpointConnectionError

    class Away(MemoryTable):
        def put_new(self, item: Any) -> Any:
            raise EndpointConnectionError(endpoint_url="https://dynamodb")

    kept = [
        {
            "SequenceNumber": "1",
            "Data": bodies([event(1)])[0],
            "ApproximateArrivalTimestamp": datetime.now(UTC),
        }
    ]
    batch = {"shardId": "s", "streamArn": "arn", "startSequenceNumber": "1", "endSequenceNumber": "1"}
    with pytest.raises(UnavailableError, match="delivers the letter again"):
        redriving.redrive(Shard(kept), processor(Away()), json.dumps({"KinesisBatchInfo": batch}))


def test_an_endpoint_that_is_not_there_is_a_model_that_cannot_be_reached() -> None:
    client = boto3.client("sagemaker-runtime", region_name=REGION, endpoint_url="http://127.0.0.1:9")
    with pytest.raises(ModelError, match="marketplace-health-endpoint cannot be reached"):
        SageMakerTransport(client).invoke(b"", "text/csv")
