"""The model server on SageMaker, by default serverless: it costs nothing while nobody asks."""

from aws_cdk import aws_ecr_assets as images
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as assets
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from tutorpulse.aws import names
from tutorpulse.aws.stack.functions import acknowledge
from tutorpulse.aws.stack.options import Options

MEMORY_MB = 2048
AT_ONCE = 5


def endpoint(scope: Construct, options: Options) -> sagemaker.CfnEndpoint:
    """The endpoint with the model of `options`."""
    data = assets.Asset(scope, "ModelData", path=str(options.model))
    role = iam.Role(scope, "ModelRole", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
    archive = data.bucket.arn_for_objects(data.s3_object_key)
    role.add_to_policy(iam.PolicyStatement(actions=["s3:GetObject"], resources=[archive]))
    role.add_to_policy(iam.PolicyStatement(actions=["s3:ListBucket"], resources=[data.bucket.bucket_arn]))
    model = sagemaker.CfnModel(
        scope,
        "Model",
        execution_role_arn=role.role_arn,
        primary_container=sagemaker.CfnModel.ContainerDefinitionProperty(
            image=_image(scope, options, role), model_data_url=data.s3_object_url
        ),
    )
    model.node.add_dependency(role)
    variant = sagemaker.CfnEndpointConfig.ProductionVariantProperty(
        variant_name="all",
        model_name=model.attr_model_name,
        serverless_config=sagemaker.CfnEndpointConfig.ServerlessConfigProperty(
            max_concurrency=AT_ONCE, memory_size_in_mb=MEMORY_MB
        ),
    )
    config = sagemaker.CfnEndpointConfig(scope, "EndpointConfig", production_variants=[variant])
    return sagemaker.CfnEndpoint(
        scope, "Endpoint", endpoint_name=names.ENDPOINT, endpoint_config_name=config.attr_endpoint_config_name
    )


def _image(scope: Construct, options: Options, role: iam.Role) -> str:
    if options.model_image:
        # The registry's own policy, or one added to this role, lets SageMaker pull it.
        return options.model_image
    built = images.DockerImageAsset(scope, "ModelServer", directory=str(options.container))
    built.repository.grant_pull(role)
    acknowledge(
        role,
        "AwsSolutions-IAM5[Resource::*]",
        "ecr:GetAuthorizationToken, without which no image is pulled, names no resource: AWS allows it on all or on none.",
    )
    return built.image_uri
