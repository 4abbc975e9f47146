"""The functions, each with a role that allows what it does and nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import Validations
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambdas
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_logs as logs
from constructs import Construct, IConstruct

from tutorpulse.aws import names
from tutorpulse.aws.stack.options import Options
from tutorpulse.aws.stack.storage import Storage
from tutorpulse.aws.stack.telling import Telling

READ = ("dynamodb:GetItem", "dynamodb:Query")
WRITE = ("dynamodb:PutItem", "dynamodb:UpdateItem")

_HANDLERS = "tutorpulse.aws.handlers"


@dataclass(frozen=True)
class Functions:
    """The functions of the stack."""

    ingest: lambdas.Function
    process: lambdas.Function
    predict: lambdas.Function
    night: lambdas.Function
    redrive: lambdas.Function
    insights: lambdas.Function

    def all(self) -> tuple[lambdas.Function, ...]:
        """Each of them."""
        return (self.ingest, self.process, self.predict, self.night, self.redrive, self.insights)


@dataclass(frozen=True)
class Maker:
    """Makes functions from one asset."""

    scope: Construct
    options: Options
    code: lambdas.Code

    def function(
        self,
        name: str,
        handler: str,
        environment: Mapping[str, str],
        allowed: Sequence[iam.PolicyStatement],
        memory_mb: int = 1024,
        timeout_s: int = 60,
        at_once: int | None = None,
    ) -> lambdas.Function:
        """One function with its own role and log group."""
        full = f"{names.STACK}-{name}"
        group = logs.LogGroup(
            self.scope,
            f"{name}Logs",
            log_group_name=f"/aws/lambda/{full}",
            retention=_retention(self.options.log_days),
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        role = iam.Role(self.scope, f"{name}Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        made = lambdas.Function(
            self.scope,
            name,
            function_name=full,
            runtime=lambdas.Runtime(f"python{self.options.python}", lambdas.RuntimeFamily.PYTHON),
            architecture=_ARCHITECTURES[self.options.architecture],
            code=self.code,
            handler=f"{_HANDLERS}.{handler}",
            environment={**environment, "TUTORPULSE_HOME": "/var/task/home"},
            memory_size=memory_mb,
            timeout=cdk.Duration.seconds(timeout_s),
            ephemeral_storage_size=cdk.Size.mebibytes(1024),
            reserved_concurrent_executions=at_once,
            log_group=group,
            role=role,
        )
        own_log = iam.PolicyStatement(
            actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[group.log_group_arn]
        )
        for statement in (own_log, *allowed):
            role.add_to_policy(statement)
        acknowledge(
            made, "AwsSolutions-L1", "The runtime is the Python that the asset was built and tested with."
        )
        return made


_ARCHITECTURES = {"x86_64": lambdas.Architecture.X86_64, "arm64": lambdas.Architecture.ARM_64}


def _retention(days: int) -> logs.RetentionDays:
    found: logs.RetentionDays = next(
        known for known in logs.RetentionDays if known.name in (f"_{days}_DAYS", _MONTHS.get(days, ""))
    )
    return found


_MONTHS = {
    1: "ONE_DAY",
    7: "ONE_WEEK",
    30: "ONE_MONTH",
    90: "THREE_MONTHS",
    180: "SIX_MONTHS",
    365: "ONE_YEAR",
}


def acknowledge(scope: IConstruct, rule: str, reason: str) -> None:
    """Accept what a rule of cdk-nag says of a construct and those within, for a reason."""
    Validations.of(scope).acknowledge(cdk.Acknowledgment(id=f"AwsSolutions::{rule}", reason=reason))


def functions(scope: Construct, options: Options, stored: Storage, told: Telling) -> Functions:
    """The functions, fed by the stream, the clock and the queues."""
    maker = Maker(scope, options, lambdas.Code.from_asset(str(options.asset)))
    table = {"TABLE": stored.table.table_name}
    streamed = {**table, "POISON_QUEUE": stored.poison.queue_url}
    scoring = {
        **table,
        "ENDPOINT": names.ENDPOINT,
        "BUS": names.BUS,
        **{f"TOPIC_{severity.upper()}": topic.topic_arn for severity, topic in told.topics.items()},
    }
    invoke = _allow(["sagemaker:InvokeEndpoint"], [_endpoint_arn(scope)])
    poison = _allow(["sqs:SendMessage"], [stored.poison.queue_arn])
    tell = [
        _allow(["events:PutEvents"], [told.bus.event_bus_arn]),
        _allow(["sns:Publish"], [topic.topic_arn for topic in told.topics.values()]),
        _allow(["kms:GenerateDataKey", "kms:Decrypt"], [told.key.key_arn]),
    ]
    made = Functions(
        ingest=maker.function(
            "IngestFunction",
            "ingest",
            {"STREAM": stored.stream.stream_name},
            [_allow(["kinesis:PutRecords"], [stored.stream.stream_arn])],
            timeout_s=29,
        ),
        process=maker.function(
            "ProcessFunction",
            "process",
            streamed,
            [_on_table(stored, (*READ, *WRITE)), poison],
            timeout_s=300,
        ),
        predict=maker.function(
            "AIFunction",
            "predict",
            scoring,
            [_on_table(stored, (*READ, *WRITE, "dynamodb:DeleteItem")), invoke, *tell],
            3008,
            300,
            at_once=1,
        ),
        night=maker.function(
            "NightFunction",
            "night",
            {**scoring, "JOBS_QUEUE": stored.jobs.queue_url},
            [
                _on_table(stored, (*READ, *WRITE)),
                invoke,
                _allow(["sqs:SendMessage"], [stored.jobs.queue_arn]),
            ],
            3008,
            900,
        ),
        redrive=maker.function(
            "RedriveFunction",
            "redrive",
            streamed,
            [
                _on_table(stored, (*READ, *WRITE)),
                poison,
                _allow(["kinesis:GetShardIterator", "kinesis:GetRecords"], [stored.stream.stream_arn]),
            ],
            timeout_s=900,
        ),
        insights=maker.function("InsightsFunction", "insights", table, [_on_table(stored, READ)], 1769, 29),
    )
    _feed(scope, made, stored)
    return made


def _feed(scope: Construct, made: Functions, stored: Storage) -> None:
    made.process.add_event_source(
        sources.KinesisEventSource(
            stored.stream,
            starting_position=lambdas.StartingPosition.TRIM_HORIZON,
            batch_size=100,
            max_batching_window=cdk.Duration.seconds(5),
            parallelization_factor=4,
            bisect_batch_on_error=True,
            report_batch_item_failures=True,
            retry_attempts=10,
            on_failure=sources.SqsDlq(stored.failed),
        )
    )
    made.night.add_event_source(sources.SqsEventSource(stored.jobs, batch_size=1, max_concurrency=5))
    made.redrive.add_event_source(sources.SqsEventSource(stored.failed, batch_size=1, max_concurrency=2))
    minute = events.Schedule.rate(cdk.Duration.minutes(1))
    _on_schedule(scope, "EachMinute", minute, made.predict)
    _on_schedule(scope, "EachNight", events.Schedule.cron(minute="10", hour="0"), made.night)


def _on_schedule(scope: Construct, name: str, schedule: events.Schedule, function: lambdas.Function) -> None:
    events.Rule(scope, name, schedule=schedule, targets=[targets.LambdaFunction(function)])


def _allow(actions: Sequence[str], resources: Sequence[str]) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=list(actions), resources=list(resources))


def _on_table(stored: Storage, actions: Sequence[str]) -> iam.PolicyStatement:
    arn = stored.table.table_arn
    return _allow(actions, [arn, f"{arn}/index/{names.INDEX}"])


def _endpoint_arn(scope: Construct) -> str:
    stack = cdk.Stack.of(scope)
    return stack.format_arn(service="sagemaker", resource="endpoint", resource_name=names.ENDPOINT)
