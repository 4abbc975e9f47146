"""Alarms that can fire: each on a metric that a service or a function of the stack really puts, with somebody to tell."""

from collections.abc import Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from constructs import Construct

from tutorpulse.aws import names
from tutorpulse.aws.stack.doors import Doors
from tutorpulse.aws.stack.functions import Functions
from tutorpulse.aws.stack.options import Options
from tutorpulse.aws.stack.storage import Storage
from tutorpulse.aws.stack.telling import Telling

_MISSING_IS_BAD = cloudwatch.TreatMissingData.BREACHING
_MISSING_IS_GOOD = cloudwatch.TreatMissingData.NOT_BREACHING
FIVE_MINUTES = cdk.Duration.minutes(5)


@dataclass(frozen=True)
class Alarm:
    """One alarm: the metric stays at or above `at_least` for so many of its periods, or below it with `below`."""

    name: str
    metric: cloudwatch.Metric
    at_least: float
    severity: str = "warning"
    periods: int = 1
    below: bool = False
    missing: cloudwatch.TreatMissingData = _MISSING_IS_GOOD


def alarms(
    scope: Construct, made: Functions, stored: Storage, opened: Doors, told: Telling
) -> list[cloudwatch.Alarm]:
    """Every alarm, with the topic of its severity told when it fires and when it ends."""
    found = []
    for wanted in (*_of_functions(made), *_of_flow(made, stored), *_of_doors(opened)):
        operator = cloudwatch.ComparisonOperator
        alarm = cloudwatch.Alarm(
            scope,
            wanted.name,
            metric=wanted.metric,
            threshold=wanted.at_least,
            evaluation_periods=wanted.periods,
            comparison_operator=operator.LESS_THAN_THRESHOLD
            if wanted.below
            else operator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=wanted.missing,
        )
        action = actions.SnsAction(told.topics[wanted.severity])
        alarm.add_alarm_action(action)
        alarm.add_ok_action(action)
        found.append(alarm)
    return found


def _of_functions(made: Functions) -> Sequence[Alarm]:
    failing = [
        Alarm(f"{function.node.id}Errors", function.metric_errors(period=FIVE_MINUTES, statistic="Sum"), 3)
        for function in made.all()
    ]
    runs = made.predict.metric_invocations(period=FIVE_MINUTES, statistic="Sum")
    stopped = Alarm("PredictionsStopped", runs, 1, "critical", 3, below=True, missing=_MISSING_IS_BAD)
    return [*failing, stopped]


def _of_flow(made: Functions, stored: Storage) -> Sequence[Alarm]:
    age = made.process.metric("IteratorAge", period=FIVE_MINUTES, statistic="Maximum")
    own = [
        Alarm(f"{kind.capitalize()}sUnreached", custom("Unreached", {"EntityType": kind}), 1, "critical", 3)
        for kind in ("tutor", "student")
    ] + [
        Alarm(
            f"{kind.capitalize()}sWait",
            custom("OldestWaitSeconds", {"EntityType": kind}, "Maximum"),
            900,
            periods=3,
        )
        for kind in ("tutor", "student")
    ]
    rejected = Alarm("EventsRejected", custom("Rejected", {"Function": "process"}), 100)
    letters = [
        Alarm(
            f"{name}Waiting",
            queue.metric_approximate_number_of_messages_visible(period=FIVE_MINUTES),
            1,
            severity,
        )
        for name, queue, severity in (
            ("DeadLetters", stored.dead, "critical"),
            ("PoisonRecords", stored.poison, "warning"),
        )
    ]
    return [Alarm("StreamBehind", age, 300_000, "critical", 2), *own, rejected, *letters]


def custom(name: str, dimensions: dict[str, str], statistic: str = "Sum") -> cloudwatch.Metric:
    """A metric that a function writes into its log: see `aws.metrics`."""
    return cloudwatch.Metric(
        namespace=names.NAMESPACE,
        metric_name=name,
        dimensions_map=dimensions,
        period=FIVE_MINUTES,
        statistic=statistic,
    )


def _of_doors(opened: Doors) -> Sequence[Alarm]:
    return [
        Alarm(f"{api.node.id}Errors", api.metric_server_error(period=FIVE_MINUTES, statistic="Sum"), 5)
        for api in (opened.ingest, opened.insights)
    ]


def budget(scope: Construct, options: Options, told: Telling) -> budgets.CfnBudget:
    """A message when the month's costs are forecast to pass 80 %, or pass all, of the sum."""
    topic = told.topics["warning"].topic_arn
    return budgets.CfnBudget(
        scope,
        "Budget",
        budget=budgets.CfnBudget.BudgetDataProperty(
            budget_type="COST",
            time_unit="MONTHLY",
            budget_limit=budgets.CfnBudget.SpendProperty(amount=options.budget_usd, unit="USD"),
        ),
        notifications_with_subscribers=[
            budgets.CfnBudget.NotificationWithSubscribersProperty(
                notification=budgets.CfnBudget.NotificationProperty(
                    comparison_operator="GREATER_THAN",
                    notification_type=kind,
                    threshold=percent,
                    threshold_type="PERCENTAGE",
                ),
                subscribers=[budgets.CfnBudget.SubscriberProperty(address=topic, subscription_type="SNS")],
            )
            for kind, percent in (("FORECASTED", 80), ("ACTUAL", 100))
        ],
    )
