"""The CDK app: one stack, joined from its parts, checked by cdk-nag when it is synthesised."""

import os
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import Validations
from cdk_nag import AwsSolutionsChecks
from constructs import Construct

from tutorpulse.aws import names
from tutorpulse.aws.stack.alarms import alarms, budget
from tutorpulse.aws.stack.doors import doors
from tutorpulse.aws.stack.functions import acknowledge, functions
from tutorpulse.aws.stack.model import endpoint
from tutorpulse.aws.stack.options import Options
from tutorpulse.aws.stack.storage import storage
from tutorpulse.aws.stack.telling import telling


class CoreStack(cdk.Stack):
    """Everything, in the predecessor's one stack."""

    def __init__(self, scope: Construct, options: Options) -> None:
        super().__init__(
            scope, names.STACK, description="tutorpulse: events in, predictions and insights out"
        )
        stored = storage(self)
        told = telling(self, options.emails)
        made = functions(self, options, stored, told)
        endpoint(self, options)
        opened = doors(self, options, made)
        alarms(self, made, stored, opened, told)
        budget(self, options, told)
        _argue(self, stored.archive)


def _argue(stack: cdk.Stack, archive: cdk.Resource) -> None:
    acknowledge(
        archive,
        "AwsSolutions-S1",
        "The bucket is written by Firehose alone and read by hand; CloudTrail tells who does.",
    )
    objects = f"Resource::<{stack.get_logical_id(_element(archive))}.Arn>/*"
    acknowledge(
        stack.node.find_child("ArchiveRole"),
        f"AwsSolutions-IAM5[{objects}]",
        "Firehose writes objects whose names it makes itself, into the one bucket.",
    )
    acknowledge(
        stack.node.find_child("ArchiveDelivery"),
        "AwsSolutions-KDF1",
        "A delivery that reads a stream takes that stream's encryption; it cannot have its own.",
    )
    unused = "The mapping is the delivery construct's own, for destinations that need network addresses."
    Validations.of(stack).acknowledge(cdk.Acknowledgment(id="CloudFormation-Validate::W7001", reason=unused))


def _element(resource: cdk.Resource) -> cdk.CfnElement:
    child = resource.node.default_child
    assert isinstance(child, cdk.CfnElement)
    return child


def build(options: Options, out: Path | None = None) -> cdk.App:
    """The app with its checks; `synth` raises where one is not met."""
    app = cdk.App(outdir=str(out) if out else None)
    CoreStack(app, options)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return app


def main() -> None:
    """What the CDK command line runs: options come from the environment, as `tutorpulse aws deploy` set them."""
    from tutorpulse.aws.deploying import options_of

    build(options_of(os.environ)).synth()


if __name__ == "__main__":
    main()
