"""The models that serve a home as one archive, and back: what a model server elsewhere is started with."""

import gzip
import io
import tarfile
from pathlib import Path

import msgspec

from tutorpulse.errors import ArtifactError, InputError, ModelError
from tutorpulse.features.compile import feature_set_hash
from tutorpulse.features.frame import ENTITY_TYPES, EntityType
from tutorpulse.model import artifact
from tutorpulse.model.artifact import MANIFEST_FILE
from tutorpulse.service.serving import Serving

SERVING_FILE = "serving.json"
"""Which version serves which kind of entity."""


def write_bundle(models: Path, served: Serving, starter: Path, out: Path) -> int:
    """Write the artifacts in force, and which kind each serves, to a tar archive in gzip; the same models give the same bytes.

    Args:
        models: the folder of the home's models. served: what serves. starter: the starter model's folder.
        out: the archive, such as model.tar.gz.

    Returns:
        Its size in bytes.

    Raises:
        InputError: `out` cannot be written.
    """
    versions = {kind: a.version for kind, a in served.by_kind.items()}
    content = io.BytesIO()
    # Without times, owners and names, so that the archive's hash tells whether the model changed.
    with (
        gzip.GzipFile(filename="", fileobj=content, mode="wb", mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        _add(tar, SERVING_FILE, msgspec.json.encode(versions))
        for version in dict.fromkeys(versions.values()):
            folder = models / version if (models / version / MANIFEST_FILE).is_file() else starter
            for path in sorted(p for p in folder.iterdir() if p.is_file()):
                _add(tar, f"{version}/{path.name}", path.read_bytes())
    try:
        return out.write_bytes(content.getvalue())
    except OSError as error:
        raise InputError(f"Cannot write {out}: {error.strerror}. Give another --out.") from None


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), 0o644
    tar.addfile(entry, io.BytesIO(content))


def read_bundle(folder: Path) -> Serving:
    """What an unpacked archive serves.

    Raises:
        ModelError: the folder holds no such archive. ArtifactError: a model is damaged or made for other features.
    """
    path = folder / SERVING_FILE
    try:
        versions = msgspec.json.decode(path.read_bytes(), type=dict[EntityType, str])
    except FileNotFoundError:
        raise ModelError(
            f"There is no {SERVING_FILE} in {folder}. Unpack an archive of `tutorpulse model package` there."
        ) from None
    except ValueError as error:
        raise ArtifactError(f"{path} is damaged: {error}. Package the model again.") from None
    set_hash = feature_set_hash()
    loaded = {
        version: artifact.load(folder / Path(version).name, set_hash) for version in set(versions.values())
    }
    return Serving({kind: loaded[versions[kind]] for kind in ENTITY_TYPES if kind in versions})
