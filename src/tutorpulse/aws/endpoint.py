"""The SageMaker endpoint as a transport, and the scorer over it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from tutorpulse.aws import keys, names
from tutorpulse.aws.table import Items
from tutorpulse.decisions.rules import load_rules
from tutorpulse.errors import ModelError
from tutorpulse.features.compile import feature_set_hash
from tutorpulse.features.frame import ENTITY_TYPES, EntityType
from tutorpulse.model.remote import RemotePredictor, Transport
from tutorpulse.model.wire import About
from tutorpulse.service.scoring import Compute, Model, Scorer
from tutorpulse.service.served import CATALOG, NAMES
from tutorpulse.service.serving import NoModel

_MODEL = "model"


@dataclass(frozen=True)
class SageMakerTransport:
    """Invokes an endpoint."""

    client: Any
    endpoint: str = names.ENDPOINT

    def invoke(self, body: bytes, content_type: str, attributes: str = "") -> bytes:
        """See `model.remote.Transport`."""
        more = {"CustomAttributes": attributes} if attributes else {}
        try:
            answered = self.client.invoke_endpoint(
                EndpointName=self.endpoint, Body=body, ContentType=content_type, Accept="*/*", **more
            )
            content: bytes = answered["Body"].read()
        except (ClientError, BotoCoreError) as error:
            raise ModelError(
                f"The endpoint {self.endpoint} cannot be reached: {error}. Is it in service?"
            ) from None
        return content


def remote_scorer(transport: Transport, table: Items, home: Path, compute: Compute) -> Scorer:
    """The scorer over an endpoint. Where that cannot be reached it predicts nothing, and says why; silence that counts as
    leaving is then that of the last model that could."""
    try:
        predictor = RemotePredictor(transport, feature_set_hash())
    except ModelError as error:
        return _scorer(NoModel(str(error)), last_about(table), home, compute)
    _keep(table, predictor.about)
    return _scorer(predictor, predictor.about, home, compute)


def _scorer(model: Model, about: About | None, home: Path, compute: Compute) -> Scorer:
    gaps: Mapping[EntityType, float | None] = {
        kind: about.kinds[kind].exit_gap_days if about and kind in about.kinds else None
        for kind in ENTITY_TYPES
    }
    return Scorer(model, compute, CATALOG, gaps, load_rules(NAMES, home))


def last_about(table: Items) -> About | None:
    """What the last model that could be reached told of itself."""
    kept = table.get(keys.LOG, _MODEL)
    return None if kept is None else msgspec.json.decode(kept["about"], type=About)


def _keep(table: Items, about: About) -> None:
    told = msgspec.json.encode(about).decode()
    table.put_where({"entity_id": keys.LOG, "entity_type": _MODEL, "about": told}, "about", "<>")
