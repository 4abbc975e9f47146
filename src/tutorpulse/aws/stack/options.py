"""What a deployment can choose, read once from the environment and the command line."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tutorpulse.aws import names
from tutorpulse.aws.packaging import Architecture
from tutorpulse.errors import InputError


@dataclass(frozen=True)
class Options:
    """One deployment. `asset` is the folder of the functions, `model` the archive of the model server.

    `model_image` is the URI of the server's container in ECR; empty: Docker builds it from the recipe in `container`.
    `emails` are the receivers by severity. `budget_usd` is the month's sum at 80 % of which a message is sent.
    """

    asset: Path
    model: Path
    python: str
    architecture: Architecture = "x86_64"
    model_image: str = ""
    container: str = ""
    emails: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    budget_usd: float = 50.0
    log_days: int = 90
    requests_per_second: float = 100.0
    requests_at_once: int = 200


def emails_of(environment: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """The receivers of each severity, from the predecessor's variables.

    Raises:
        InputError: one is no address.
    """
    found: dict[str, tuple[str, ...]] = {}
    for severity, name in names.EMAIL_VARIABLES.items():
        found[severity] = tuple(part.strip() for part in environment.get(name, "").split(",") if part.strip())
        for address in found[severity]:
            if "@" not in address:
                raise InputError(
                    f"{name} holds {address!r}, which is no address. Separate addresses by commas."
                )
    return found
