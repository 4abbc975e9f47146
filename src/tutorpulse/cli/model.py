"""`tutorpulse model`: the model in force, served or packaged for a server elsewhere."""

from pathlib import Path
from typing import Annotated

import typer

from tutorpulse.cli import console
from tutorpulse.cli.app import app
from tutorpulse.errors import InputError
from tutorpulse.features.frame import EntityType
from tutorpulse.model.registry import STARTER_FOLDER
from tutorpulse.service.bundling import read_bundle, write_bundle
from tutorpulse.service.graphs import write_onnx
from tutorpulse.service.root import open_pulse
from tutorpulse.service.serving import Serving, serving

model = typer.Typer(no_args_is_help=True, help="The model in force: serve it, package it, export it.")
app.add_typer(model, name="model")


@model.command("serve")
def serve_(
    home: console.HomeOption = console.DEFAULT_HOME,
    folder: Annotated[
        Path | None,
        typer.Option(help="Serve an unpacked archive of `model package` instead, such as /opt/ml/model."),
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port; 0: any free one.")] = 8080,
    entity: Annotated[
        EntityType | None, typer.Option(help="The kind of rows that do not say theirs.")
    ] = None,
    as_json: console.JsonOption = False,
) -> None:
    """Serve the model behind `GET /ping` and `POST /invocations`, as SageMaker asks. Stops on SIGTERM and Ctrl-C."""
    from tutorpulse.cli.serve import check_installed

    check_installed()
    from tutorpulse.api.model_app import bind, serve_models
    from tutorpulse.service.invoking import Invoker

    served = read_bundle(folder) if folder else _of_home(home)
    bound = bind(host, port)
    address = f"http://{host}:{bound.getsockname()[1]}"
    if as_json:
        console.print_json({"address": address, "model_version": served.version})
    else:
        console.print_line(f"Serving {served.version} at {address}")
    console.flush()
    serve_models(Invoker(served, entity), bound)


@model.command()
def package(
    out: Annotated[Path, typer.Option(help="The archive to write.")] = Path("model.tar.gz"),
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
) -> None:
    """Write the models in force to one archive, for `model serve --folder` or SageMaker."""
    if not out.name.endswith(".tar.gz"):
        raise InputError(f"--out {out} is no .tar.gz. SageMaker takes model.tar.gz.")
    served = _of_home(home)
    size = write_bundle(home / "models", served, STARTER_FOLDER, out)
    if as_json:
        console.print_json({"out": str(out), "bytes": size, "model_version": served.version})
    else:
        console.print_line(f"{served.version} in {out}, {size:,} bytes")


@model.command()
def export(
    onnx: Annotated[Path, typer.Option(help="The folder to write `tutor.onnx` and `student.onnx` to.")],
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
) -> None:
    """Write the models in force as ONNX graphs: 46 features and the context in, the five predictions out.

    Equal to the model within 1e-6, missing values included. Needs `pip install 'tutorpulse[onnx]'`.
    """
    written = write_onnx(_of_home(home), onnx)
    if as_json:
        console.print_json(written)
        return
    for graph in written:
        console.print_line(
            f"{graph.model_version} in {graph.file}, {graph.bytes:,} bytes: {', '.join(graph.outputs)}"
        )
        for output, why in graph.absent.items():
            console.print_line(f"not in it: {output} ({why})")


def _of_home(home: Path) -> Serving:
    with open_pulse(home) as pulse:
        return serving(pulse.home.models_path, lambda kind: len(pulse.store.entity_ids(kind)) > 0)
