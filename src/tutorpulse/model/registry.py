"""The models of a home: `models/<version>/` each, and the file `models/current` that names the one in force."""

import os
from pathlib import Path

from tutorpulse.errors import ModelError
from tutorpulse.model.artifact import MANIFEST_FILE, Artifact, load, save

CURRENT_FILE = "current"


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
    draft = models / f".{CURRENT_FILE}.{os.getpid()}"
    draft.write_text(version + "\n", encoding="utf-8")
    os.replace(draft, models / CURRENT_FILE)


def versions(models: Path) -> list[str]:
    """The versions saved, sorted: the newest data last."""
    return sorted(p.parent.name for p in models.glob(f"[!.]*/{MANIFEST_FILE}"))


def current_version(models: Path) -> str | None:
    """The version in force, None where nothing was trained yet."""
    try:
        return (models / CURRENT_FILE).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None


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
