"""The models of a home: `models/<version>/` each, and the file `models/current` that names the one in force.

Beside them stands the starter model, which comes with the package.
"""

import os
from dataclasses import replace
from pathlib import Path

import msgspec

from tutorpulse.errors import ModelError
from tutorpulse.model.artifact import (
    MANIFEST_FILE,
    PACKED_SUFFIX,
    Artifact,
    load,
    read_manifest,
    save,
    versioned,
)
from tutorpulse.model.manifest import KindManifest

CURRENT_FILE = "current"
SHADOW_FILE = "shadow"
"""Names the version that scores beside the one in force without being shown; absent: none does."""
STARTER_FILE = "levelled"
"""Names the version of the starter that is levelled on the home's own outcomes, where there is one."""

STARTER_FOLDER = Path(__file__).parent / "starter"
"""Where the package keeps the starter model; `make starter` writes it."""

STARTER_PREFIX = "starter-"


def publish(artifact: Artifact, models: Path) -> Path:
    """Save an artifact and put it in force; its folder."""
    folder = save(artifact, models)
    activate(artifact.version, models)
    return folder


def activate(version: str, models: Path) -> None:
    """Put a saved version in force, at once and whole: whoever reads sees the old one or the new one.

    Raises:
        ModelError: there is no such version.
    """
    if version not in versions(models):
        known = ", ".join(versions(models)) or "none"
        raise ModelError(
            f"There is no model {version!r} here (known: {known}). Train one with `tutorpulse train`."
        )
    _point(models / CURRENT_FILE, version)


def cast_shadow(version: str, models: Path) -> None:
    """Have a version that can be read score in shadow, at once, in place of the one before."""
    models.mkdir(parents=True, exist_ok=True)
    _point(models / SHADOW_FILE, version)


def lift_shadow(models: Path) -> None:
    """Have none score in shadow."""
    (models / SHADOW_FILE).unlink(missing_ok=True)


def shadow_version(models: Path) -> str | None:
    """The version in shadow, None where there is none."""
    return _pointed(models / SHADOW_FILE)


def publish_starter(artifact: Artifact, models: Path) -> Path:
    """Save a starter levelled on the home's outcomes and let it serve wherever the starter does; its folder."""
    folder = save(artifact, models)
    _point(models / STARTER_FILE, artifact.version)
    return folder


def _point(pointer: Path, version: str) -> None:
    draft = pointer.with_name(f".{pointer.name}.{os.getpid()}")
    draft.write_text(version + "\n", encoding="utf-8")
    os.replace(draft, pointer)


def _pointed(pointer: Path) -> str | None:
    try:
        return pointer.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None


def deactivate(models: Path) -> None:
    """Put no model of one's own in force: the starter serves alone."""
    (models / CURRENT_FILE).unlink(missing_ok=True)


def versions(models: Path) -> list[str]:
    """The versions saved, sorted: the newest data last."""
    return sorted(p.parent.name for p in models.glob(f"[!.]*/{MANIFEST_FILE}"))


def current_version(models: Path) -> str | None:
    """The version in force, None where nothing was trained yet."""
    return _pointed(models / CURRENT_FILE)


def in_force(models: Path) -> tuple[str | None, str | None]:
    """The version of one's own in force, and that of the levelled starter; None where there is none."""
    return current_version(models), _pointed(models / STARTER_FILE)


def current(models: Path, feature_set_hash: str) -> Artifact:
    """The artifact in force.

    Raises:
        ModelError: nothing was trained yet.
        ArtifactError: it is damaged or made for other features.
    """
    version = current_version(models)
    if version is None:
        raise ModelError("There is no model yet. Run `tutorpulse train` first.")
    return load(models / version, feature_set_hash)


def starter(feature_set_hash: str, folder: Path = STARTER_FOLDER) -> Artifact | None:
    """The starter model, None where it was made for other features than `feature_set_hash`.

    Raises:
        ArtifactError: it is missing or damaged.
    """
    if read_manifest(folder).feature_set_hash != feature_set_hash:
        return None
    return load(folder, feature_set_hash)


def home_starter(models: Path, feature_set_hash: str) -> Artifact | None:
    """The starter as it serves a home: levelled on the home's own outcomes where `train` has done so with the package's starter.

    Raises:
        ArtifactError: it is damaged.
    """
    plain = starter(feature_set_hash)
    version = _pointed(models / STARTER_FILE)
    if plain is None or version is None or not version.startswith(plain.version + "-"):
        return plain
    return load(models / version, feature_set_hash)


def as_starter(artifact: Artifact) -> Artifact:
    """The same model as a starter: its version says so, its trees are kept compressed."""
    kinds = {kind: _packed(part) for kind, part in artifact.manifest.kinds.items()}
    manifest = versioned(msgspec.structs.replace(artifact.manifest, kinds=kinds))
    digest = manifest.version.rpartition("-")[2]
    return replace(artifact, manifest=msgspec.structs.replace(manifest, version=STARTER_PREFIX + digest))


def is_starter(version: str) -> bool:
    """Whether a version is that of a starter model."""
    return version.startswith(STARTER_PREFIX)


def _packed(part: KindManifest) -> KindManifest:
    heads = [msgspec.structs.replace(head, file=head.file + PACKED_SUFFIX) for head in part.heads]
    return msgspec.structs.replace(part, heads=heads)
