"""The two APIs: events in, insights out. Keys of the one do not open the other."""

from collections.abc import Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_apigateway as gateway
from aws_cdk import aws_lambda as lambdas
from aws_cdk import aws_logs as logs
from constructs import Construct

from tutorpulse.aws.stack.functions import Functions, acknowledge
from tutorpulse.aws.stack.options import Options

INGEST = (("POST", "v1/events"), ("POST", "ingest"))
INSIGHTS = tuple(
    ("GET", path)
    for path in (
        "insights/recent",
        "insights/aggregations",
        "insights/{alert_id}",
        "v1/tutors",
        "v1/students",
        "v1/segments",
    )
)
"""What is routed, by method and path; the rest is answered by API Gateway."""


_LOGS_POLICY = (
    "Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
)


@dataclass(frozen=True)
class Doors:
    """The APIs."""

    ingest: gateway.RestApi
    insights: gateway.RestApi


def doors(scope: Construct, options: Options, made: Functions) -> Doors:
    """Both APIs with a key each."""
    return Doors(
        _door(scope, "IngestApi", options, made.ingest, INGEST),
        _door(scope, "InsightsApi", options, made.insights, INSIGHTS),
    )


def _door(
    scope: Construct,
    name: str,
    options: Options,
    function: lambdas.Function,
    routes: Sequence[tuple[str, str]],
) -> gateway.RestApi:
    group = logs.LogGroup(
        scope,
        f"{name}AccessLogs",
        retention=logs.RetentionDays.THREE_MONTHS,
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )
    api = gateway.RestApi(
        scope,
        name,
        endpoint_types=[gateway.EndpointType.REGIONAL],
        binary_media_types=["application/gzip", "application/octet-stream"],
        cloud_watch_role=name == "IngestApi",
        deploy_options=gateway.StageOptions(
            stage_name="prod",
            metrics_enabled=True,
            logging_level=gateway.MethodLoggingLevel.ERROR,
            access_log_destination=gateway.LogGroupLogDestination(group),
            access_log_format=gateway.AccessLogFormat.clf(),
            throttling_rate_limit=options.requests_per_second,
            throttling_burst_limit=options.requests_at_once,
        ),
    )
    integration = gateway.LambdaIntegration(function)
    for method, path in routes:
        api.root.resource_for_path(path).add_method(method, integration, api_key_required=True)
    _keyed(scope, name, api, options)
    _argue(api)
    return api


def _keyed(scope: Construct, name: str, api: gateway.RestApi, options: Options) -> None:
    key = api.add_api_key(f"{name}Key")
    plan = api.add_usage_plan(
        f"{name}Plan",
        throttle=gateway.ThrottleSettings(
            rate_limit=options.requests_per_second, burst_limit=options.requests_at_once
        ),
        api_stages=[gateway.UsagePlanPerApiStage(api=api, stage=api.deployment_stage)],
    )
    plan.add_api_key(key)
    cdk.CfnOutput(
        scope,
        f"{name}KeyId",
        value=key.key_id,
        description="aws apigateway get-api-key --include-value --api-key …",
    )


def _argue(api: gateway.RestApi) -> None:
    reasons = {
        "AwsSolutions-APIG2": "Bodies and parameters are validated by the package's own code, which answers with the reason of each event.",
        "AwsSolutions-APIG3": "Every method needs a key and is throttled; a web ACL costs more than all else at 3,000 sessions a day. docs/aws.md says how to add one.",
        "AwsSolutions-APIG4": "Senders are machines: each method needs a key of a usage plan, checked by API Gateway.",
        "AwsSolutions-COG4": "Senders are machines with keys; nobody signs in here.",
        f"AwsSolutions-IAM4[{_LOGS_POLICY}]": "API Gateway's role for its own logs is the account's, and AWS gives it by this policy only.",
    }
    for rule, reason in reasons.items():
        acknowledge(api, rule, reason)
