"""Artifacts: a folder with `manifest.json` and one LightGBM text file per head. Text only, nothing is executed on load.

A part whose file name ends in `.zst` is compressed with Zstandard; its checksum is that of the text.
"""

import hashlib
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
import zstandard

from tutorpulse.errors import ArtifactError
from tutorpulse.features.frame import EntityType
from tutorpulse.model.heads import Head, head_from_text
from tutorpulse.model.manifest import FORMAT, HeadEntry, KindManifest, Manifest

MANIFEST_FILE = "manifest.json"
PACKED_SUFFIX = ".zst"
_LEVEL = 19
_MAX_TEXT_BYTES = 64 * 1024 * 1024
_TRAIN = "Train again with `tutorpulse train`."


@dataclass(frozen=True)
class Artifact:
    """A model in memory: its manifest, and its heads by kind of entity and name."""

    manifest: Manifest
    heads: Mapping[EntityType, Mapping[str, Head]]

    @property
    def version(self) -> str:
        """The model's version."""
        return self.manifest.version


def checksum(text: str) -> str:
    """SHA-256 of a part, hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def versioned(manifest: Manifest) -> Manifest:
    """The manifest with its version: the day of the newest data, and a digest of everything but the creation time.

    The same data, settings and seed give the same version.
    """
    bare = msgspec.structs.replace(manifest, version="", created="")
    digest = hashlib.sha256(msgspec.json.encode(bare)).hexdigest()[:8]
    return msgspec.structs.replace(manifest, version=f"{manifest.data_to[:10]}-{digest}")


def save(artifact: Artifact, models: Path) -> Path:
    """Write an artifact to `models/<version>`; a folder of that version is there whole or not at all."""
    target = models / artifact.version
    if target.is_dir():
        return target
    draft = models / f".{artifact.version}.{os.getpid()}"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    write(artifact, draft)
    draft.rename(target)
    return target


def write(artifact: Artifact, folder: Path) -> None:
    """Write the parts of an artifact into a folder that is there, the manifest last."""
    for kind, entry, head in _parts(artifact):
        assert checksum(head.text()) == entry.sha256, f"{kind} {entry.name} changed since it was fitted"
        _write(folder / entry.file, head.text())
    _write(
        folder / MANIFEST_FILE, msgspec.json.format(msgspec.json.encode(artifact.manifest), indent=1).decode()
    )


def load(folder: Path, feature_set_hash: str) -> Artifact:
    """Read the artifact in `folder`, whole and checked.

    Raises:
        ArtifactError: it is missing or damaged, of a newer format, or made for features other than `feature_set_hash`.
    """
    manifest = read_manifest(folder)
    if manifest.feature_set_hash != feature_set_hash:
        raise ArtifactError(
            f"The model {folder.name} was made for other features (set {manifest.feature_set_hash}, "
            f"this version computes {feature_set_hash}). {_TRAIN}"
        )
    return Artifact(manifest, {kind: _load_heads(folder, part) for kind, part in manifest.kinds.items()})


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the artifact in `folder`.

    Raises:
        ArtifactError: it is missing, damaged or of a newer format.
    """
    text = _read(folder / MANIFEST_FILE)
    try:
        form = msgspec.json.decode(text, type=_Format).format
        if form > FORMAT:
            raise ArtifactError(
                f"The model {folder.name} has format {form}, this version reads {FORMAT}. "
                "Install a newer tutorpulse, or train again with `tutorpulse train`."
            )
        return msgspec.json.decode(text, type=Manifest)
    except msgspec.DecodeError as error:
        raise ArtifactError(f"The manifest of model {folder.name} is damaged: {error}. {_TRAIN}") from None


class _Format(msgspec.Struct):
    format: int


def _parts(artifact: Artifact) -> list[tuple[EntityType, HeadEntry, Head]]:
    return [
        (kind, entry, artifact.heads[kind][entry.name])
        for kind, part in artifact.manifest.kinds.items()
        for entry in part.heads
    ]


def _load_heads(folder: Path, part: KindManifest) -> dict[str, Head]:
    return {entry.name: _load_head(folder, entry) for entry in part.heads}


def _load_head(folder: Path, entry: HeadEntry) -> Head:
    # The name comes from a file: only a plain name inside the folder will do.
    text = _read(folder / Path(entry.file).name)
    if checksum(text) != entry.sha256:
        raise ArtifactError(
            f"{entry.file} of model {folder.name} is damaged: its checksum is not the manifest's. {_TRAIN}"
        )
    return head_from_text(entry.name, entry.objective, text, entry.slope, entry.intercept, entry.interval)


def _read(path: Path) -> str:
    try:
        content = path.read_bytes()
        if path.suffix == PACKED_SUFFIX:
            content = zstandard.ZstdDecompressor().decompress(content, max_output_size=_MAX_TEXT_BYTES)
        return content.decode()
    except (OSError, UnicodeDecodeError, zstandard.ZstdError) as error:
        raise ArtifactError(
            f"The model {path.parent.name} cannot be read: {path.name}: {error}. {_TRAIN}"
        ) from None


def _write(path: Path, text: str) -> None:
    content = text.encode()
    if path.suffix == PACKED_SUFFIX:
        content = zstandard.ZstdCompressor(level=_LEVEL).compress(content)
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
