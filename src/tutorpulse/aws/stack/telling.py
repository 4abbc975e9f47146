"""Who is told: a topic for each severity, and the bus."""

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from tutorpulse.aws import names

_PUBLISHERS = ("cloudwatch.amazonaws.com", "budgets.amazonaws.com")
"""Services that send to the topics beside the prediction function: alarms, and the budget."""


@dataclass(frozen=True)
class Telling:
    """The topics by severity, their key, and the bus."""

    topics: Mapping[str, sns.Topic]
    key: kms.Key
    bus: events.EventBus


def telling(scope: Construct, emails: Mapping[str, tuple[str, ...]]) -> Telling:
    """The topics of a stack, with the mail addresses that were given as subscribers."""
    # A key of our own: with the one of AWS, alarms could not publish and would fail in silence.
    key = kms.Key(scope, "TopicsKey", enable_key_rotation=True, description="Topics of alerts")
    topics = {
        severity: _topic(scope, severity, key, emails.get(severity, ())) for severity in names.SEVERITIES
    }
    for service in _PUBLISHERS:
        principal = iam.ServicePrincipal(service)
        key.grant_encrypt_decrypt(principal)
        for topic in topics.values():
            topic.grant_publish(principal)
    return Telling(topics, key, events.EventBus(scope, "AlertsBus", event_bus_name=names.BUS))


def _topic(scope: Construct, severity: str, key: kms.Key, addresses: tuple[str, ...]) -> sns.Topic:
    topic = sns.Topic(scope, f"{severity.capitalize()}Alerts", master_key=key, enforce_ssl=True)
    for address in addresses:
        topic.add_subscription(subscriptions.EmailSubscription(address))
    return topic
