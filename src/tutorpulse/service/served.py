"""The scorer of a home: the models that serve it, its features, its rules."""

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from tutorpulse.decisions.rules import load_rules
from tutorpulse.errors import ModelError
from tutorpulse.features.compile import CATALOGS
from tutorpulse.features.compute import compute
from tutorpulse.features.frame import ENTITY_TYPES, EntityType, FeatureFrame
from tutorpulse.features.references import References
from tutorpulse.service.root import Pulse
from tutorpulse.service.scoring import Scorer
from tutorpulse.service.serving import HasKind, NoModel, ServedModel, Serving, serving
from tutorpulse.service.shadowing import open_shadow
from tutorpulse.training.split import MIN_EACH, MIN_ROWS

CATALOG = {kind: catalog.shown() for kind, catalog in CATALOGS.items()}
"""What is shown of each kind: the 46, then the context."""
NAMES = {kind: tuple(feature.name for feature in shown) for kind, shown in CATALOG.items()}
"""The names of `CATALOG`."""


def open_scorer(pulse: Pulse, has_kind: HasKind | None = None) -> Scorer:
    """The scorer of a home: its own model for the kinds that it was trained on, the starter for the others that `has_kind`
    says are there (None: those in the log). It keeps the population of a midnight: for one thread at a time.

    Raises:
        ModelError: no model serves it. ArtifactError: the model is damaged or made for other features.
        SettingsError: the home's rules are wrong.
    """
    served = serving(pulse.home.models_path, has_kind or (lambda kind: len(pulse.store.entity_ids(kind)) > 0))
    return Scorer(
        model=ServedModel(served),
        compute=partial(features_of, pulse, References()),
        catalog=CATALOG,
        exit_gap_days={kind: a.manifest.kinds[kind].exit_gap.days for kind, a in served.by_kind.items()},
        rules=load_rules(NAMES, pulse.home.path),
        notes=tuple(_notes(pulse, served)),
        shadow=open_shadow(pulse),
    )


def reading_scorer(pulse: Pulse) -> Scorer:
    """A scorer to show what was predicted: as `open_scorer`, and where no model can be used one that explains nothing.

    Raises:
        SettingsError: the home's rules are wrong.
    """
    try:
        return open_scorer(pulse)
    except ModelError as error:
        return Scorer(
            model=NoModel(str(error)),
            compute=partial(features_of, pulse, References()),
            catalog=CATALOG,
            exit_gap_days={},
            rules=load_rules(NAMES, pulse.home.path),
            notes=(f"The predictions are the last that were made. {error}",),
        )


def _notes(pulse: Pulse, served: Serving) -> Iterator[str]:
    if served.starter_kinds:
        yield _starter_note(served)
    for kind, artifact in served.by_kind.items():
        part = artifact.manifest.kinds[kind]
        if part.churn_label == "inactive":
            yield f"Risk of {kind}s is that of no activity within 14 (30) days: {part.exit_gap.reason}."
    for kind in ENTITY_TYPES:
        if kind not in served.by_kind and (count := len(pulse.store.entity_ids(kind))):
            yield f"{count:,} {kind}s are not predicted: the model was trained without any. Run `tutorpulse train`."


def _starter_note(served: Serving) -> str:
    kinds = served.starter_kinds
    parts = [served.by_kind[kind].manifest.kinds[kind] for kind in kinds]
    what = (
        f"Starter model, learnt from simulated marketplaces, not from yours, for {' and '.join(f'{k}s' for k in kinds)}: "
        f"leaving means {parts[0].exit_gap.days} days of silence."
    )
    told = [part.levels for part in parts if part.levels is not None]
    if not told:
        return (
            f"{what} Run `tutorpulse train` when the log shows {MIN_EACH} departures or more "
            f"among {MIN_ROWS} labelled rows; it says what is missing."
        )
    return (
        f"{what} Its sizes are levelled on {sum(levels.outcomes for levels in told):,} of your own outcomes, known on "
        f"{max(levels.known for levels in told)[:10]}. Your own model takes over at a later `tutorpulse train`, once it ranks no worse."
    )


def features_of(
    pulse: Pulse,
    references: References,
    kind: EntityType,
    as_of_us: int,
    entity_ids: NDArray[np.object_] | None,
) -> FeatureFrame:
    """Features as of a time, from all that has been received by now; `references` keeps the population between calls."""
    known_at_us = max(as_of_us, pulse.clock.now_us())
    return compute(pulse.store, kind, as_of_us, known_at_us, entity_ids, pulse.settings, references)
