"""The scorer of a home: its model in force, its features, its rules."""

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from tutorpulse.decisions.rules import load_rules
from tutorpulse.features.compile import CATALOGS, feature_set_hash
from tutorpulse.features.compute import compute
from tutorpulse.features.frame import ENTITY_TYPES, EntityType, FeatureFrame
from tutorpulse.model.manifest import Manifest
from tutorpulse.model.predictor import LocalPredictor
from tutorpulse.model.registry import current
from tutorpulse.service.root import Pulse
from tutorpulse.service.scoring import Scorer

CATALOG = {kind: catalog.shown() for kind, catalog in CATALOGS.items()}
"""What is shown of each kind: the 46, then the context."""


def open_scorer(pulse: Pulse) -> Scorer:
    """The scorer of a home, for the kinds that its model was trained on.

    Raises:
        ModelError: nothing was trained yet. ArtifactError: the model is damaged or made for other features.
        SettingsError: the home's rules are wrong.
    """
    artifact = current(pulse.home.models_path, feature_set_hash())
    names = {kind: tuple(feature.name for feature in shown) for kind, shown in CATALOG.items()}
    return Scorer(
        model=LocalPredictor(artifact),
        compute=partial(features_of, pulse),
        catalog=CATALOG,
        exit_gap_days={kind: part.exit_gap.days for kind, part in artifact.manifest.kinds.items()},
        rules=load_rules(names, pulse.home.path),
        notes=tuple(_notes(pulse, artifact.manifest)),
    )


def _notes(pulse: Pulse, manifest: Manifest) -> Iterator[str]:
    for kind, part in manifest.kinds.items():
        if part.churn_label == "inactive":
            yield f"Risk of {kind}s is that of no activity within 14 (30) days: {part.exit_gap.reason}."
    for kind in ENTITY_TYPES:
        if kind not in manifest.kinds and (count := len(pulse.store.entity_ids(kind))):
            yield f"{count:,} {kind}s are not predicted: the model was trained without any. Run `tutorpulse train`."


def features_of(
    pulse: Pulse, kind: EntityType, as_of_us: int, entity_ids: NDArray[np.object_] | None
) -> FeatureFrame:
    """Features as of a time, from all that has been received by now."""
    known_at_us = max(as_of_us, pulse.clock.now_us())
    return compute(pulse.store, kind, as_of_us, known_at_us, entity_ids, pulse.settings)
