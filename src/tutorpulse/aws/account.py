"""The account that is deployed to: whether anybody is let in, where, and whether it was prepared for CDK."""

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tutorpulse.errors import InputError

BOOTSTRAP_PARAMETER = "/cdk-bootstrap/hnb659fds/version"
"""Where CDK notes how an account and region were prepared."""

BOOTSTRAP_VERSION_MIN = 6
"""The version from which CDK's deployments work."""

_CONFIG = Config(connect_timeout=10, read_timeout=20, retries={"mode": "standard", "max_attempts": 2})


@dataclass(frozen=True)
class Account:
    """An account in which somebody is let in, and the region to deploy to."""

    number: str
    region: str
    session: Any

    def is_bootstrapped(self) -> bool:
        """Whether account and region were prepared for CDK; where that may not be asked, they count as not prepared."""
        try:
            ssm = self.session.client("ssm", config=_CONFIG)
            version = ssm.get_parameter(Name=BOOTSTRAP_PARAMETER)["Parameter"]["Value"]
        except (ClientError, BotoCoreError):
            return False
        return int(version) >= BOOTSTRAP_VERSION_MIN


def account(environment: Mapping[str, str]) -> Account:
    """The account and region of the AWS credentials in the environment, or as the AWS tools have them.

    Raises:
        InputError: there are none, they are not accepted, or no region is chosen.
    """
    session = boto3.Session(region_name=environment.get("AWS_REGION") or None)
    try:
        if session.get_credentials() is None:
            raise InputError(
                "There are no AWS credentials. Run `aws configure` or `aws sso login`, or set AWS_ACCESS_KEY_ID and "
                "AWS_SECRET_ACCESS_KEY. `tutorpulse aws deploy --synth` builds and checks everything without an account."
            )
        if session.region_name is None:
            raise InputError("No AWS region is chosen. Set AWS_REGION, such as eu-central-1.")
        told = session.client("sts", config=_CONFIG).get_caller_identity()
    except (ClientError, BotoCoreError) as error:
        raise InputError(
            f"AWS does not let anybody in with these credentials: {error}. Renew them and run again."
        ) from None
    return Account(told["Account"], session.region_name, session)


def check_docker(environment: Mapping[str, str]) -> None:
    """That Docker can build the model server's image.

    Raises:
        InputError: it is not here, or does not run.
    """
    program = shutil.which("docker", path=environment.get("PATH"))
    ended = program and subprocess.run([program, "info"], capture_output=True, check=False, timeout=60)
    if not ended or ended.returncode:
        state = "does not run" if ended else "is not here"
        raise InputError(
            f"Docker builds the model server's image, and {state}. Start it, or give --model-image with an image in ECR."
        )
