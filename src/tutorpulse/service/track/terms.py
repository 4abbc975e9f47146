"""What a model's predictions meant, remembered for as long as they are on record."""

from pathlib import Path

from tutorpulse.clock import DAY_US
from tutorpulse.errors import ArtifactError
from tutorpulse.features.frame import EntityType
from tutorpulse.model import registry
from tutorpulse.model.artifact import read_manifest
from tutorpulse.store.state.track import Terms, TrackTables


def remember(track: TrackTables, models: Path, kind: EntityType) -> dict[str, Terms]:
    """The terms of every model with predictions of a kind in this record; those of models whose files are gone are remembered.

    A model whose terms nobody knows is left out: nothing can be said of its predictions.
    """
    known, versions = track.terms(kind), track.versions(kind)
    for version in versions:
        if version not in known and (terms := _of(models, version, kind)):
            track.keep_terms(kind, version, terms)
            known[version] = terms
    return {version: known[version] for version in versions if version in known}


def gap_us(terms: Terms) -> int | None:
    """The exit gap in microseconds."""
    return None if terms.exit_gap_days is None else terms.exit_gap_days * DAY_US


def _of(models: Path, version: str, kind: EntityType) -> Terms | None:
    here = models / version
    folder = registry.STARTER_FOLDER if registry.is_starter(version) and not here.is_dir() else here
    try:
        manifest = read_manifest(folder)
    except ArtifactError:
        return None
    part = manifest.kinds.get(kind)
    if part is None or manifest.version != version:
        return None
    return Terms(part.exit_gap.days, part.churn_label)
