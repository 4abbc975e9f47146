"""When the starter model yields to an own model of a kind, and why not where it does not.

An own model knows how often people leave here, so it goes first where it exists at all. It exists where both churn risks
could be fitted: `split.MIN_ROWS` matured rows with `split.MIN_EACH` of either outcome. It is refused only on evidence: where on
held-out time the starter tells who leaves better than chance allows, that is with an AUC above the central 90 % of the own
one's bootstrap. A history too short to hold any of it out is no evidence. Health is not asked for: where sessions are rare no
history would ever give it.
"""

from collections.abc import Collection
from dataclasses import dataclass

import msgspec

from tutorpulse.features.frame import EntityType
from tutorpulse.model.artifact import Artifact, versioned
from tutorpulse.model.manifest import KindManifest

REQUIRED = ("churn_risk_14d", "churn_risk_30d")


def lacking(part: KindManifest) -> str | None:
    """Why the starter goes on serving this kind in place of the own model `part`; None where it yields."""
    for output in REQUIRED:
        if output in part.absent:
            return f"{output} cannot be learnt yet: {part.absent[output]}"
    for output in REQUIRED:
        figure = part.metrics.get(output)
        if figure is None or figure.starter_auc is None or figure.auc_high is None:
            continue
        if figure.starter_auc > figure.auc_high:
            return (
                f"on held-out time the starter ranks {output} better: AUC {figure.starter_auc:.3f}, "
                f"the own model {figure.auc:.3f} ({figure.auc_low:.3f}-{figure.auc_high:.3f})"
            )
    return None


@dataclass(frozen=True)
class Sufficing:
    """What of a model may be put in force (None: nothing), and why the starter goes on serving the other kinds."""

    in_force: Artifact | None
    lacking: dict[EntityType, str]


def sufficing(artifact: Artifact, starter: Artifact | None) -> Sufficing:
    """The artifact without the kinds that the starter serves better, or that cannot be judged where the starter can."""
    served = starter.manifest.kinds if starter else {}
    reasons = {kind: why for kind, part in artifact.manifest.kinds.items() if (why := lacking(part))}
    kept = {kind: why for kind, why in reasons.items() if kind in served}
    left = without(artifact, kept.keys())
    return Sufficing(left if left.manifest.kinds else None, kept)


def without(artifact: Artifact, kinds: Collection[EntityType]) -> Artifact:
    """The artifact without some kinds, under its own version; itself where it has none of them."""
    if not kinds:
        return artifact
    left = {kind: part for kind, part in artifact.manifest.kinds.items() if kind not in kinds}
    manifest = versioned(msgspec.structs.replace(artifact.manifest, kinds=left))
    return Artifact(manifest, {kind: artifact.heads[kind] for kind in left})
