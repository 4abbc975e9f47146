"""The models that serve a home as ONNX files, for whoever scores elsewhere."""

from pathlib import Path

import msgspec

from tutorpulse.errors import InputError
from tutorpulse.features.frame import EntityType
from tutorpulse.model.onnx_graph import onnx_model
from tutorpulse.service.serving import Serving


class Graph(msgspec.Struct, frozen=True):
    """One file written: its kind, model, size, outputs by name, and the outputs that the model lacks, with the reason."""

    entity_type: EntityType
    file: str
    model_version: str
    bytes: int
    outputs: tuple[str, ...]
    absent: dict[str, str]


def write_onnx(served: Serving, folder: Path) -> list[Graph]:
    """Write `tutor.onnx` and `student.onnx`, as far as a model serves the kind; the folder is made where there is none.

    Raises:
        InputError: the package `onnx` is not installed, or the folder cannot be written.
        ModelError: trees that a graph cannot say.
    """
    written = []
    for kind, artifact in served.by_kind.items():
        model = onnx_model(artifact, kind)
        file = folder / f"{kind}.onnx"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            size = file.write_bytes(model.SerializeToString(deterministic=True))
        except OSError as error:
            raise InputError(f"{file} cannot be written: {error}. Give another folder with --onnx.") from None
        outputs = tuple(output.name for output in model.graph.output)
        absent = artifact.manifest.kinds[kind].absent
        written.append(Graph(kind, str(file), artifact.version, size, outputs, absent))
    return written
