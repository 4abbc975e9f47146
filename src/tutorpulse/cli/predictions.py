"""`tutorpulse predictions`: the current predictions as a file."""

from pathlib import Path
from typing import Annotated

import typer

from tutorpulse.cli import console
from tutorpulse.cli.app import app
from tutorpulse.service.exporting import FORMATS, check_format, export_predictions
from tutorpulse.service.root import open_pulse


@app.command()
def predictions(
    out: Annotated[Path, typer.Option(help=f"The file to write: {', '.join(FORMATS)}.")],
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
) -> None:
    """Write the current prediction of every tutor and student to a file.

    A segment set by hand stands in `segment`, marked by its owner and end, with the model's beside it in `model_segment`; `operator_state` is what an
    operator set.
    """
    check_format(out)
    with open_pulse(home) as pulse:
        count = export_predictions(pulse, out)
    if as_json:
        console.print_json({"predictions": count, "out": str(out)})
    else:
        console.print_line(f"{count:,} predictions in {out}")
