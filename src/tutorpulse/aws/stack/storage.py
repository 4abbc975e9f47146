"""Where events and predictions lie: the stream, its archive, the table, the queues."""

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from tutorpulse.aws import names
from tutorpulse.aws.schema import SHOWN

TEXT = dynamodb.AttributeType.STRING


@dataclass(frozen=True)
class Storage:
    """What the functions read and write."""

    table: dynamodb.Table
    stream: kinesis.Stream
    archive: s3.Bucket
    jobs: sqs.Queue
    failed: sqs.Queue
    poison: sqs.Queue
    dead: sqs.Queue


def storage(scope: Construct) -> Storage:
    """The stores of a stack. What holds data stays when the stack goes."""
    stream = kinesis.Stream(
        scope,
        "EventsStream",
        stream_name=names.STREAM,
        stream_mode=kinesis.StreamMode.ON_DEMAND,
        retention_period=cdk.Duration.days(7),
        encryption=kinesis.StreamEncryption.MANAGED,
    )
    dead = _queue(scope, "DeadLetters", None)
    return Storage(
        _table(scope),
        stream,
        _archive(scope, stream),
        _queue(scope, "NightJobs", dead, visible_minutes=90),
        _queue(scope, "FailedBatches", dead, visible_minutes=90, delay_minutes=15),
        _queue(scope, "PoisonRecords", dead),
        dead,
    )


def _table(scope: Construct) -> dynamodb.Table:
    table = dynamodb.Table(
        scope,
        "MetricsTable",
        table_name=names.TABLE,
        partition_key=dynamodb.Attribute(name=names.PARTITION_KEY, type=TEXT),
        sort_key=dynamodb.Attribute(name=names.SORT_KEY, type=TEXT),
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        encryption=dynamodb.TableEncryption.AWS_MANAGED,
        point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=True
        ),
        deletion_protection=True,
        removal_policy=cdk.RemovalPolicy.RETAIN,
    )
    table.add_global_secondary_index(
        index_name=names.INDEX,
        partition_key=dynamodb.Attribute(name=names.SORT_KEY, type=TEXT),
        sort_key=dynamodb.Attribute(name=names.INDEX_SORT_KEY, type=TEXT),
        projection_type=dynamodb.ProjectionType.INCLUDE,
        non_key_attributes=list(SHOWN),
    )
    return table


def _archive(scope: Construct, stream: kinesis.Stream) -> s3.Bucket:
    """Every record of the stream, whole, by day."""
    bucket = s3.Bucket(
        scope,
        "EventsArchive",
        encryption=s3.BucketEncryption.S3_MANAGED,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        enforce_ssl=True,
        versioned=True,
        removal_policy=cdk.RemovalPolicy.RETAIN,
        lifecycle_rules=[
            s3.LifecycleRule(
                transitions=[
                    s3.Transition(
                        storage_class=s3.StorageClass.GLACIER_INSTANT_RETRIEVAL,
                        transition_after=cdk.Duration.days(90),
                    )
                ]
            )
        ],
    )
    # The constructs would allow more than this by wildcards, so they are not let to.
    role = _archive_role(scope, stream, bucket).without_policy_updates()
    firehose.DeliveryStream(
        scope,
        "ArchiveDelivery",
        role=role,
        source=firehose.KinesisStreamSource(stream),
        destination=firehose.S3Bucket(
            bucket,
            role=role,
            logging_config=firehose.DisableLogging(),  # type: ignore[arg-type]
            compression=firehose.Compression.GZIP,
            data_output_prefix="events/!{timestamp:yyyy-MM-dd}/",
            error_output_prefix="errors/!{firehose:error-output-type}/",
            buffering_interval=cdk.Duration.minutes(5),
            buffering_size=cdk.Size.mebibytes(64),
        ),
    )
    return bucket


def _archive_role(scope: Construct, stream: kinesis.Stream, bucket: s3.Bucket) -> iam.Role:
    """What Firehose may do: read the stream, write the bucket."""
    read = ("kinesis:DescribeStream", "kinesis:GetShardIterator", "kinesis:GetRecords", "kinesis:ListShards")
    write = ("s3:AbortMultipartUpload", "s3:PutObject", "s3:GetObject")
    look = ("s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads")
    policy = iam.PolicyDocument(
        statements=[
            iam.PolicyStatement(actions=list(actions), resources=[arn])
            for actions, arn in (
                (read, stream.stream_arn),
                (write, bucket.arn_for_objects("*")),
                (look, bucket.bucket_arn),
            )
        ]
    )
    return iam.Role(
        scope,
        "ArchiveRole",
        assumed_by=iam.ServicePrincipal("firehose.amazonaws.com"),
        inline_policies={"archive": policy},
    )


def _queue(
    scope: Construct, name: str, dead: sqs.Queue | None, visible_minutes: int = 5, delay_minutes: int = 0
) -> sqs.Queue:
    return sqs.Queue(
        scope,
        name,
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        retention_period=cdk.Duration.days(14),
        visibility_timeout=cdk.Duration.minutes(visible_minutes),
        delivery_delay=cdk.Duration.minutes(delay_minutes),
        dead_letter_queue=sqs.DeadLetterQueue(max_receive_count=5, queue=dead) if dead else None,
    )
