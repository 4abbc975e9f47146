"""The models of a home, and the catalog of features."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from tutorpulse.clock import format_time
from tutorpulse.features.catalog import Feature
from tutorpulse.features.compile import CATALOGS, feature_set_hash
from tutorpulse.features.frame import ENTITY_TYPES, FEATURE_COUNT, EntityType
from tutorpulse.model import registry
from tutorpulse.model.artifact import read_manifest
from tutorpulse.model.manifest import KindManifest, Manifest
from tutorpulse.service.queries.shapes import (
    Drift,
    FeatureCatalog,
    FeatureEntry,
    KindDrift,
    Model,
    ModelFigures,
    ModelHistory,
    Models,
    ModelTurn,
)
from tutorpulse.store.state import State


def models(folder: Path, serving: str | None) -> Models:
    """The starter and every model saved in `folder`; `serving` is the version that predictions carry now.

    Raises:
        ArtifactError: a manifest is damaged.
    """
    manifests = [read_manifest(registry.STARTER_FOLDER)]
    manifests += [read_manifest(folder / version) for version in registry.versions(folder)]
    in_force = set(serving.split("+")) if serving else set()
    of_home = tuple(_model(m, m.version in in_force) for m in manifests)
    return Models(serving, of_home, registry.shadow_version(folder))


def _model(manifest: Manifest, in_force: bool) -> Model:
    return Model(
        version=manifest.version,
        created=manifest.created,
        data_from=manifest.data_from,
        data_to=manifest.data_to,
        feature_set_hash=manifest.feature_set_hash,
        starter=registry.is_starter(manifest.version),
        in_force=in_force,
        kinds=tuple(_figures(kind) for kind in manifest.kinds.values()),
    )


def _figures(kind: KindManifest) -> ModelFigures:
    metrics = {
        output: {name: value for name, value in msgspec.structs.asdict(measured).items() if value is not None}
        for output, measured in kind.metrics.items()
    }
    return ModelFigures(
        kind.entity_type,
        kind.churn_label,
        kind.exit_gap.days,
        kind.rows,
        kind.entities,
        kind.held_out,
        metrics,
    )


def model_history(state: State) -> ModelHistory:
    """What became of the home's models, newest first."""
    return ModelHistory(
        tuple(
            ModelTurn(format_time(e.at_us), e.action, e.version, e.previous, e.actor, e.reason)
            for e in state.models.all()
        )
    )


def newest_drift(state: State) -> Drift:
    """The newest judgement of drift of each kind."""
    found = state.models.drift()
    return Drift(tuple(msgspec.json.decode(content, type=KindDrift) for _, _, content in found))


def feature_catalog(kinds: tuple[EntityType, ...] = ENTITY_TYPES) -> FeatureCatalog:
    """Every feature of these kinds, in the order of the wire contract, then the context."""
    return FeatureCatalog(feature_set_hash(), tuple(entry for kind in kinds for entry in _entries(kind)))


def _entries(kind: EntityType) -> Iterator[FeatureEntry]:
    for place, feature in enumerate(CATALOGS[kind].shown(), start=1):
        yield _entry(kind, place if place <= FEATURE_COUNT else None, feature)


def _entry(kind: EntityType, place: int | None, f: Feature) -> FeatureEntry:
    return FeatureEntry(f.name, kind, place, f.group, f.unit, f.sentence, f.healthy, f.reach)
